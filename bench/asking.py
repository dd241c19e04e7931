"""What the desk asks of many tickets, and how long it takes: lists, counts, searches, a ticket."""

import re
import statistics
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from ticket_filling import FEW, FILLED, LARGE, LONG, SMALL

from services.desk.effects import Wanted
from services.desk.queries.bulks import tickets_now
from services.desk.queries.counts import counts, last_mail_at
from services.desk.queries.departments import all_but, hidden_from
from services.desk.queries.neighbours import neighbours
from services.desk.queries.people import tickets_of_contact
from services.desk.queries.reading import Reading
from services.desk.queries.search import Found, find, unended
from services.desk.queries.ticket import full_ticket, ids_of_numbers
from services.desk.queries.tickets import Filters, Sort, View, count_of, ids_in, ticket_page
from services.desk.queries.timeline import changes_before, window
from shared.storage.config import users
from shared.storage.engine import in_tenant, make_engine
from shared.storage.tickets import tickets

VIEWS: tuple[View, ...] = ("open", "mine", "new", "unassigned", "waiting", "all")
SORTS: tuple[Sort, ...] = ("activity", "waiting", "created", "priority", "number")
NARROWED = {
    "urgent": Filters("all", priority="urgent"),
    "urgent, by number": Filters("open", sort="number", priority="urgent"),
    "with held mail": Filters("open", is_held=True),
    "waiting since January": Filters("open", sort="waiting", waiting_since=datetime(2026, 1, 1, tzinfo=UTC)),
    "of a custom field": Filters("all", fields=(("floor", 3),)),
}
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
LARGE_TABLES = tuple(name.partition(".")[2] for name in FILLED)
MOST_MILLISECONDS = 300
Ask = Callable[[Reading], Awaitable[object]]


@dataclass
class Measured:
    """Milliseconds and blocks by what was asked; what was too slow twice; plans that read a large table."""

    median: dict[str, float] = field(default_factory=dict)
    slow: dict[str, float] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)
    late: list[str] = field(default_factory=list)
    scans: list[str] = field(default_factory=list)


@dataclass
class Asking:
    """One tenant's reading, with what it asks the server noted."""

    engine: AsyncEngine
    tenant: str
    rounds: int
    person: UUID | None = None
    hidden: tuple[UUID, ...] = ()
    """What the person does not see."""
    visible: tuple[UUID, ...] = ()
    noted: list[tuple[str, Any]] = field(default_factory=list)

    async def measure(self, measured: Measured, name: str, ask: Ask) -> None:
        who = "sees few" if self.hidden else self.tenant if self.tenant != LARGE else ""
        label = f"{name} ({who})" if who else name
        times = await self._times(ask)
        # one slow round may be the machine's: only what is too slow again is
        if (
            slowest(times) > MOST_MILLISECONDS
            and slowest(times := await self._times(ask)) > MOST_MILLISECONDS
        ):
            measured.late.append(f"{label}: {slowest(times):.0f} ms")
        measured.median[label], measured.slow[label] = statistics.median(times), slowest(times)
        async with in_tenant(self.engine, self.tenant) as db:
            measured.blocks[label], scans = await explained(db, self.noted)
        measured.scans += [f"{label}: {scan}" for scan in scans]

    async def _times(self, ask: Ask) -> list[float]:
        times = []
        for _ in range(self.rounds):
            async with in_tenant(self.engine, self.tenant) as db:
                self.noted.clear()
                begun = time.perf_counter()
                await ask(Reading(db, self.tenant, self.person, self.hidden, self.visible))
                times.append((time.perf_counter() - begun) * 1000)
        return times


def slowest(times: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(times)[max(0, round(len(times) * 0.95) - 1)]


async def explained(db: AsyncConnection, noted: Iterable[tuple[str, Any]]) -> tuple[int, list[str]]:
    """Return how many blocks statements look at, and where their plans read a large table whole."""
    blocks, scans = 0, []
    for statement, parameters in list(noted):
        if not statement.lstrip().startswith(("SELECT", "WITH")) or "set_config" in statement:
            continue
        plan = await db.exec_driver_sql(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF) {statement}", parameters)
        lines = [line for (line,) in plan]
        # the first line of this kind is that of the whole plan
        first = next((line for line in lines if "Buffers: shared" in line), "")
        blocks += sum(int(number) for number in re.findall(r"(?:hit|read)=(\d+)", first))
        scans += [line for line in lines if _is_whole(line)]
    return blocks, scans


def _is_whole(line: str) -> bool:
    return "Seq Scan on" in line and line.partition(" on ")[2].split()[0] in LARGE_TABLES


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
        if tenant == LARGE:
            await _ask_as_few(asking, measured)
    await engine.dispose()
    return measured


async def _ask(asking: Asking, measured: Measured, *, brief: bool) -> None:
    async with in_tenant(asking.engine, asking.tenant) as db:
        busy = select(tickets.c.assignee).where(tickets.c.tenant == asking.tenant, unended())
        user = (await db.execute(busy.where(tickets.c.assignee.is_not(None)).limit(1))).scalar_one()
        middle = select(tickets.c.number).where(tickets.c.tenant == asking.tenant)
        number = (await db.execute(middle.order_by(tickets.c.number).offset(1000).limit(1))).scalar_one()
    for view in VIEWS[:1] if brief else VIEWS:
        for sort in SORTS:
            asked = Filters(view, sort=sort)
            await asking.measure(measured, f"list: {view}, by {sort}", _page(asked, user))
    await asking.measure(measured, "list: second page", _second_page(user))
    for name, narrowed in {} if brief else NARROWED.items():
        await asking.measure(measured, f"list: {name}", _narrowed(narrowed, user))
    for sort in SORTS:
        await asking.measure(measured, f"beside a ticket, by {sort}", _beside(sort, user))
    await asking.measure(measured, "1,000 of a view, as they are", _all_of(user))
    await asking.measure(measured, "count of a view", lambda reading: count_of(reading, Filters("all"), user))
    await asking.measure(measured, "counts beside the navigation", lambda reading: counts(reading, user))
    await asking.measure(measured, "last mail", last_mail_at)
    await asking.measure(measured, "ticket page", _ticket(number, user))
    if not brief:
        await _ask_of_long(asking, measured, user)
    for name, typed in list(SEARCHES.items())[:3] if brief else SEARCHES.items():
        await asking.measure(measured, f"search: {name}", _search(typed, user))


async def _ask_as_few(asking: Asking, measured: Measured) -> None:
    """Ask as somebody who sees one ticket of a thousand."""
    async with in_tenant(asking.engine, asking.tenant) as db:
        found = await db.execute(select(users.c.id).where(users.c.address == FEW))
        user = found.scalar_one()
        hidden = await hidden_from(Reading(db, asking.tenant), user)
        visible = await all_but(Reading(db, asking.tenant), hidden)
    few = replace(asking, person=user, hidden=hidden, visible=visible)
    for view in VIEWS:
        for sort in SORTS:
            await few.measure(measured, f"list: {view}, by {sort}", _page(Filters(view, sort=sort), user))
    await few.measure(measured, "count of a view", lambda reading: count_of(reading, Filters("all"), user))
    await few.measure(measured, "counts beside the navigation", lambda reading: counts(reading, user))
    await few.measure(measured, "last mail", last_mail_at)
    for name in ("common word", "half common word", "seldom word", "not", "tag"):
        await few.measure(measured, f"search: {name}", _search(SEARCHES[name], user))


async def _ask_of_long(asking: Asking, measured: Measured, user: UUID) -> None:
    """Ask about the ticket with very many posts and changes, its contact, and of 200 numbers at once."""
    async with in_tenant(asking.engine, asking.tenant) as db:
        long = await full_ticket(Reading(db, asking.tenant), LONG.number)
        assert long is not None, "the filling made it"
        timeline = await window(Reading(db, asking.tenant), long.id, LONG.posts // 2)
    middle, contact = timeline.posts[0].id, long.contact
    assert contact is not None, "the filling gave it one"
    await asking.measure(measured, f"ticket page of {LONG.posts} posts", _ticket(LONG.number, user))
    await asking.measure(
        measured, "middle of its timeline", lambda reading: window(reading, long.id, 20, middle)
    )
    await asking.measure(measured, "its history", lambda reading: changes_before(reading, long.id, None, 100))
    await asking.measure(
        measured, "tickets of a contact", lambda reading: tickets_of_contact(reading, contact, 50)
    )
    numbers = range(LONG.number, LONG.number + 200)
    await asking.measure(measured, "200 tickets by number", lambda reading: ids_of_numbers(reading, numbers))


def _page(asked: Filters, user: UUID) -> Ask:
    return lambda reading: ticket_page(reading, asked, user)


def _second_page(user: UUID) -> Ask:
    async def ask(reading: Reading) -> object:
        first = await ticket_page(reading, Filters("all"), user)
        return await ticket_page(reading, Filters("all"), user, after=first.more)

    return ask


def _narrowed(asked: Filters, user: UUID) -> Ask:
    async def ask(reading: Reading) -> object:
        await ticket_page(reading, asked, user)
        return await count_of(reading, asked, user)

    return ask


def _beside(sort: Sort, user: UUID) -> Ask:
    """What is before and behind the last ticket of the second page."""

    async def ask(reading: Reading) -> object:
        asked = Filters("open", sort=sort)
        first = await ticket_page(reading, asked, user)
        second = await ticket_page(reading, asked, user, after=first.more)
        last = second.rows[-1]
        return await neighbours(reading, asked, user, Found(), number=last.number, at=last.token)

    return ask


def _all_of(user: UUID) -> Ask:
    """What the preview of a change of many tickets asks."""

    async def ask(reading: Reading) -> object:
        chosen = await ids_in(reading, Filters("open"), user, Found(), 1_000)
        return await tickets_now(reading, user, [ticket for ticket, _ in chosen], Wanted())

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
