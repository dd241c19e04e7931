"""Triggers that cause each other come to an end, and the ticket says why they stopped."""

from uuid import uuid4

import pytest
from pydantic import JsonValue

from services.triggers.deciding import DEEPEST_HOPS, MOST_IN_AN_HOUR
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

TOO_DEEP = "the chain of triggers is too deep"
TOO_MUCH = f"triggers did {MOST_IN_AN_HOUR} things to this ticket within an hour"


async def opened(walk: Walk, subject: str) -> int:
    body = {"subject": subject, "contact": {"address": "ann@firm.example"}, "text": "It smokes."}
    number: int = (await walk.ask("POST", "/tickets", body))["number"]
    return number


async def bind(walk: Walk, subject: str, new: str, action: str, params: dict[str, JsonValue]) -> None:
    """Let an action happen when the priority of tickets of a subject becomes `new`."""
    when: dict[str, JsonValue] = {"type": "TICKET_FIELD_CHANGE", "field": "priority", "new": new}
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": subject}
    await walk.installation.add_trigger(when, action, params, only)


async def suppressed(walk: Walk, number: int) -> list[Json]:
    events = await walk.listed(f"/tickets/{number}/verdicts")
    return [one for event in events for one in event["verdicts"] if one["outcome"] == "suppressed"]


async def by_triggers(walk: Walk, number: int) -> int:
    changes = await walk.listed(f"/tickets/{number}/history")
    return sum(change["actor"]["trigger"] is not None for change in changes)


async def test_two_that_change_a_field_back_and_forth_are_stopped_and_the_ticket_says_so(walk: Walk) -> None:
    subject = uuid4().hex
    await bind(walk, subject, "high", "change_field", {"field": "priority", "value": "low"})
    await bind(walk, subject, "low", "change_field", {"field": "priority", "value": "high"})
    number = await opened(walk, subject)
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "high"})
    await walk.rest()
    (last,) = await suppressed(walk, number)
    assert last["why"] == {"did": [TOO_DEEP]}
    assert 1 <= await by_triggers(walk, number) <= DEEPEST_HOPS + 1
    # a person is not kept from anything by it
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "urgent"})
    assert (await walk.ticket(number))["priority"] == "urgent"


async def test_triggers_do_so_much_to_one_ticket_in_an_hour_and_no_more(walk: Walk) -> None:
    subject = uuid4().hex
    await bind(walk, subject, "high", "change_field", {"field": "priority", "value": "low"})
    await bind(walk, subject, "low", "change_field", {"field": "priority", "value": "high"})
    number = await opened(walk, subject)
    while not any(one["why"] == {"did": [TOO_MUCH]} for one in await suppressed(walk, number)):
        priority = (await walk.ticket(number))["priority"]
        await walk.ask("PATCH", f"/tickets/{number}", {"priority": "low" if priority == "high" else "high"})
        await walk.rest()
    assert await by_triggers(walk, number) == MOST_IN_AN_HOUR
