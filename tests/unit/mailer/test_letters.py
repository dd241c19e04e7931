"""Subject, text and HTML from templates: facts stay words, whatever they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser

from shared.plugins.letters import letter_of
from shared.plugins.templates import MAX_OUTPUT, TemplateError

WORDS = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=60)
MARKUP = st.sampled_from(
    ["<script>x()</script>", "<img src=x onerror=x()>", '" onclick="x()', "'><b>", "</p><p>", "a & b", "&lt;"]
)  # fmt: skip
FACT = st.lists(WORDS | MARKUP, max_size=4).map("".join)
PLACES = st.sampled_from(
    [
        "{{ fact }}", "{{ fact | default('-') }}", "{{ fact | e }}", "{{ '' ~ fact }}",
        "{{ list | join('') }}",
        "{% if fact %}{{ fact }}{% endif %}", "{{ fact if fact else '' }}", "{{ list | first }}",
    ]
)  # fmt: skip


@given(FACT, PLACES)
def test_whatever_a_fact_says_it_is_text_in_the_html(fact: str, place: str) -> None:
    html = letter_of("s", "", f"<p>{place}</p>", {"fact": fact, "list": [fact]}).html
    assert html is not None
    body = LexborHTMLParser(html).body
    assert body is not None
    assert [node.tag for node in body.traverse(include_text=False)] == ["body", "p"]
    assert body.text() == fact


@given(FACT)
def test_a_fact_in_an_attribute_adds_no_other_and_leads_nowhere_it_must_not(fact: str) -> None:
    template = "<p title=\"{{ fact }}\">a</p><a href='{{ fact }}'>b</a><i title={{ fact }}>c</i>"
    html = letter_of("s", "", template, {"fact": fact}).html
    body = LexborHTMLParser(html or "").body
    assert body is not None
    assert not body.css("script, img")
    for node in body.css("*"):
        assert set(node.attributes) <= {"title", "href", "style", "dir", "lang"}
        assert not (node.attributes.get("href") or "").strip().lower().startswith(("javascript", "data"))


def test_text_is_made_from_the_html_only_when_there_is_none() -> None:
    html = "<p>Dear {{ name }},</p><p>thank you.</p>"
    facts = {"name": "Ann & <Bo>"}
    made = letter_of("About {{ name }}", "", html, facts)
    assert (made.subject, made.text) == ("About Ann & <Bo>", "Dear Ann & <Bo>,\n\nthank you.")
    assert made.html == "<p>Dear Ann &amp; &lt;Bo&gt;,</p><p>thank you.</p>"
    assert letter_of("s", "Own words", html, facts).text == "Own words"
    assert letter_of("s", "Own & words", None, facts).html is None


@pytest.mark.parametrize(
    ("subject", "text", "html", "why"),
    [
        ("{{ nam }}", "a", None, "subject: line 1: 'nam' is undefined"),
        ("s", "a\n{{ nam }}", None, "text: line 2: 'nam' is undefined"),
        ("s", "", "<p>{{ nam }}</p>", "html: line 1: 'nam' is undefined"),
        ("s", "", "{% for a in b %}{% endfor %}", "html: line 1: for is not allowed"),
        ("s", "", "{{ name }}" * 9, f"html: the result is longer than {MAX_OUTPUT} characters"),
    ],
)
def test_what_is_wrong_names_its_template(subject: str, text: str, html: str | None, why: str) -> None:
    with pytest.raises(TemplateError, match=why):
        letter_of(subject, text, html, {"name": "x" * 30_000})
