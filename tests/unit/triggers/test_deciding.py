"""What a tenant's triggers make of one event: order, stopping, shadow, and what is kept back."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue

from services.triggers.conditions import Fires, Stays
from services.triggers.deciding import (
    DEEPEST_HOPS,
    MOST_IN_AN_HOUR,
    WAITS_FOR,
    Around,
    Outcome,
    Saved,
    Verdict,
    decide,
    heard,
)
from shared.contracts.tickets import TicketEvent
from shared.contracts.triggers import TriggerType
from shared.plugins.actions import SendTo, SetFields
from tests.unit.triggers.events import CHANGED, CLOSED, CREATED, EVENTS, MOMENT, POST, REMINDED

ANSWER: dict[str, JsonValue] = {"subject": "Re: {{ ticket.subject }}", "body": "Thanks"}
SETS = {"action": "change_field", "params": {"field": "priority", "value": "low"}}
OPTIONS: dict[TriggerType, dict[str, JsonValue]] = {TriggerType.NEW_TICKET_CREATED: {"kinds": "both"}}


# Any: the fields of a saved trigger
def trigger(event: TicketEvent, number: int = 1, said: Mapping[str, Any] | None = None) -> Saved:
    kind = WAITS_FOR[type(event)]
    answers = Saved(
        id=UUID(int=number),
        name=f"trigger {number}",
        type=kind,
        when=OPTIONS.get(kind, {}),
        conditions=None,
        action="send_email",
        params=ANSWER,
    )
    return replace(answers, **dict(said or {}))


def outcomes(verdicts: list[Verdict]) -> list[str]:
    return [str(one.outcome) for one in verdicts]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
def test_each_type_fires_on_its_own_event(event: TicketEvent) -> None:
    (verdict,) = decide([trigger(event)], event, Around(), MOMENT)
    assert verdict.outcome is Outcome.FIRED
    (effect,) = verdict.effects
    assert isinstance(effect, SendTo)
    assert [one.address for one in effect.to] == ["ann@acme.example"]


def test_those_behind_one_that_stops_the_others_are_not_asked_and_it_is_said() -> None:
    verdicts = decide(
        [trigger(CREATED, 1), trigger(CREATED, 2, {"stops": True}), trigger(CREATED, 3)],
        CREATED,
        Around(),
        MOMENT,
    )
    assert outcomes(verdicts) == ["fired", "fired", "not"]
    assert verdicts[2].why == {"why": "a trigger before it stops the others", "seen": "trigger 2"}


def test_what_was_heard_of_the_conditions_decides_as_if_they_were_asked_again() -> None:
    """Live, conditions are asked before anybody around the ticket is read."""
    never = {"conditions": {"field": "status", "op": "is", "value": "closed"}}
    broken = {"conditions": {"field": "colour", "op": "is", "value": "red"}}
    hows: list[Mapping[str, Any]] = [never, broken, {"stops": True}, {}, never]
    some = [trigger(CREATED, number, how) for number, how in enumerate(hows)]
    said = heard(some, CREATED, Around().clock)
    assert [type(one) for one in said] == [Stays, Verdict, Fires, Fires, Stays]
    assert decide(some, CREATED, Around(), MOMENT, said) == decide(some, CREATED, Around(), MOMENT)


def test_one_that_does_not_fire_stops_nobody() -> None:
    never = {"field": "status", "op": "is", "value": "closed"}
    first = trigger(CREATED, 1, {"stops": True, "conditions": never})
    assert outcomes(decide([first, trigger(CREATED, 2)], CREATED, Around(), MOMENT)) == ["not", "fired"]


def test_in_shadow_it_decides_the_same_and_stops_nobody() -> None:
    shadow = trigger(CREATED, 1, {"stops": True, "shadow": True})
    first, second = decide([shadow, trigger(CREATED, 2)], CREATED, Around(), MOMENT)
    assert (first.outcome, second.outcome) == (Outcome.SHADOW, Outcome.FIRED)
    assert first.effects == second.effects


def test_a_chain_too_deep_and_too_much_on_one_ticket_are_kept_back_visibly() -> None:
    deep = CHANGED.model_copy(update={"hops": DEEPEST_HOPS + 1})
    (verdict,) = decide([trigger(deep, 1, SETS)], deep, Around(), MOMENT)
    assert (verdict.outcome, verdict.effects) == (Outcome.SUPPRESSED, ())
    assert verdict.why == {"did": ["the chain of triggers is too deep"]}
    busy = Around(effects_in_an_hour=MOST_IN_AN_HOUR)
    (verdict,) = decide([trigger(CHANGED, 1, SETS)], CHANGED, busy, MOMENT)
    assert (verdict.outcome, verdict.effects) == (Outcome.SUPPRESSED, ())
    (verdict,) = decide([trigger(CHANGED, 1, SETS)], CHANGED, Around(), MOMENT)
    assert verdict.effects == (SetFields({"priority": "low"}),)


def test_automatic_mail_is_not_answered_but_other_things_are_done() -> None:
    automatic = CREATED.model_copy(update={"post": POST.model_copy(update={"automatic": "auto_reply"})})
    sets = trigger(automatic, 2, SETS)
    to_us = trigger(
        automatic, 3, {"params": {**ANSWER, "recipient": "address", "address": "us@desk.example"}}
    )
    answers, other, told = decide([trigger(automatic), sets, to_us], automatic, Around(), MOMENT)
    assert answers.effects == ()
    assert other.outcome is Outcome.FIRED
    assert told.outcome is Outcome.SUPPRESSED


@pytest.mark.parametrize(
    "broken",
    [
        {"action": "not_installed"},
        {"params": {"subject": "no body"}},
        {"conditions": {"field": "colour", "op": "is", "value": "red"}},
        {"conditions": {"field": "subject", "op": "matches", "value": "(a"}},
    ],
    ids=["action", "params", "conditions", "pattern"],
)
def test_what_is_no_longer_valid_fails_alone(broken: dict[str, object]) -> None:
    verdicts = decide([trigger(CREATED, 1, broken), trigger(CREATED, 2)], CREATED, Around(), MOMENT)
    assert outcomes(verdicts) == ["failed", "fired"]
    assert verdicts[0].why["why"]


def test_the_options_of_closing_and_of_the_reminder_are_the_status_before_and_now() -> None:
    for event, status, other in ((CLOSED, "pending", "open"), (REMINDED, "open", "pending")):
        fits = trigger(event, 1, {"when": {"status": status}})
        not_so = trigger(event, 2, {"when": {"status": other}})
        assert outcomes(decide([fits, not_so], event, Around(), MOMENT)) == ["fired", "not"]
