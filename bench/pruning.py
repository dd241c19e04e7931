"""What inactivity needs where very many tickets are due at once: time, memory, blocks for each next hundred.

Two sweeps work at the same time, as two processes would. Each time they pause, since the outbox is flooded,
the messages are taken away, as the relay does, and a line of the curve is noted.
"""

import asyncio
import os
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asking import explained
from rich.console import Console
from rich.table import Table
from sqlalchemy import event, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from ticket_filling import LARGE

from services.ticketing.sweeping import Pruned, prune_tenant
from shared.messaging.unit import Units
from shared.storage.config import options
from shared.storage.engine import engine_as, in_tenant, make_engine
from shared.storage.forecasting import at_once, forecast
from shared.storage.messages import outbox
from shared.storage.tickets import history

AT_ONCE = 2
LINES = 10
AHEAD = timedelta(days=14)
console = Console(width=120)
LATER = timedelta(days=4)
"""Longer than the notice of a reminder."""


@dataclass(frozen=True)
class Point:
    """How a sweep stands at one of its pauses."""

    done: int
    seconds: float
    kilobytes: int
    """Of memory that this process has."""
    waiting: int
    """Messages in the outbox."""
    blocks: int
    """Looked at to find the next hundred from the beginning on, past all that was done."""


@dataclass
class Curve:
    what: str
    points: list[Point] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Foretold:
    """What it takes to tell what would be done."""

    seconds_to_count: float
    counted: str
    seconds: float
    lines: int
    kilobytes: int


@dataclass
class Sweeping:
    """One database whose tickets are all silent, at a clock that can be moved."""

    url: str
    most: int | None
    """As many tickets, after which a curve ends; None: all."""
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __post_init__(self) -> None:
        self.owner = engine_as(self.url, "bench", pool_size=1)
        self.engine = make_engine(self.url, "ticketing")
        self._first: dict[str, Any] = {}
        event.listen(self.engine.sync_engine, "before_cursor_execute", self._note)

    async def end(self) -> None:
        await self.owner.dispose()
        await self.engine.dispose()

    async def switch_on(self) -> None:
        wanted = {"close_inactive_tickets": True, "send_ticket_close_reminder": True}
        async with self.owner.begin() as db:
            for name, value in wanted.items():
                row = {
                    "tenant": LARGE,
                    "name": name,
                    "value": value,
                    "changed_at": self.now,
                    "changed_by": "",
                }
                await db.execute(upsert(options).values(**row).on_conflict_do_nothing())

    async def foretell(self) -> Foretold:
        begun, before = time.perf_counter(), memory()
        async with in_tenant(self.engine, LARGE) as db:
            counted = await at_once(db, LARGE, self.now)
        took = time.perf_counter() - begun
        begun, lines, after = time.perf_counter(), 0, None
        while True:
            async with in_tenant(self.engine, LARGE) as db:
                page = await forecast(db, LARGE, self.now, self.now + AHEAD, after=after, limit=1_000)
            lines += sum(len(line.foreseen) for line in page.lines)
            if (after := page.after) is None:
                break
        return Foretold(took, str(counted), time.perf_counter() - begun, lines, memory() - before)

    async def sweep(self, what: str) -> Curve:
        curve, begun, done = Curve(what), time.perf_counter(), 0
        self._first.clear()
        while True:
            took = await asyncio.gather(*(self._prune() for _ in range(AT_ONCE)))
            seconds = time.perf_counter() - begun
            done += sum(each.reminded + each.closed for each in took)
            waiting = await self._relayed()
            blocks, scans = await self._next()
            curve.points.append(Point(done, seconds, memory(), waiting, blocks))
            curve.scans += scans
            # what the bench itself did does not count
            begun = time.perf_counter() - seconds
            if not any(each.paused for each in took) or (self.most is not None and done >= self.most):
                return curve

    async def closed_once(self) -> bool:
        """Say whether no ticket was closed twice."""
        closings = (history.c.tenant == LARGE, history.c.actor["name"].as_string() == "Inactivity")
        async with self.owner.connect() as db:
            both = select(func.count(), func.count(history.c.ticket.distinct())).where(*closings)
            every, different = (await db.execute(both)).one()
        return bool(every == different)

    async def _prune(self) -> Pruned:
        return await prune_tenant(Units(self.engine, "ticketing", lambda: self.now), LARGE)

    async def _relayed(self) -> int:
        async with self.owner.begin() as db:
            waiting = (await db.execute(select(func.count()).select_from(outbox))).scalar_one()
            await db.execute(text("TRUNCATE messages.outbox"))
        return int(waiting)

    async def _next(self) -> tuple[int, list[str]]:
        """Explain what a sweep asks first."""
        async with in_tenant(self.engine, LARGE) as db:
            return await explained(db, list(self._first.items()))

    def _note(self, *told: Any) -> None:  # Any: what SQLAlchemy tells of a statement
        if "SKIP LOCKED" in told[2]:
            self._first.setdefault(told[2], told[3])


def memory() -> int:
    """Return the kilobytes that this process has now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") // 1024


async def pruned(url: str, most: int | None) -> list[str]:
    """Foretell, remind and close all; print the curves; return plans that read a large table whole."""
    sweeping = Sweeping(url, most)
    await sweeping.switch_on()
    told = await sweeping.foretell()
    console.print(
        f"counted in {told.seconds_to_count * 1000:.0f} ms: {told.counted}\n"
        f"{told.lines:,} reminders and closings foretold in {told.seconds:.1f} s,"
        f" {told.kilobytes / 1024:.1f} MB more memory"
    )
    scans = _shown(await sweeping.sweep("reminded"))
    sweeping.now += LATER
    scans += _shown(await sweeping.sweep("closed"))
    if not await sweeping.closed_once():
        scans.append("a ticket was closed twice")
    await sweeping.end()
    return scans


def _shown(curve: Curve) -> list[str]:
    table = Table(title=f"{curve.what} by {AT_ONCE} sweeps at once")
    for name in (curve.what, "seconds", "MB of memory", "messages in the outbox", "blocks for the next"):
        table.add_column(name, justify="right")
    step = max(1, len(curve.points) // LINES)
    for point in (*curve.points[:-1:step], curve.points[-1]):
        memory_now = f"{point.kilobytes / 1024:.1f}"
        table.add_row(
            f"{point.done:,}", f"{point.seconds:.0f}", memory_now, f"{point.waiting:,}", f"{point.blocks:,}"
        )
    console.print(table)
    return curve.scans
