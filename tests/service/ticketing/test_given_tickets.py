"""Tickets are given to people who are here and do more than read; what others have, they keep."""

from uuid import UUID

import pytest

from shared.contracts.acting import AssignInTurn
from shared.contracts.tickets import Actor
from shared.storage import config
from shared.storage import tickets as tables
from tests.service.ticketing.conftest import NOW, Counter

TOM, RITA, OLD = (UUID(int=number) for number in (31, 32, 33))
SUPPORT = UUID(int=3)


@pytest.fixture
async def people(counter: Counter) -> None:
    """An agent, a reader, and an agent in the archive; all of one department."""
    for user, name, role, archived in (
        (TOM, "Tom", "agent", None),
        (RITA, "Rita", "reader", None),
        (OLD, "Olga", "agent", NOW),
    ):
        row = {"name": name, "role": role, "archived_at": archived, "created_at": NOW}
        await counter.add(config.users, id=user, tenant="default", address=f"{name.lower()}@acme.test", **row)
        await counter.add(config.memberships, user=user, department=SUPPORT, tenant="default")


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("user", "why"),
    [
        (RITA, "Rita may only read, and is given no tickets"),
        (OLD, "Olga is in the archive, and is given no tickets"),
        (UUID(int=99), "there is no such assignee"),
    ],
)
async def test_who_only_reads_or_is_in_the_archive_is_given_no_ticket(
    counter: Counter, user: UUID, why: str
) -> None:
    number = await counter.opens()
    answer = await counter.changes(number, assignee=str(user), priority="high")
    assert answer == {"refused": why, "invalid": True}
    row = await counter.ticket(number)
    assert (row["assignee"], row["priority"]) == (None, "normal")
    assert "ok" in await counter.changes(number, assignee=str(TOM))


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize("user", [RITA, OLD])
async def test_what_they_have_they_keep_until_somebody_changes_it(counter: Counter, user: UUID) -> None:
    number = await counter.opens()
    ticket = await counter.id_of(number)
    async with counter.owner.begin() as db:
        await db.execute(tables.tickets.update().where(tables.tickets.c.id == ticket).values(assignee=user))
    assert "ok" in await counter.changes(number, priority="high")
    assert "ok" in await counter.changes(number, priority="low", assignee=str(user))
    assert (await counter.ticket(number))["assignee"] == user
    assert "ok" in await counter.changes(number, assignee=None)
    assert "refused" in await counter.changes(number, assignee=str(user))


@pytest.mark.usefixtures("people")
async def test_turns_pass_them_by(counter: Counter) -> None:
    for _ in range(3):
        number = await counter.opens()
        ticket = await counter.id_of(number)
        actor = Actor(trigger=UUID(int=5), name="Sort")
        await counter.hears(AssignInTurn(tenant="default", ticket=ticket, department=SUPPORT, actor=actor))
        assert (await counter.ticket(number))["assignee"] == TOM
