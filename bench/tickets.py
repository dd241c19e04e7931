"""How long the list, a search and a ticket page take with many tickets, and what pruning needs.

`python bench/tickets.py [--tickets 100000,300000,1000000] [--url postgresql://…] [--rounds N]`: a scratch
database for each number, filled by the server itself, then asked as the desk asks, under the desk's role with
the tenant set. `--url` names a server where databases may be made; without it, a private one is started.
There the databases stay, and one that is there is not filled again. It fails when a plan reads a large
table from end to end.
"""

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
from rich.console import Console
from rich.table import Table
from sqlalchemy import event, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from ticket_filling import FILLED, LARGE, SMALL, fill

from services.desk.queries.counts import counts, last_mail_at
from services.desk.queries.reading import Reading
from services.desk.queries.search import find
from services.desk.queries.ticket import full_ticket
from services.desk.queries.tickets import Filters, Sort, View, count_of, ticket_page
from services.desk.queries.timeline import window
from services.ticketing.sweeping import prune_tenant
from shared.messaging.unit import Units
from shared.storage.config import options, users
from shared.storage.embedded import EmbeddedPostgres
from shared.storage.engine import engine_as, in_tenant, make_engine
from shared.storage.migrating import migrate
from shared.storage.tickets import tickets

VIEWS: tuple[View, ...] = ("open", "mine", "new", "unassigned", "waiting", "all")
SORTS: tuple[Sort, ...] = ("activity", "waiting")
SEARCHES = {
    "common word": "common",
    "half common word": "word7 ",
    "seldom word": "word19000",
    "nothing": "unheard",
    "two words": "word3 word11",
    "beginning": "word123*",
    "address": "person77@firm77.example",
    "domain": "from:firm77.example",
    "number": "4711",
    "phrase": '"word1 word0"',
    "not": "word1 -word2",
    "state and word": "is:open word9",
    "file and word": "has:file word300",
    "organization": 'organization:"Firm 77"',
    "tag": "tag:rare",
    "common tag": "tag:vip",
    "assignee": "assignee:none is:open",
    "days": "before:2017-06-01 after:2017-01-01 word5",
}
DUE = 10_000
LARGE_TABLES = tuple(name.partition(".")[2] for name in FILLED)
console = Console(width=120)
Ask = Callable[[Reading], Awaitable[object]]


@dataclass
class Measured:
    """Milliseconds by what was asked, and plans that read a large table whole."""

    median: dict[str, float] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    scans: list[str] = field(default_factory=list)


@dataclass
class Asking:
    """One tenant's reading, with what it asks the server noted."""

    engine: AsyncEngine
    tenant: str
    rounds: int
    noted: list[tuple[str, Any]] = field(default_factory=list)

    async def measure(self, measured: Measured, name: str, ask: Ask) -> None:
        times = []
        for _ in range(self.rounds):
            async with in_tenant(self.engine, self.tenant) as db:
                self.noted.clear()
                begun = time.perf_counter()
                await ask(Reading(db, self.tenant))
                times.append((time.perf_counter() - begun) * 1000)
        label = f"{name} ({self.tenant})" if self.tenant != LARGE else name
        measured.median[label] = statistics.median(times)
        measured.slow[label] = sorted(times)[max(0, round(len(times) * 0.95) - 1)]
        async with in_tenant(self.engine, self.tenant) as db:
            measured.scans += [f"{label}: {scan}" for scan in await self._scans(db)]

    async def _scans(self, db: AsyncConnection) -> list[str]:
        found = []
        for statement, parameters in list(self.noted):
            if not statement.lstrip().startswith(("SELECT", "WITH")) or "set_config" in statement:
                continue
            plan = await db.exec_driver_sql(f"EXPLAIN {statement}", parameters)
            found += [
                line
                for (line,) in plan
                if "Seq Scan on" in line and line.partition(" on ")[2].split()[0] in LARGE_TABLES
            ]
        return found


async def measure(url: str, rounds: int) -> Measured:
    engine = make_engine(url, "desk")
    measured = Measured()
    for tenant in (LARGE, SMALL[0]):
        asking = Asking(engine, tenant, rounds)
        event.listen(
            engine.sync_engine,
            "before_cursor_execute",
            lambda *told, noted=asking.noted: noted.append((told[2], told[3])),
        )
        await _ask(asking, measured, brief=tenant != LARGE)
    await engine.dispose()
    return measured


async def _ask(asking: Asking, measured: Measured, *, brief: bool) -> None:
    async with in_tenant(asking.engine, asking.tenant) as db:
        user = (await db.execute(select(users.c.id).where(users.c.tenant == asking.tenant))).scalars().first()
        middle = select(tickets.c.number).where(tickets.c.tenant == asking.tenant)
        number = (await db.execute(middle.order_by(tickets.c.number).offset(1000).limit(1))).scalar_one()
    assert user is not None, "the filling made some"
    for view in VIEWS[:1] if brief else VIEWS:
        for sort in SORTS:
            asked = Filters(view, sort=sort)
            await asking.measure(measured, f"list: {view}, by {sort}", _page(asked, user))
    await asking.measure(measured, "list: second page", _second_page(user))
    await asking.measure(measured, "count of a view", lambda reading: count_of(reading, Filters("all"), user))
    await asking.measure(measured, "counts beside the navigation", lambda reading: counts(reading, user))
    await asking.measure(measured, "last mail", last_mail_at)
    await asking.measure(measured, "ticket page", _ticket(number, user))
    for name, typed in list(SEARCHES.items())[:3] if brief else SEARCHES.items():
        await asking.measure(measured, f"search: {name}", _search(typed, user))


def _page(asked: Filters, user: UUID) -> Ask:
    return lambda reading: ticket_page(reading, asked, user)


def _second_page(user: UUID) -> Ask:
    async def ask(reading: Reading) -> object:
        first = await ticket_page(reading, Filters("all"), user)
        return await ticket_page(reading, Filters("all"), user, after=first.more)

    return ask


def _ticket(number: int, user: UUID) -> Ask:
    async def ask(reading: Reading) -> object:
        ticket = await full_ticket(reading, number)
        assert ticket is not None
        await counts(reading, user)
        return await window(reading, ticket.id, 20)

    return ask


def _search(typed: str, user: UUID) -> Ask:
    """A search as the page asks it: what it means, the first tickets, how many."""

    async def ask(reading: Reading) -> object:
        found = await find(reading, typed, user)
        await ticket_page(reading, Filters("all"), user, found)
        return await count_of(reading, Filters("all"), user, found)

    return ask


async def pruned(url: str) -> tuple[int, float, int]:
    """Close what is due; return how many tickets, the seconds and by how many megabytes the process grew."""
    owner = engine_as(url, "bench", pool_size=1)
    now = datetime.now(UTC)
    async with owner.begin() as db:
        await db.execute(text("UPDATE ticketing.ticket SET last_person_post_at = :now"), {"now": now})
        option = {"tenant": LARGE, "name": "close_inactive_tickets", "value": True}
        await db.execute(
            upsert(options).values(**option, changed_at=now, changed_by="").on_conflict_do_nothing()
        )
        await db.execute(
            text(
                "UPDATE ticketing.ticket SET last_person_post_at = :then, status = 'open', category = 'open'"
                " WHERE tenant = :tenant AND number <= :due"
            ),
            {"then": now - timedelta(days=4000), "tenant": LARGE, "due": DUE},
        )
    await owner.dispose()
    engine = make_engine(url, "ticketing")
    before, begun = _megabytes(), time.perf_counter()
    closed = (await prune_tenant(Units(engine, "ticketing"), LARGE)).closed
    seconds, grown = time.perf_counter() - begun, _megabytes() - before
    await engine.dispose()
    return closed, seconds, grown


def _megabytes() -> int:
    """Return the most memory that this process has had so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


@asynccontextmanager
async def _server(url: str | None) -> AsyncIterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        server = EmbeddedPostgres(Path(folder))
        yield await server.start()
        await server.remove()


async def _filled(server: str, count: int) -> str:
    """Return the URL of a database of so many tickets, made unless it is there."""
    name = f"bench_{count}"
    db = await asyncpg.connect(server)
    try:
        if not await db.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await db.execute(f"CREATE DATABASE {name}")
            made = True
        else:
            made = False
    finally:
        await db.close()
    url = make_url(server).set(database=name).render_as_string(hide_password=False)
    await migrate(url)
    if made:
        console.print(f"{count:,} tickets filled in {await fill(url, count):.0f} s")
    analysed = await asyncpg.connect(url)
    await analysed.execute("ANALYZE", timeout=600)
    await analysed.close()
    return url


async def run(asked: argparse.Namespace) -> dict[int, Measured]:
    results = {}
    async with _server(asked.url) as server:
        for count in asked.tickets:
            url = await _filled(server, count)
            results[count] = await measure(url, asked.rounds)
            if asked.prune:
                closed, seconds, grown = await pruned(url)
                console.print(
                    f"{count:,} tickets: {closed:,} closed in {seconds:.0f} s, {grown} MB more memory"
                )
    return results


def _show(results: dict[int, Measured]) -> None:
    table = Table(title="milliseconds, p50 / p95")
    table.add_column("asked")
    for count in results:
        table.add_column(f"{count:,} tickets", justify="right")
    for name in next(iter(results.values())).median:
        cells = (f"{one.median[name]:.0f} / {one.slow[name]:.0f}" for one in results.values())
        table.add_row(name, *cells)
    console.print(table)


def main() -> None:
    """Fill, measure, print; end with 1 when a plan reads a large table whole."""
    parser = argparse.ArgumentParser(description=__doc__)
    numbers = "100000,300000,1000000"
    parser.add_argument(
        "--tickets", type=lambda value: [int(one) for one in value.split(",")], default=numbers
    )
    parser.add_argument("--url")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument(
        "--prune", action="store_true", help="also close tens of thousands; changes the tickets"
    )
    results = asyncio.run(run(parser.parse_args()))
    _show(results)
    scans = [f"{count:,}: {scan}" for count, one in results.items() for scan in one.scans]
    for scan in scans:
        console.print(f"reads a whole table: {scan}")
    sys.exit(bool(scans))


if __name__ == "__main__":
    main()
