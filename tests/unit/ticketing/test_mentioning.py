"""Whom a note names."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ticketing.mentioning import MOST, Colleague, mentioned

EVA, BO, BOB, ELSE, ANNE, NAMELESS = (UUID(int=number) for number in range(1, 7))
NAMES = {EVA: "Eva", BO: "Bo", BOB: "Bob", ELSE: "Eva else", ANNE: "Anne", NAMELESS: "nameless"}
PEOPLE = [
    Colleague(EVA, "Eva Stein", "eva@acme.test"),
    Colleague(BO, "Bo Berg", "bo.berg@acme.test"),
    Colleague(BOB, "Bob O'Brien", "bob@acme.test"),
    Colleague(ELSE, "Eva Maria Größe", "eva.g@acme.test"),
    Colleague(ANNE, "Anne-Marie  Lang", "anne@acme.test"),
    Colleague(NAMELESS, "", "desk+2@acme.test"),
]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Bo look", [BO]),
        ("look, @bo", [BO]),
        ("@BO BERG: now", [BO]),
        ("(@Bo)", [BO]),
        ("@Bo.", [BO]),
        ("@Bo... and @Bob!", [BO, BOB]),
        ("@Bob's turn", [BOB]),
        ("@Bob O'Brien and @Bob O\u2019Brien", [BOB]),
        ("@Bob O'Bri", [BOB]),
        ("@Bobby", []),
        ("@Bo-Anne", []),
        ("@bo.berg", []),
        ("@bo.berg@acme.test", [BO]),
        ("@BO.BERG@ACME.TEST, please", [BO]),
        ("@bo.berg@acme.test.", [BO]),
        ("@bo.berg@acme.tests", []),
        ("@bo.berg@acme.test.example", []),
        ("@bob@other.test", []),
        ("write to bob@acme.test", []),
        ("bob@acme.test@bob", []),
        ("mailto:bo.berg@acme.test", []),
        ("https://social.example/@bob", []),
        ("me@bob", []),
        ("a+@bob", []),
        ("@@bob", []),
        ("@Nobody", []),
        ("@", []),
        ("@ Bob", []),
        ("bob", []),
        ("@Eva", []),
        ("@Eva Stein", [EVA]),
        ("@eva@acme.test", [EVA]),
        ("@Eva Steinberg", []),
        ("@eva  maria\tGRÖSSE", [ELSE]),
        ("@Eva Maria", []),
        ("@Anne-Marie Lang", [ANNE]),
        ("@anne-marie", [ANNE]),
        ("@Anne", []),
        ("@desk+2@acme.test", [NAMELESS]),
        ("@desk@acme.test", []),
        ("@Bob, @Bo, @Bob", [BOB, BO]),
        ("> @Bob wrote\n>> @Bo\n@anne@acme.test", [ANNE]),
        ("  > @Bob", []),
        ("a > b, @Bob", [BOB]),
        ("\uff20Bob", [BOB]),
        ("", []),
    ],
)
def test_who_is_named(text: str, named: list[UUID]) -> None:
    assert list(mentioned(text, PEOPLE)) == named


def test_two_of_the_same_full_name_are_told_apart_by_address_alone() -> None:
    twins = [Colleague(EVA, "Eva Stein", "e1@acme.test"), Colleague(BO, "Eva Stein", "e2@acme.test")]
    assert mentioned("@Eva Stein", twins) == ()
    assert mentioned("@e2@acme.test", twins) == (BO,)


def test_a_note_names_so_many_at_most() -> None:
    crowd = [Colleague(UUID(int=n), f"P{n}", f"p{n}@acme.test") for n in range(MOST + 10)]
    assert len(mentioned(" ".join(f"@P{n}" for n in range(MOST + 10)), crowd)) == MOST


@given(st.text(alphabet=st.sampled_from("@abBo.+->' \n\u00a0ßÖ"), max_size=60))
def test_any_text_has_an_answer_of_colleagues_once_each(text: str) -> None:
    found = mentioned(text, PEOPLE)
    assert len(set(found)) == len(found)
    assert set(found) <= set(NAMES)


def test_a_long_text_full_of_signs_takes_no_long_time() -> None:
    assert mentioned("@x " * 160_000 + "@Bob", PEOPLE) == (BOB,)
