"""What a condition says of an event, and what it says when it says no."""

import pytest
from pydantic import JsonValue, ValidationError

from services.triggers.conditions import Fires, Stays, fires
from shared.contracts.hours import BusinessClock
from shared.contracts.triggers import DEEPEST, MOST_PARTS, NewTicket, TriggerType, condition_of
from tests.unit.triggers.events import CREATED, POST

NEW = NewTicket(type=TriggerType.NEW_TICKET_CREATED, kinds="both")


def answer(saved: JsonValue) -> Fires | Stays:
    return fires(NEW, condition_of.validate_python(saved), CREATED)


@pytest.mark.parametrize(
    ("field", "op", "value"),
    [
        ("subject", "contains", "FIRE"),
        ("subject", "contains_not", "water"),
        ("subject", "begins", "scanner"),
        ("subject", "ends", "Fire"),
        ("subject", "matches", "^scanner.*fire$"),
        ("fields.serial", "matches", r"a-\d{2}"),
        ("post.author", "matches", r"@(acme|firm)\.example$"),
        ("status", "is", "open"),
        ("status", "is_not", "closed"),
        ("status", "one_of", ["open", "new"]),
        ("status", "none_of", ["closed"]),
        ("tags", "contains", "vip"),
        ("tags", "contains_not", "slow"),
        ("tags", "is_set", None),
        ("assignee", "is_not_set", None),
        ("kind", "is", "external"),
        ("contact_address", "is", "ann@acme.example"),
        ("contact_domain", "is", "acme.example"),
        ("organization_name", "is", "Acme"),
        ("created_at", "above", "2026-11-24"),
        ("created_at", "below", "2026-11-25"),
        ("fields.floor", "above", 2),
        ("fields.floor", "below", 3.5),
        ("fields.serial", "begins", "a-"),
        ("fields.colour", "is_not_set", None),
        ("fields.colour", "is", None),
        ("fields.colour", "is_not", "red"),
        ("post.kind", "is", "mail_in"),
        ("post.author_domain", "ends", "acme.example"),
        ("post.automatic", "is_not_set", None),
        ("post.by_person", "is", True),
        ("actor", "is", "system"),
        ("time.weekday", "one_of", ["monday", "tuesday"]),
        ("time.hour", "above", 8),
        ("time.date", "is", "2026-11-24"),
        ("time.business_hours", "is", False),
    ],
)
def test_what_is_so_lets_it_fire_and_its_opposite_does_not(field: str, op: str, value: JsonValue) -> None:
    said: JsonValue = {"field": field, "op": op, "value": value}
    assert answer(said) == Fires()
    assert isinstance(answer({"op": "not", "of": said}), Stays)


@pytest.mark.parametrize("op", ["contains", "begins", "ends", "matches", "above", "below"])
def test_what_a_ticket_does_not_have_is_compared_with_nothing(op: str) -> None:
    assert isinstance(answer({"field": "fields.colour", "op": op, "value": "red"}), Stays)
    if op != "matches":
        assert isinstance(answer({"field": "tags", "op": op, "value": "red"}), Stays)


def test_a_pattern_never_matches_what_is_not_there_or_is_no_text() -> None:
    for field in ("fields.colour", "assignee", "post.automatic", "fields.floor"):
        told = answer({"field": field, "op": "matches", "value": ".*"})
        assert isinstance(told, Stays)
        assert told.why == f"{field} matches .*"


def test_a_number_is_not_compared_with_text_and_yes_is_no_number() -> None:
    said: JsonValue = {"field": "time.hour", "op": "above", "value": "5"}
    assert isinstance(answer(said), Stays)
    beyond: JsonValue = {"field": "post.by_person", "op": "above", "value": 0}
    assert isinstance(answer(beyond), Stays)


def test_the_first_part_that_says_no_is_named_with_what_was_seen() -> None:
    high, closed = said("priority", "high"), said("status", "closed")
    assert answer({"op": "all", "of": [high, closed]}) == Stays("status is closed", "open")
    either = answer({"op": "any", "of": [closed, said("status", "pending")]})
    assert either == Stays("none of: status is closed; status is pending", ["open", "open"])
    assert answer({"op": "any", "of": [closed, high]}) == Fires()
    assert answer({"op": "not", "of": high}) == Stays("not (priority is high)")


def test_an_automatic_post_is_seen() -> None:
    automatic = CREATED.model_copy(update={"post": POST.model_copy(update={"automatic": "auto_reply"})})
    saved = condition_of.validate_python({"field": "post.automatic", "op": "is_not_set"})
    assert fires(NEW, saved, automatic) == Stays("post.automatic is not set", "auto_reply")


@pytest.mark.parametrize(
    ("zone", "weekday", "hour", "is_open"),
    [
        ("UTC", "tuesday", 9, True),
        ("Europe/Vienna", "tuesday", 10, True),
        ("America/Los_Angeles", "tuesday", 1, False),
        ("Pacific/Auckland", "tuesday", 22, False),
    ],
)
def test_times_are_those_of_the_tenants_clock(zone: str, weekday: str, hour: int, is_open: bool) -> None:
    clock = BusinessClock(zone, ("monday-friday 09:00-17:00",))
    asked = {"time.weekday": weekday, "time.hour": hour, "time.business_hours": is_open}
    for fact, value in asked.items():
        condition = condition_of.validate_python({"field": fact, "op": "is", "value": value})
        assert fires(NEW, condition, CREATED, clock) == Fires()


@pytest.mark.parametrize(
    ("saved", "why"),
    [
        ({"field": "colour", "op": "is", "value": "red"}, "there is no fact 'colour'"),
        ({"field": "fields.Two Words", "op": "is_set"}, "there is no fact"),
        ({"field": "status", "op": "is_set", "value": "open"}, "takes no value"),
        ({"field": "status", "op": "one_of", "value": "open"}, "takes a list"),
        ({"field": "status", "op": "above", "value": True}, "takes a number"),
        ({"field": "subject", "op": "contains", "value": ""}, "takes a text"),
        ({"field": "subject", "op": "like", "value": "x"}, "does not match any of the expected"),
        ({"field": "subject", "op": "matches", "value": ""}, "takes a text"),
        ({"field": "subject", "op": "matches", "value": 3}, "takes a text"),
        ({"field": "subject", "op": "matches", "value": "a" * 301}, "at most 300 characters"),
        ({"field": "tags", "op": "matches", "value": "a"}, "matches asks a text, and tags is none"),
        ({"field": "time.hour", "op": "matches", "value": "1"}, "and time.hour is none"),
    ],
)
def test_a_condition_that_cannot_be_asked_is_refused_with_the_reason(saved: JsonValue, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        condition_of.validate_python(saved)


def test_a_tree_that_nobody_could_read_is_refused() -> None:
    deep: JsonValue = said("status", "open")
    for _ in range(DEEPEST):
        deep = {"op": "not", "of": deep}
    with pytest.raises(ValidationError, match=f"at most {DEEPEST}"):
        condition_of.validate_python(deep)
    with pytest.raises(ValidationError, match=f"at most {MOST_PARTS}"):
        condition_of.validate_python({"op": "any", "of": [said("status", "open")] * MOST_PARTS})


def said(field: str, value: str) -> JsonValue:
    return {"field": field, "op": "is", "value": value}
