"""Triggers are tried before they are switched on: what a trial says is what then happens."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from services.ticketing.sweeping import prune_tenant
from shared.contracts.sending import SendState
from shared.storage.sending import mails
from shared.storage.triggers import verdicts
from tests.installation import TENANT
from tests.walk.letters import letter
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

ANSWER: JsonValue = {"subject": "Re: {{ ticket.subject }}", "body": "We have it."}
NEW: JsonValue = {"type": "NEW_TICKET_CREATED", "kinds": "external"}
ANY_CHANGE: JsonValue = {"type": "TICKET_FIELD_CHANGE"}


def sets(when: JsonValue, field: str, value: str, only: JsonValue = None, **more: JsonValue) -> Json:
    params = {"field": field, "value": value}
    facts = {"name": f"{field} {value}", "when": when, "action": "change_field", "params": params}
    return {**facts, "conditions": only, **more}


def answers(when: JsonValue, only: JsonValue = None, **more: JsonValue) -> Json:
    return {
        "name": "Answer",
        "when": when,
        "action": "send_email",
        "params": ANSWER,
        "conditions": only,
        **more,
    }


async def tried(walk: Walk, **wanted: object) -> Json:
    """Try a trigger and wait for the end of it."""
    response = await walk.desk.post("/api/v1/triggers/trials", json=wanted)
    assert response.status_code == 202, response.text
    trial = response.json()["id"]
    seen: Json = {}

    async def ended() -> bool:
        seen.update(await walk.read(f"/triggers/trials/{trial}"))
        return seen["ended_at"] is not None

    await walk.installation.until(ended, "the trial has ended")
    return seen


async def found(walk: Walk, trial: str) -> list[Json]:
    results: list[Json] = (await walk.read(f"/triggers/trials/{trial}/results"))["items"]
    return results


async def decided(walk: Walk, trigger: str) -> dict[str, tuple[str, Any]]:
    """Return what a trigger decided live, by event."""
    v = verdicts.c
    rows = await walk.installation.rows(select(v.event, v.outcome, v.why).where(v.trigger == trigger))
    return {str(row.event): (row.outcome, row.why) for row in rows}


async def fall_silent(walk: Walk) -> None:
    """Let every ticket be reminded of, and then closed."""
    await walk.options(close_inactive_tickets=True, send_ticket_close_reminder=True)
    for days in (13, 2):
        await walk.later(timedelta(days=days))
        await prune_tenant(walk.installation.house.units("ticketing"), TENANT)
        await walk.rest()
    await walk.options(close_inactive_tickets=False, send_ticket_close_reminder=False)


async def switched_off(walk: Walk) -> None:
    for one in await walk.listed("/triggers"):
        assert (await walk.desk.delete(f"/api/v1/triggers/{one['id']}")).status_code == 204


async def test_a_trial_finds_what_the_trigger_decided_live_on_the_same_events(walk: Walk) -> None:
    high: JsonValue = {"op": "is", "field": "priority", "value": "high"}
    not_urgent: JsonValue = {"op": "not", "of": {"op": "contains", "field": "subject", "value": "urgent"}}
    by_people: JsonValue = {"op": "is", "field": "actor", "value": "user"}
    wanted = [
        answers(NEW, not_urgent),
        sets(NEW, "priority", "high", {"op": "begins", "field": "subject", "value": "urgent"}, stops=True),
        sets({**dict_of(NEW), "kinds": "both"}, "tags", "later", position=1),
        sets({**dict_of(ANY_CHANGE), "field": "priority"}, "tags", "hot", high),
        sets(ANY_CHANGE, "subject", "Seen", by_people),
        answers({"type": "CLOSE_TICKET", "status": "pending"}),
        answers({"type": "CLOSE_TICKET_REMINDER"}),
    ]
    saved = [(await walk.ask("POST", "/triggers", one))["id"] for one in wanted]
    mailbox = await walk.mailbox()
    numbers = [
        await walk.ticket_of(mailbox.receives(letter(subject)))
        for subject in ("urgent: fire", "A question", "Urgent: water")
    ]
    await walk.rest()
    for number, status in zip(numbers, ("pending", "open", "pending"), strict=True):
        await walk.ask("PATCH", f"/tickets/{number}", {"status": status})
    await walk.rest()
    await fall_silent(walk)
    seen = set()
    for trigger in saved:
        live = await decided(walk, trigger)
        trial = await tried(walk, trigger=trigger, days=60)
        by_event = {
            row["event"]: (row["outcome"], {name: told for name, told in row["why"].items() if name != "to"})
            for row in await found(walk, trial["id"])
        }
        assert by_event == live
        assert trial["counted"]["events"] == len(live) > 0
        seen |= {outcome for outcome, _ in live.values()}
    assert seen >= {"fired", "not"}
    await switched_off(walk)


def dict_of(value: JsonValue) -> dict[str, JsonValue]:
    assert isinstance(value, dict)
    return value


async def test_what_is_not_saved_is_tried_and_nothing_of_it_is_done(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Only looked at", sender="cy@firm.example")))
    await walk.rest()
    only: JsonValue = {"op": "is", "field": "subject", "value": "Only looked at"}
    before = await walk.ticket(number)
    trial = await tried(walk, settings=answers(NEW, only), days=1)
    assert (trial["counted"]["fired"], trial["counted"]["mails"]) == (1, 1)
    (fired,) = [row for row in await found(walk, trial["id"]) if row["outcome"] == "fired"]
    assert (fired["ticket"], fired["why"]["to"]) == (number, ["cy@firm.example"])
    assert fired["why"]["did"] == ["sends a mail to 1 address"]
    await walk.rest()
    assert (await walk.ticket(number), mailbox.sent()) == (before, [])


async def test_two_that_change_a_field_back_and_forth_are_foreseen_and_then_stopped_visibly(
    walk: Walk,
) -> None:
    subject = "Ping pong"
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter(subject)))
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "high"})
    await walk.rest()
    mine: JsonValue = {"op": "is", "field": "subject", "value": subject}
    up: JsonValue = {**dict_of(ANY_CHANGE), "field": "priority", "new": "high"}
    down: JsonValue = {**dict_of(ANY_CHANGE), "field": "priority", "new": "low"}
    await walk.ask("POST", "/triggers", sets(down, "priority", "high", mine))
    trial = await tried(walk, settings=sets(up, "priority", "low", mine), days=1)
    assert (trial["counted"]["deepest"], trial["counted"]["loops"]) == (8, 1)
    other = (await walk.ask("POST", "/triggers", sets(up, "priority", "low", mine)))["id"]
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "normal"})
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "high"})
    await walk.rest()
    outcomes = {row["id"]: row["outcomes"] for row in await walk.listed("/triggers")}
    assert sum(one.get("suppressed", 0) for one in outcomes.values()) == 1
    assert sum(one.get("fired", 0) for one in outcomes.values()) in {8, 9}
    assert outcomes[other].get("fired", 0) >= 4
    await switched_off(walk)


async def test_in_shadow_what_it_would_do_is_written_down_until_it_is_switched_on(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    wanted = answers(NEW, {"op": "begins", "field": "subject", "value": "Shadow"}, shadow=True)
    trigger = (await walk.ask("POST", "/triggers", wanted))["id"]
    await walk.ticket_of(mailbox.receives(letter("Shadow 1")))
    await walk.rest()
    ((outcome, why),) = (await decided(walk, trigger)).values()
    assert (outcome, why) == ("shadow", {"did": ["sends a mail to 1 address"]})
    assert mailbox.sent() == []
    await walk.ask("PUT", f"/triggers/{trigger}", {**wanted, "shadow": False})
    await walk.ticket_of(mailbox.receives(letter("Shadow 2")))
    await walk.left(mailbox)
    states = await walk.installation.rows(select(mails.c.state).where(mails.c.subject == "Re: Shadow 1"))
    assert SendState.SENT not in {row.state for row in states}
    (row,) = [one for one in await walk.listed("/triggers") if one["id"] == trigger]
    assert row["outcomes"] == {"shadow": 1, "fired": 1}
    assert row["last_fired_at"]
    changes = await walk.listed("/settings/history")
    assert f"triggers.{trigger}" in {one["name"] for one in changes}
    await switched_off(walk)


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"when": {"type": "NEW_TICKET_CREATED"}}, "kinds"),
        ({"conditions": {"op": "is", "field": "colour", "value": "red"}}, "there is no fact"),
        ({"conditions": {"op": "is_set", "field": "fields.colour"}}, "no custom field 'colour'"),
        ({"action": "fax"}, "plug-in 'fax'"),
        ({"params": {"subject": "x"}}, "params.html"),
        ({"params": {"subject": "x", "body": "{{ ticket.subject"}}, "params.body"),
        ({"params": {"subject": "{{ ticket.numbr }}", "body": "x"}}, "no fact 'ticket.numbr'"),
        ({"params": {"subject": "x", "body": "{{ closes_at }}"}}, "no fact 'closes_at'"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason_and_nothing_is_saved(
    walk: Walk, wrong: Json, why: str
) -> None:
    before = await walk.listed("/triggers")
    answer = await walk.desk.post("/api/v1/triggers", json=answers(NEW) | wrong)
    assert (answer.status_code, why in answer.text) == (422, True), answer.text
    assert await walk.listed("/triggers") == before
    tried_too = await walk.desk.post("/api/v1/triggers/trials", json={"settings": answers(NEW) | wrong})
    assert (tried_too.status_code, why in tried_too.text) == (422, True), tried_too.text
