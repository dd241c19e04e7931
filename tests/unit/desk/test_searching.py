"""What is typed into the search box is read as people mean it, and what cannot be is said."""

import pytest

from services.desk.searching import Asked, Filter, Term, asked_for


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        pytest.param("printer fire", Asked((Term(("printer",)), Term(("fire",), begins=True))), id="words"),
        pytest.param(
            "prin* fire ", Asked((Term(("prin",), begins=True), Term(("fire",), begins=True))), id="beginning"
        ),
        pytest.param('"on Fire"', Asked((Term(("on", "fire"), exact=True),)), id="phrase"),
        pytest.param('"on fire', Asked((Term(("on", "fire"), exact=True),)), id="phrase left open"),
        pytest.param("-fire", Asked((Term(("fire",), negated=True),)), id="not"),
        pytest.param("50%", Asked((Term(("50",)),)), id="a short word is no beginning"),
        pytest.param("4711", Asked((Term(("4711",), begins=True),), perhaps_number=4711), id="number"),
        pytest.param("#4711", Asked(filters=(Filter("number", "4711"),)), id="ticket number"),
        pytest.param("99999999999", Asked((Term(("99999999999",), begins=True),)), id="too large a number"),
        pytest.param(
            "ann@acme.example", Asked((Term(("ann", "acme", "example"), begins=True),)), id="address"
        ),
        pytest.param(
            "from:acme.example",
            Asked((Term(("acme.example",), "sender", begins=True, exact=True),)),
            id="from a domain",
        ),
        pytest.param("from:Ann", Asked((Term(("ann",), "from", begins=True),)), id="from a name"),
        pytest.param(
            "to:help@acme",
            Asked((Term(("help@acme",), "recipient", begins=True, exact=True),)),
            id="to an address",
        ),
        pytest.param("subject:invoice", Asked((Term(("invoice",), "subject", begins=True),)), id="subject"),
        pytest.param("has:file", Asked((Term(("file",), "file", exact=True),)), id="with a file"),
        pytest.param(
            "status:open -tag:VIP",
            Asked(filters=(Filter("status", "open"), Filter("tag", "VIP", negated=True))),
            id="filters",
        ),
        pytest.param(
            'organization:"Acme Inc"', Asked(filters=(Filter("organization", "Acme Inc"),)), id="quoted value"
        ),
        pytest.param("東京都", Asked((Term(("東京", "京都")),)), id="han"),
        pytest.param("都", Asked((Term(("都",), begins=True),)), id="one sign"),
        pytest.param("", Asked(), id="empty"),
    ],
)
def test_what_is_typed_is_read(typed: str, asked: Asked) -> None:
    assert asked_for(typed) == asked


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("before:yesterday", "“before:yesterday” is no day. Write it as before:2026-01-31."),
        ("is:odd", "“is:odd” is not known. There is is:open, is:closed, is:unassigned, is:waiting."),
        ("kind:odd", "“kind:odd” is not known. There is kind:internal, kind:external."),
        ("has:stars", "“has:stars” is not known. There is has:file."),
        ("?!", "“?!” has no letter and no digit: only words and numbers are looked for."),
        ("🎉", "“🎉” has no letter and no digit: only words and numbers are looked for."),
        ("% ~", "“% ~” has no letter and no digit: only words and numbers are looked for."),
        ("from: ann", "“from:” needs something right after it, such as from:acme.example."),
        ('status:""', "“status:” needs something right after it, such as status:open."),
    ],
    ids=["day", "state", "kind", "has", "marks", "emoji", "signs", "space after", "empty value"],
)
def test_what_cannot_be_looked_for_is_said_with_what_can(typed: str, problem: str) -> None:
    assert asked_for(typed).problems == (problem,)


def test_an_unknown_filter_is_taken_as_words_and_said() -> None:
    asked = asked_for("color:red")
    assert asked.terms == (Term(("color", "red"), begins=True),)
    assert asked.notes == ("“color:” is no filter, so its words were looked for.",)
    assert asked_for("https://acme.example/x").notes == ()


def test_a_search_ends_after_twenty_words() -> None:
    asked = asked_for(" ".join(["word"] * 30))
    assert len(asked.terms) == 20
    assert asked.notes == ("Only the first 20 words were looked for.",)


def test_a_sign_beside_words_is_left_out_and_named_unless_it_only_parts_them() -> None:
    asked = asked_for("party 🎉")
    assert asked.terms == (Term(("party",)),)
    assert asked.notes == ("“🎉” has no letter and no digit, so it was left out.",)
    assert asked_for("fire - printer").notes == ()
