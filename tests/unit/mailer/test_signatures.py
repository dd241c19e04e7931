"""A signature: where it is put, in both forms, and that it is there once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.mail import Address
from shared.plugins.letters import Letter
from shared.plugins.signatures import Signature, as_html, signature_of, signed, signer_facts
from shared.plugins.templates import TemplateError

SALES = Signature("Eva\nSales", as_html("Eva\nSales"))
RICH = Signature("Eva", "<b>Eva</b>")
LINE = st.sampled_from(["Hello", "> old", "", "On Monday Ann wrote:", "-- ", "Eva", "> -- ", "> Sales"])


@pytest.mark.parametrize(
    ("words", "whole"),
    [
        ("Hello.\n", "Hello.\n\n-- \nEva\nSales"),
        ("Hi.\n\nAnn wrote:\n> old\n> > older\n", "Hi.\n\n-- \nEva\nSales\n\nAnn wrote:\n> old\n> > older"),
        ("Hello.\n> old", "Hello.\n\n-- \nEva\nSales\n\n> old"),
        ("> old\nHello.", "> old\nHello.\n\n-- \nEva\nSales"),
        ("Hello.\n\n-- \nEva\nSales", "Hello.\n\n-- \nEva\nSales"),
        ("Hello.\r\nEva  \r\nSales\r\n", "Hello.\r\nEva  \r\nSales\r\n"),
    ],
)  # fmt: skip
def test_it_stands_below_the_words_and_above_what_they_quote(words: str, whole: str) -> None:
    assert signed(Letter("s", words), SALES) == Letter("s", whole)


@pytest.mark.parametrize(
    ("html", "whole"),
    [
        ("<p>Hi</p>", "<p>Hi</p>\n<div>-- <br>\n<b>Eva</b></div>"),
        (
            "<p>Hi</p><blockquote>a</blockquote>\n",
            "<p>Hi</p><div>-- <br>\n<b>Eva</b></div><blockquote>a</blockquote>\n",
        ),
        (None, "<div>Hi &amp; bye</div>\n<div>-- <br>\n<b>Eva</b></div>"),
    ],
)  # fmt: skip
def test_html_has_it_too(html: str | None, whole: str) -> None:
    assert signed(Letter("s", "Hi & bye", html), RICH).html == whole


@given(st.lists(LINE, max_size=8).map("\n".join))
def test_it_is_there_once_and_never_among_quoted_lines(words: str) -> None:
    once = signed(Letter("s", words), SALES)
    assert signed(once, SALES) == once
    lines = once.text.split("\n")
    written = [line.rstrip() for line in words.split("\n") if line.startswith(">")]
    assert [line.rstrip() for line in lines if line.startswith(">")] == written


def test_each_form_is_made_from_the_other_and_facts_are_escaped() -> None:
    facts = signer_facts(Address(address="eva@acme.test", name="Eva <b>"), "Sales")
    assert signature_of("{{ agent.name }}\n{{ department.name }}", "", facts) == Signature(
        "Eva <b>\nSales", "Eva &lt;b&gt;<br>\nSales"
    )
    assert signature_of("", "<i>{{ agent.name }}</i>", facts) == Signature("Eva <b>", "<i>Eva &lt;b&gt;</i>")
    assert signature_of("", "", facts) is None
    assert signature_of("{% if agent.name == 'x' %}x{% endif %}", "", facts) is None
    with pytest.raises(TemplateError, match="text: line 1"):
        signature_of("{{ agent.shoe }}", "", facts)


def test_a_trigger_is_no_agent() -> None:
    facts = signer_facts(None, "Sales")
    made = signature_of("{% if agent.name %}{{ agent.name }}, {% endif %}{{ department.name }}", "", facts)
    assert made is not None
    assert made.text == "Sales"
