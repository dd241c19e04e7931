"""Inactivity on a real database: by tenant and department, in batches, in parallel and twice."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, event, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ticketing import sweeping
from services.ticketing.sweeping import Pruned, prune_tenant
from shared.messaging import relay
from shared.messaging.unit import Units
from shared.storage.config import department_options, options
from shared.storage.engine import engine_as, in_tenant
from shared.storage.messages import outbox
from shared.storage.tickets import history, tickets

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TENANT = "acme"
BACKEND, SALES = UUID(int=1), UUID(int=2)
Engines = Callable[[str], AsyncEngine]


class Ground:
    """Tickets and options of one tenant, and a clock."""

    def __init__(self, engine_of: Engines) -> None:
        self.desk, self.ticketing, self.now = engine_of("desk"), engine_of("ticketing"), NOW
        self.numbers = 0

    def units(self) -> Units:
        return Units(self.ticketing, "ticketing", lambda: self.now)

    async def option(self, department: UUID | None = None, **wanted: object) -> None:
        facts: dict[str, Any] = {"changed_at": NOW, "changed_by": "test"}  # Any: columns
        table = options if department is None else department_options
        more = {} if department is None else {"department": department}
        async with in_tenant(self.desk, TENANT) as db:
            for name, value in wanted.items():
                await db.execute(insert(table).values(tenant=TENANT, name=name, value=value, **more, **facts))

    async def silent(self, days: float, many: int = 1, **values: object) -> list[UUID]:
        """Open tickets that nobody has written on for so many days."""
        at = NOW - timedelta(days=days)
        clocks = dict.fromkeys(("created_at", "changed_at", "last_person_post_at"), at)
        facts = {"subject": "x", "kind": "external", "status": "open", **clocks, **values}
        rows = [{"id": uuid4(), "tenant": TENANT, **facts} for _ in range(many)]
        for row in rows:
            self.numbers += 1
            row["number"] = self.numbers
        async with in_tenant(self.ticketing, TENANT) as db:
            await db.execute(insert(tickets), rows)
        return [row["id"] for row in rows if isinstance(row["id"], UUID)]

    async def closed(self) -> set[UUID]:
        async with in_tenant(self.ticketing, TENANT) as db:
            return set(await db.scalars(select(tickets.c.id).where(tickets.c.status == "closed")))

    async def told(self, contract: str) -> int:
        async with in_tenant(self.ticketing, TENANT) as db:
            query = select(func.count()).select_from(outbox).where(outbox.c.contract == contract)
            return int((await db.execute(query)).scalar_one())

    async def prune(self) -> Pruned:
        return await prune_tenant(self.units(), TENANT)


@pytest.fixture
def ground(engine_of: Engines) -> Ground:
    return Ground(engine_of)


async def test_departments_go_by_their_own_options(ground: Ground) -> None:
    await ground.option(close_inactive_tickets=True)
    await ground.option(BACKEND, close_ticket_after_days=3)
    await ground.option(SALES, close_inactive_tickets=False)
    (quick,) = await ground.silent(4, department=BACKEND)
    await ground.silent(400, department=SALES)
    await ground.silent(4)
    (old,) = await ground.silent(15)
    (elsewhere,) = await ground.silent(15, department=uuid4())
    assert await ground.prune() == Pruned(on=True, reminded=0, closed=3)
    assert await ground.closed() == {quick, old, elsewhere}


async def test_a_department_alone_may_close_and_remind(ground: Ground) -> None:
    await ground.option(BACKEND, close_inactive_tickets=True, send_ticket_close_reminder=True)
    (ticket,) = await ground.silent(12.5, department=BACKEND)
    await ground.silent(90)
    assert await ground.prune() == Pruned(on=True, reminded=1, closed=0)
    assert await ground.prune() == Pruned(on=True, reminded=0, closed=0)
    ground.now = NOW + timedelta(days=1.9)
    assert await ground.closed() == set()
    ground.now = NOW + timedelta(days=2)
    assert await ground.prune() == Pruned(on=True, reminded=0, closed=1)
    assert await ground.closed() == {ticket}


async def test_somebody_who_writes_begins_a_new_silence_with_a_new_reminder(ground: Ground) -> None:
    await ground.option(close_inactive_tickets=True, send_ticket_close_reminder=True)
    await ground.silent(13)
    assert (await ground.prune()).reminded == 1
    async with in_tenant(ground.ticketing, TENANT) as db:
        await db.execute(update(tickets).values(last_person_post_at=NOW + timedelta(days=1)))
    ground.now = NOW + timedelta(days=4)
    assert await ground.prune() == Pruned(on=True, reminded=0, closed=0)
    ground.now = NOW + timedelta(days=13)
    assert await ground.prune() == Pruned(on=True, reminded=1, closed=0)


async def test_in_parallel_and_twice_each_ticket_is_closed_once(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 5)
    await ground.option(close_inactive_tickets=True)
    wanted = await ground.silent(20, many=23)
    done = await asyncio.gather(*(ground.prune() for _ in range(3)))
    again = await ground.prune()
    assert sum(each.closed for each in (*done, again)) == len(wanted)
    assert await ground.prune() == Pruned(on=True, reminded=0, closed=0)
    assert await ground.closed() == set(wanted)
    assert await ground.told("ticket.inactive.closed.v1") == len(wanted)
    async with in_tenant(ground.ticketing, TENANT) as db:
        rows = (await db.execute(select(history.c.old, history.c.new, history.c.actor))).all()
    assert len(rows) == len(wanted)
    assert {(row.old, row.new, row.actor["name"]) for row in rows} == {("open", "closed", "Inactivity")}


async def test_a_tenant_that_floods_the_outbox_waits_until_some_of_it_went(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "BATCH", 2)
    monkeypatch.setattr(relay, "MANY", 5)
    await ground.option(close_inactive_tickets=True)
    wanted = await ground.silent(20, many=9)
    # a closing is two messages
    assert await ground.prune() == Pruned(on=True, reminded=0, closed=4, paused=True)
    assert await ground.prune() == Pruned(on=True, reminded=0, closed=0, paused=True)
    for _ in range(2):
        async with in_tenant(ground.ticketing, TENANT) as db:
            await db.execute(delete(outbox))
        last = await ground.prune()
    assert last == Pruned(on=True, reminded=0, closed=1)
    assert await ground.closed() == set(wanted)


async def test_the_many_that_were_reminded_are_not_met_on_the_way_to_what_is_due(
    ground: Ground, database_url: str
) -> None:
    await ground.option(close_inactive_tickets=True, send_ticket_close_reminder=True)
    await ground.silent(13, many=3_000, reminded_at=NOW - timedelta(days=1))
    await ground.silent(13, many=3)
    owner = engine_as(database_url, "test")
    async with owner.begin() as db:
        await db.execute(text("ANALYZE ticketing.ticket"))
    await owner.dispose()
    asked: list[tuple[str, Any]] = []  # Any: parameters
    event.listen(
        ground.ticketing.sync_engine, "before_cursor_execute", lambda *told: asked.append((told[2], told[3]))
    )
    assert await ground.prune() == Pruned(on=True, reminded=3, closed=0)
    walks = [each for each in asked if "SKIP LOCKED" in each[0]]
    async with in_tenant(ground.ticketing, TENANT) as db:
        plans = [
            "".join((await db.exec_driver_sql(f"EXPLAIN {query}", values)).scalars())
            for query, values in walks
        ]
    closing, reminding = plans
    assert "using ix_ticket_reminded" in closing
    assert "using ix_ticket_unreminded" in reminding


async def test_what_was_imported_and_nobody_wrote_on_since_is_left_alone(ground: Ground) -> None:
    await ground.option(close_inactive_tickets=True)
    await ground.silent(20, imported_at=NOW - timedelta(days=15))
    (answered,) = await ground.silent(20, imported_at=NOW - timedelta(days=25))
    assert (await ground.prune()).closed == 1
    assert await ground.closed() == {answered}


async def test_with_the_option_off_nothing_happens(ground: Ground) -> None:
    await ground.silent(400)
    assert await ground.prune() == Pruned(on=False, reminded=0, closed=0)
