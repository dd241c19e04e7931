"""What is left of the HTML of a mail: every word that its text has, and nothing that lies over others."""

import pytest

from services.parser.parsing import parse
from shared.contracts.documents import Body
from shared.contracts.mail import ParsingPolicy


def body_of(html: str) -> Body:
    return parse(f"Content-Type: text/html; charset=utf-8\n\n{html}".encode(), ParsingPolicy()).document.body


@pytest.mark.parametrize(
    ("html", "shown"),
    [
        # The sanitiser takes these for parts of drawings and formulas, and would take their words too.
        ("<text><div>Hello <b>you</b></div></text>", "<div>Hello <b>you</b></div>"),
        ("<line>Hello</line><view>you</view>", "Helloyou"),
        ("<mi>Hello</mi><mtext>you</mtext>", "Helloyou"),
        ("<svg><text>Hello</text><foreignObject><p>you</p></foreignObject></svg>", "Hello<p>you</p>"),
        ("<x-card><p>Hello</p></x-card><o:p>you</o:p>", "<p>Hello</p>you"),
    ],
)
def test_words_in_elements_of_others_stay(html: str, shown: str) -> None:
    body = body_of(html)
    assert body.reply_html == shown
    assert "".join(body.reply_text.split()) == "Helloyou"


def test_an_element_in_preformatted_text_ends_no_line() -> None:
    body = body_of("<pre>See <a href='https://x.example'>the page</a> for\n  <b>more</b> of it.\n</pre>")
    assert body.reply_text == "See the page for\n  more of it."


@pytest.mark.parametrize(
    "unseen",
    [
        "<noscript><p>no</p></noscript>",
        "<object><b>no</b><object>no</object></object>",
        "<svg><title>no</title></svg>",
        "<template><p>no</p></template>",
        "<iframe>no</iframe>",
    ],
)
def test_what_is_not_in_the_text_is_not_in_the_html(unseen: str) -> None:
    body = body_of(f"<p>Hello</p>{unseen}<p>you</p>")
    assert body.reply_html == "<p>Hello</p><p>you</p>"
    assert body.reply_text.split() == ["Hello", "you"]


@pytest.mark.parametrize(
    "style",
    [
        "margin-top:calc(0px - 400px)",
        "margin:calc(1px * -9)",
        "margin-left:sign(-1)",
        "width:clamp(1px,2px,3px)",
        "color:url(x)",
        "background-color:light-dark(red,blue)",
    ],
)
def test_a_style_that_calculates_is_not_kept(style: str) -> None:
    assert body_of(f'<p style="{style}">Hello</p>').reply_html == "<p>Hello</p>"


@pytest.mark.parametrize("colour", ["rgb(1, 2, 3)", "rgba(1,2,3,0.5)", "hsl(120, 50%, 50%)", "#abc", "red"])
def test_a_colour_is_kept(colour: str) -> None:
    assert (
        body_of(f'<p style="color:{colour}">Hello</p>').reply_html == f'<p style="color:{colour}">Hello</p>'
    )
