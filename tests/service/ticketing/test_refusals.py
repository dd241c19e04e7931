"""What is refused to people, and of which kind it is: a value that cannot be, or how things stand now."""

from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue

from shared.contracts.tickets import ChangeTicket, OpenTicket
from shared.storage import config
from shared.storage import tickets as tables
from tests.service.ticketing.conftest import ANNA, EVA, NOW, Counter

HERE, THERE = UUID(int=11), UUID(int=12)


async def places(counter: Counter) -> None:
    """Add a department and a mailbox here, and of another tenant."""
    for place, tenant in ((HERE, "default"), (THERE, "other")):
        await counter.add(config.departments, id=place, tenant=tenant, key="sales", name="Sales")
        box = {"address": f"help@{tenant}.test", "provider": "graph", "settings": {}, "created_at": NOW}
        await counter.add(config.mailboxes, id=place, tenant=tenant, **box)


async def opening(counter: Counter, **where: UUID) -> dict[str, JsonValue]:
    body = await counter.draft("It smokes.")
    return await counter.hears(
        OpenTicket(tenant="default", subject="Printer", body=body, contact=ANNA, actor=EVA, **where)
    )


@pytest.mark.parametrize("field", ["department", "mailbox"])
@pytest.mark.parametrize("where", [THERE, uuid4()], ids=["of another tenant", "of nobody"])
async def test_no_ticket_is_opened_in_a_place_that_is_not_here(
    counter: Counter, field: str, where: UUID
) -> None:
    await places(counter)
    told = await opening(counter, **{field: where})
    assert told == {"refused": f"there is no such {field}", "invalid": True}
    assert await counter.rows(tables.tickets) == []
    assert (await opening(counter, department=HERE, mailbox=HERE))["ok"] is True
    (ticket,) = await counter.rows(tables.tickets)
    assert (ticket["department"], ticket["mailbox"]) == (HERE, HERE)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "nosuch"},
        {"kind": "weird"},
        {"priority": 3},
        {"tags": [""]},
        {"fields.nosuch": 1},
        {"assignee": str(uuid4())},
        {"department": str(THERE)},
    ],
    ids=lambda changes: next(iter(changes)),
)
async def test_a_value_that_cannot_be_is_refused_as_such(
    counter: Counter, changes: dict[str, JsonValue]
) -> None:
    await places(counter)
    number = await counter.opens()
    ticket = await counter.id_of(number)
    told = await counter.hears(ChangeTicket(tenant="default", ticket=ticket, changes=changes, actor=EVA))
    assert told["invalid"] is True
    assert told["refused"]


async def test_a_change_that_came_too_late_is_refused_for_that_alone(counter: Counter) -> None:
    number = await counter.opens()
    told = await counter.changes(number, version=99, status="nosuch")
    assert "invalid" not in told
    assert "somebody changed this ticket" in str(told["refused"])
