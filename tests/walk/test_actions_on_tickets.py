"""Notes, tags, assignments and custom fields that triggers set, seen at the desk while everything runs."""

from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import insert, select

from services.ticketing.sweeping import prune_tenant
from shared.storage.config import memberships, users
from shared.storage.engine import in_tenant
from shared.storage.triggers import verdicts
from tests.installation import TENANT
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW: dict[str, JsonValue] = {"type": "NEW_TICKET_CREATED", "kinds": "both"}


# Any: parameters of an action, and fields of a ticket
async def acted(walk: Walk, subject: str, *actions: tuple[str, dict[str, Any]], **fields: Any) -> int:
    """Bind actions to new tickets of a subject; open one, and wait until all is done."""
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": subject}
    for action, params in actions:
        await walk.installation.add_trigger(NEW, action, params, only)
    return await opened(walk, subject, **fields)


# Any: as above
async def opened(walk: Walk, subject: str, **fields: Any) -> int:
    body = {"subject": subject, "contact": {"address": "ann@firm.example"}, "text": "It smokes.", **fields}
    number: int = (await walk.ask("POST", "/tickets", body))["number"]
    await walk.rest()
    return number


async def eva(walk: Walk) -> str:
    (row,) = await walk.installation.rows(select(users.c.id).where(users.c.address == "eva@helpdesk.example"))
    return str(row.id)


async def test_a_trigger_puts_a_note_on_the_ticket_under_its_name(walk: Walk) -> None:
    number = await acted(walk, "Noted", ("add_note", {"text": "Ask {{ contact.address }} for the serial."}))
    (_, note) = await walk.timeline(number, "note")
    assert note["author"]["name"] == "add_note"
    assert note["text"] == "Ask ann@firm.example for the serial."


async def test_a_note_of_a_trigger_does_not_keep_a_silent_ticket_open(walk: Walk) -> None:
    when: dict[str, JsonValue] = {"type": "TICKET_FIELD_CHANGE", "field": "priority"}
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": "Silent"}
    await walk.installation.add_trigger(when, "add_note", {"text": "Still nothing."}, only)
    number = await opened(walk, "Silent")
    await walk.later(timedelta(days=13))
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "high"})
    await walk.rest()
    assert [note["text"] for note in await walk.timeline(number, "note")][-1] == "Still nothing."
    await walk.options(close_inactive_tickets=True, close_ticket_after_days=14)
    await walk.later(timedelta(days=2))
    await prune_tenant(walk.installation.house.units("ticketing"), TENANT)
    await walk.rest()
    await walk.options(close_inactive_tickets=False)
    assert (await walk.ticket(number))["status"] == "closed"


async def test_two_triggers_of_one_event_that_add_different_tags_leave_both_on_the_ticket(walk: Walk) -> None:
    number = await acted(
        walk, "Tagged", ("add_tag", {"add": ["vip"]}), ("add_tag", {"add": "office, urgent"})
    )
    assert sorted((await walk.ticket(number))["tags"]) == ["office", "urgent", "vip"]


async def test_a_custom_field_is_set_and_one_that_does_not_fit_is_a_verdict_with_its_reason(
    walk: Walk,
) -> None:
    await walk.ask("POST", "/custom-fields", {"key": "floor", "name": "Floor", "type": "number"})
    number = await acted(
        walk,
        "Located",
        ("change_field", {"field": "fields.floor", "value": "3"}),
        ("change_field", {"field": "fields.floor", "value": "roof"}),
    )
    assert (await walk.ticket(number))["fields"] == {"floor": 3}
    rows = await walk.installation.rows(select(verdicts).where(verdicts.c.outcome == "failed"))
    assert [row.why for row in rows] == [{"why": "Floor (fields.floor) is a number, such as 12.5"}]


async def test_tickets_go_to_a_person_and_to_the_members_of_a_department_in_turn(walk: Walk) -> None:
    mine = await acted(walk, "Mine", ("assign", {"to": "user", "user": "eva@helpdesk.example"}))
    assert (await walk.ticket(mine))["assignee"] == await eva(walk)
    department = (await walk.ask("POST", "/departments", {"key": "turns", "name": "Turns"}))["id"]
    people = [str(row.id) for row in await walk.installation.rows(select(users.c.id))]
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        rows = [{"user": user, "department": department, "tenant": TENANT} for user in people]
        await db.execute(insert(memberships), rows)
    first = await acted(walk, "In turn", ("assign", {"to": "in_turn"}), department=department)
    later = [await opened(walk, "In turn", department=department) for _ in people]
    found = [(await walk.ticket(number))["assignee"] for number in (first, *later)]
    assert found == [sorted(people)[each % len(people)] for each in range(len(found))]
