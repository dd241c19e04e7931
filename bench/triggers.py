"""Events per second against the number of triggers that wait for them.

`python bench/triggers.py [--events N] [--at-once M] [--url postgresql://…]`: for each number of triggers a
tenant of its own, with 50 users, whose triggers all wait for new tickets; each asks a condition of two parts.
One of them fires and changes a field; in other rounds none does. Events are handled as the service handles
them, `--at-once` of them side by side: event, verdicts, effect and command are committed together. Rounds of
all numbers take turns, so that what else the machine does strikes them alike. The figures of one run compare
with each other; those of two machines do not.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

from databases import server_at
from pydantic import JsonValue
from rich.console import Console
from rich.table import Table
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.triggers.handlers import hear
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.tickets import Kind, TicketCreated, TicketSnapshot
from shared.messaging.unit import Units
from shared.storage.config import tenants, triggers, users
from shared.storage.engine import in_tenant, make_engine
from shared.storage.migrating import migrate
from shared.storage.triggers import verdicts

NUMBERS = (1, 10, 100, 1_000)
ROUNDS = 5
USERS = 50
SUBJECTS = {True: "Question", False: "Nothing that anybody asks for"}
"""Of an event that one trigger fires on, and of one that none does."""
console = Console(width=120)


def tenant_of(many: int) -> str:
    return f"t{many}"


async def fill(url: str, many: int) -> None:
    """Make a tenant with so many triggers; the last one fires."""
    engine, now = make_engine(url, "desk"), datetime.now(UTC)
    async with in_tenant(engine, tenant_of(many)) as db:
        await db.execute(insert(tenants).values(id=tenant_of(many), name=tenant_of(many), created_at=now))
        rows = [_trigger(many, number, now) for number in range(many)]
        await db.execute(insert(triggers), rows)
        await db.execute(insert(users), [_user(many, number, now) for number in range(USERS)])
    await engine.dispose()


def _user(many: int, number: int, now: datetime) -> dict[str, object]:
    named = {"address": f"user{number}@example.test", "name": "User", "role": "agent", "created_at": now}
    return {"id": uuid4(), "tenant": tenant_of(many), **named}


def _trigger(many: int, number: int, now: datetime) -> dict[str, object]:
    wanted = "Question" if number == many - 1 else f"no such word {number}"
    parts: list[JsonValue] = [
        {"op": "is", "field": "kind", "value": "external"},
        {"op": "contains", "field": "subject", "value": wanted},
    ]
    return {
        "id": uuid4(),
        "tenant": tenant_of(many),
        "name": f"Trigger {number}",
        "type": "NEW_TICKET_CREATED",
        "when": {"kinds": "both"},
        "conditions": {"op": "all", "of": parts},
        "action": "change_field",
        "params": {"field": "priority", "value": "high"},
        "position": number,
        "created_at": now,
    }


def event(many: int, number: int, *, fires: bool) -> TicketCreated:
    ticket = TicketSnapshot(
        id=uuid4(),
        number=number,
        version=1,
        subject=f"{SUBJECTS[fires]} {number}",
        status="new",
        priority="normal",
        kind=Kind.EXTERNAL,
        created_at=datetime.now(UTC),
    )
    return TicketCreated(tenant=tenant_of(many), ticket=ticket)


async def rate(engine: AsyncEngine, many: int, count: int, at_once: int, *, fires: bool) -> float:
    """Handle so many events; return how many that were a second."""
    units, blobs = Units(engine, "triggers"), FilesystemBlobs(Path(gettempdir()) / "no note is written")
    waiting = iter([event(many, number, fires=fires) for number in range(count)])

    async def work(mine: Iterable[TicketCreated]) -> None:
        for one in mine:
            await hear(one, units, blobs)

    begun = time.perf_counter()
    await asyncio.gather(*(work(waiting) for _ in range(at_once)))
    return count / (time.perf_counter() - begun)


async def measure(url: str, count: int, at_once: int) -> dict[tuple[int, bool], list[float]]:
    """Return the events per second of each round, by the number of triggers and whether one fires."""
    await migrate(url)
    for many in NUMBERS:
        await fill(url, many)
    engine = make_engine(url, "triggers")
    kinds = [(many, fires) for many in NUMBERS for fires in SUBJECTS]
    rates: dict[tuple[int, bool], list[float]] = {kind: [] for kind in kinds}
    handled = dict.fromkeys(kinds, 0)
    for round_ in range(ROUNDS + 1):
        for many, fires in kinds:
            share = max(at_once, count // max(1, many // 10))
            seen = await rate(engine, many, share, at_once, fires=fires)
            handled[many, fires] += share
            if round_:  # the first one warms up
                rates[many, fires].append(seen)
    for many in NUMBERS:
        await _all_decided(engine, many, handled[many, True], handled[many, False])
    await engine.dispose()
    return rates


async def _all_decided(engine: AsyncEngine, many: int, fire: int, others: int) -> None:
    async with in_tenant(engine, tenant_of(many)) as db:
        mine = verdicts.c.tenant == tenant_of(many)
        kept = await db.scalar(select(func.count()).where(mine))
        fired = await db.scalar(select(func.count()).where(mine, verdicts.c.outcome == "fired"))
    assert (kept, fired) == (many * (fire + others), fire), "not every trigger was asked of every event"


async def run(url: str | None, count: int, at_once: int) -> None:
    async with server_at(url) as server:
        rates = await measure(server, count, at_once)
    table = Table(title=f"{at_once} events at once, {ROUNDS} rounds")
    for column in (
        "triggers",
        "events a second",
        "slowest : fastest round",
        "cost of an event",
        "when none fires",
        "verdicts a second",
    ):
        table.add_column(column, justify="right")
    base = statistics.median(rates[NUMBERS[0], True])
    for many in NUMBERS:
        seen, others = rates[many, True], rates[many, False]
        middle = statistics.median(seen)
        spread, none = f"{min(seen):.1f} : {max(seen):.1f}", base / statistics.median(others)
        cost = (f"x {base / middle:.1f}", f"x {none:.1f}")
        table.add_row(f"{many:,}", f"{middle:.1f}", spread, *cost, f"{middle * many:,.0f}")
    console.print(table)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=400, help="of a round, with few triggers")
    parser.add_argument("--at-once", type=int, default=8)
    parser.add_argument("--url")
    asked = parser.parse_args()
    asyncio.run(run(asked.url, asked.events, asked.at_once))


if __name__ == "__main__":
    main()
