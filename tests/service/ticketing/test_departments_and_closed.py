"""Where an answer to a closed ticket goes by what the ticket's department has set, and else its tenant."""

from uuid import UUID

import pytest

from shared.storage import config
from tests.service.ticketing.conftest import NOW, Counter

NAME, BACKEND, OTHER = "response_to_closed_ticket_action", UUID(int=11), UUID(int=12)
NEW, REOPEN = "create_new_ticket", "reopen_old_ticket"


@pytest.mark.parametrize(
    ("tenant", "department", "of_ticket", "outcome"),
    [
        (REOPEN, NEW, BACKEND, "new"),
        (NEW, REOPEN, BACKEND, "reopen"),
        (REOPEN, NEW, OTHER, "reopen"),
        (NEW, REOPEN, OTHER, "new"),
        (REOPEN, NEW, None, "reopen"),
        (NEW, None, BACKEND, "new"),
    ],
    ids=["own new", "own reopen", "other reopen", "other new", "of none", "put back"],
)
async def test_the_departments_own_choice_goes_before_the_tenants(
    counter: Counter, tenant: str, department: str | None, of_ticket: UUID | None, outcome: str
) -> None:
    made = {"tenant": "default", "changed_at": NOW, "changed_by": "test"}
    for one, key in ((BACKEND, "backend"), (OTHER, "other")):
        await counter.add(config.departments, id=one, tenant="default", key=key, name=key)
    await counter.add(config.options, name=NAME, value=tenant, **made)
    await counter.add(config.department_options, department=BACKEND, name=NAME, value=department, **made)
    await counter.receives("Printer", message_id="a@firm.test")
    if of_ticket is not None:
        assert (await counter.changes(1, department=str(of_ticket)))["ok"]
    await counter.changes(1, status="closed")
    counter.clock.later(hours=1)
    placed = await counter.receives("Re: Printer", "a@firm.test")
    assert placed["outcome"] == outcome
    assert (await counter.ticket(1))["status"] == ("open" if outcome == "reopen" else "closed")
