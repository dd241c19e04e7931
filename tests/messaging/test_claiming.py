"""Due rows are worked each by itself: what hangs holds up nobody but itself."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.claiming import MOST, SLOW_SECONDS, Claiming
from shared.messaging.dispatch import Assembly
from shared.messaging.topology import DueWork, Service
from shared.messaging.unit import Units
from shared.storage.due import Claimed, Turns, finish
from shared.storage.ingest import cursors, mails
from tests.messaging.bench import until
from tests.storage.rows import NOW, add_cursor, add_mail

AT_ONCE = 4
EACH = 2


@pytest.fixture
def engine(engine_of: Callable[[str], AsyncEngine]) -> AsyncEngine:
    return engine_of("ingest")


class Worked:
    """Finishes rows, but for those of mailboxes that hang."""

    def __init__(self) -> None:
        self.begun: list[Claimed] = []
        self.done: list[UUID] = []
        self.most = 0
        self.hang: set[UUID | None] = set()
        self.go_on = asyncio.Event()
        self._now = 0

    async def fetch(self, claimed: Claimed, units: Units) -> None:
        self.begun.append(claimed)
        self._now += 1
        self.most = max(self.most, self._now)
        if claimed.parent in self.hang:
            await self.go_on.wait()
        async with units.sweeping(claimed, mails) as (unit, _):
            await finish(unit.db, mails, claimed, due_at=None, state="stored")
        self._now -= 1
        self.done.append(claimed.id)


@asynccontextmanager
async def working(
    engine: AsyncEngine, worked: Worked, slow_seconds: float = SLOW_SECONDS
) -> AsyncIterator[Claiming]:
    work = DueWork(
        "fetch",
        worked.fetch,
        mails,
        every=timedelta(milliseconds=20),
        at_once=AT_ONCE,
        states=("listed",),
        turns=Turns("mailbox", cursors, each=EACH, last="imported"),
    )
    units = Units(engine, "ingest", lambda: NOW, timedelta(minutes=5))
    claiming = Claiming(Assembly(Service("ingest"), {Units: units}), work, slow_seconds)
    task = asyncio.create_task(claiming.run())
    yield claiming
    worked.go_on.set()
    await claiming.stop(30)
    await task


async def test_a_mailbox_that_hangs_holds_up_no_other(engine: AsyncEngine) -> None:
    worked = Worked()
    hangs, healthy = await add_cursor(engine, "acme"), await add_cursor(engine, "other")
    worked.hang = {hangs}
    for _ in range(10):
        await add_mail(engine, "acme", "listed", mailbox=hangs)
    wanted = {await add_mail(engine, "other", "listed", mailbox=healthy) for _ in range(10)}
    async with working(engine, worked):
        await until(lambda: wanted <= set(worked.done))
        assert sum(each.parent == hangs for each in worked.begun) <= EACH


async def test_as_many_mailboxes_that_hang_as_there_are_places_hold_up_no_other(engine: AsyncEngine) -> None:
    worked = Worked()
    hanging = [await add_cursor(engine, "acme") for _ in range(2 * AT_ONCE)]
    worked.hang, healthy = set(hanging), await add_cursor(engine, "other")
    for box in hanging:
        await add_mail(engine, "acme", "listed", mailbox=box)
    async with working(engine, worked, slow_seconds=0.05):
        await until(lambda: len(worked.begun) == len(hanging))
        wanted = {await add_mail(engine, "other", "listed", mailbox=healthy) for _ in range(10)}
        await until(lambda: wanted <= set(worked.done))


async def test_what_is_slow_is_bounded_too(engine: AsyncEngine) -> None:
    worked = Worked()
    hanging = [await add_cursor(engine, "acme") for _ in range(MOST * AT_ONCE)]
    worked.hang = set(hanging)
    for box in hanging:
        for _ in range(EACH):
            await add_mail(engine, "acme", "listed", mailbox=box)
    async with working(engine, worked, slow_seconds=0):
        await until(lambda: len(worked.begun) >= MOST * AT_ONCE)
    assert worked.most == MOST * AT_ONCE


async def test_no_more_rows_are_worked_at_once_than_there_is_room_for(engine: AsyncEngine) -> None:
    worked = Worked()
    added = {
        await add_mail(engine, "acme", "listed", mailbox=box)
        for box in [await add_cursor(engine, "acme") for _ in range(6)]
        for _ in range(4)
    }
    async with working(engine, worked):
        await until(lambda: set(worked.done) == added)
    assert 1 < worked.most <= AT_ONCE


async def test_a_row_whose_work_fails_stops_no_other(engine: AsyncEngine) -> None:
    box = await add_cursor(engine, "acme")
    bad, good = [await add_mail(engine, "acme", "listed", mailbox=box) for _ in range(2)]

    class Failing(Worked):
        async def fetch(self, claimed: Claimed, units: Units) -> None:
            if claimed.id == bad:
                raise RuntimeError("bug")
            await super().fetch(claimed, units)

    worked = Failing()
    async with working(engine, worked):
        await until(lambda: worked.done == [good])
