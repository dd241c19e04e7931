"""HTML of mail that we write: what of it stays, and how it reads as text."""

import pytest

from shared.contracts.marker import REPLY_MARKER
from shared.plugins.markup import safe_html, text_of_html


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>a<script>alert(1)</script></p>", "<p>a</p>"),
        ("<style>p{}</style><p onclick='x()'>a</p>", "<p>a</p>"),
        ('<a href="javascript:x()">a</a>', "<a>a</a>"),
        ('<a href="https://a.example/?a=1&amp;b">a</a>', '<a href="https://a.example/?a=1&amp;b">a</a>'),
        ('<a href="Bolts">a</a><img src="//a.example/b.png">', "<a>a</a><img>"),
        ('<img src="https://a.example/b.png" alt="us">', '<img src="https://a.example/b.png" alt="us">'),
        ('<img src="data:image/png;base64,AAAA">', "<img>"),
        ('<p style="color:red;position:fixed;background-image:url(//x)">a</p>', '<p style="color:red">a</p>'),
        (f'<div id="{REPLY_MARKER}" class="{REPLY_MARKER}">a</div>', "<div>a</div>"),
        ("<form><input value=1>a</form><iframe src=//x></iframe>", "a"),
        ("<b>never closed", "<b>never closed</b>"),
    ],
)  # fmt: skip
def test_a_mail_keeps_words_and_their_look_and_nothing_that_acts(html: str, kept: str) -> None:
    assert safe_html(html) == kept


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<h1>Hello</h1><p>We\n have <b>mail</b>.<br>Soon more.</p>", "Hello\n\nWe have mail.\nSoon more."),
        ("<p>a</p>\n\n<p>b</p>", "a\n\nb"),
        ("<div>a</div><div>b</div>", "a\nb"),
        ("Two:<ul><li>one<li>two</ul>", "Two:\n\n- one\n- two"),
        ("<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table>", "a b\nc"),
        ('<a href="https://firm.example">here</a>', "here <https://firm.example>"),
        ('<a href="https://firm.example">https://firm.example</a>', "https://firm.example"),
        ('<a href="mailto:a@firm.example">a@firm.example</a>', "a@firm.example"),
        ("<pre>a\n  b</pre>", "a\n  b"),
        ('<img src="cid:1" alt="Logo"> 1 &lt; 2 &amp; 3', "Logo 1 < 2 & 3"),
        ("", ""),
    ],
)  # fmt: skip
def test_html_reads_as_text(html: str, text: str) -> None:
    assert text_of_html(html) == text


def test_html_nested_beyond_all_measure_is_read() -> None:
    assert text_of_html("<div><b>" * 50_000 + "deep") == "deep"
