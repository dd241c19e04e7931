"""Leases: a call to the outside ends before the lease does, and a stop leaves none behind."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.dispatch import Assembly
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.topology import Service
from shared.messaging.unit import Units
from shared.runtime import Running
from shared.storage.due import Claimed, claim, finish
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors
from tests.storage.rows import NOW, add_cursor

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine(engine_of: Callable[[str], AsyncEngine]) -> AsyncEngine:
    return engine_of("ingest")


async def claimed_now(engine: AsyncEngine) -> Claimed:
    await add_cursor(engine, "acme")
    (claimed,) = await claim(engine, cursors, now=NOW, limit=1, lease_for=LEASE)
    return claimed


async def test_the_time_since_the_claim_counts(engine: AsyncEngine) -> None:
    claimed = await claimed_now(engine)
    begun_late = Units(engine, "ingest", lambda: NOW + MINUTE, LEASE)
    now = asyncio.get_running_loop().time()
    async with begun_late.watchdog(claimed) as bound:
        ends = bound.when()
    kept_back = LEASE / 5
    assert ends == pytest.approx(now + (LEASE - MINUTE - kept_back).total_seconds(), abs=30)


async def test_a_call_is_not_made_when_the_lease_is_nearly_over(engine: AsyncEngine) -> None:
    claimed = await claimed_now(engine)
    too_late = Units(engine, "ingest", lambda: NOW + LEASE, LEASE)
    with pytest.raises(TimeoutError):
        async with too_late.watchdog(claimed):
            await asyncio.Event().wait()


async def test_a_stop_lets_a_sweep_finish_so_that_its_lease_is_given_back(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme")
    begun, go_on = asyncio.Event(), asyncio.Event()
    units = Units(engine, "ingest", lambda: NOW, LEASE)
    service = Service("ingest")

    @service.every(MINUTE)
    async def poll(units: Units) -> int:
        claimed = await claim(units.engine, cursors, now=NOW, limit=1, lease_for=LEASE)
        begun.set()
        await go_on.wait()
        for each in claimed:
            async with units.sweeping(each, cursors) as (unit, _):
                await finish(unit.db, cursors, each, due_at=NOW + MINUTE)
        return len(claimed)

    running = Running(EmbeddedTransport(engine), [Assembly(service, {Units: units})], None)
    await running.start()
    await begun.wait()
    stopping = asyncio.create_task(running.stop())
    await asyncio.sleep(0)
    go_on.set()
    await stopping
    async with in_tenant(engine, "acme") as db:
        row = (await db.execute(select(cursors.c.lease, cursors.c.due_at))).one()
    assert (row.lease, row.due_at) == (None, NOW + MINUTE)
