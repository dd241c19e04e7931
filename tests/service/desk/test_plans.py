"""The list, searches and the ticket page are read by indexes, under the desk's role and its policies.

Judged by the server's plans and not by time. With few rows it would rather read a table whole, so that is
made dear: what cannot use an index still does, and is found.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.queries import search
from services.desk.queries.counts import counts
from services.desk.queries.neighbours import neighbours
from services.desk.queries.reading import Reading
from services.desk.queries.search import Found, find
from services.desk.queries.ticket import full_ticket
from services.desk.queries.tickets import Filters, Sort, View, count_of, ticket_page
from services.desk.queries.timeline import window
from shared.storage.engine import in_tenant
from shared.storage.wording import key_of
from tests.service.desk.conftest import House

LARGE = {"ticket", "post", "words", "history", "participant", "mail"}
NARROW = ("tenant =", "(id =", "(user =", "number =", "ticket =", "words @@", "tags @>", "mail =")
VIEWS: tuple[View, ...] = ("mine", "new", "unassigned", "waiting", "open", "all")
SORTS: tuple[Sort, ...] = ("activity", "waiting", "created", "priority", "number")
SEARCHES = (
    "common",
    "rare1",
    "com*",
    '"common word"',
    "common -rare1",
    "-common",
    "from:firm.example",
    "has:file",
    "#17",
    "17",
    "tag:vip",
    "-tag:vip",
    "status:open common",
    "assignee:none",
    "before:2026-01-02",
    "is:open rare1",
)
NARROWED = (
    Filters("open", priority="urgent"),
    Filters("all", sort="number", priority="urgent"),
    Filters("open", is_held=True),
    Filters("open", sort="waiting", waiting_since=datetime(2026, 1, 2, tzinfo=UTC)),
    Filters("all", fields=(("floor", 3),)),
    Filters("all", among=(17, 18)),
)
Ask = Callable[[Reading], Awaitable[object]]
Plan = dict[str, Any]  # Any: as the server describes it


@pytest.fixture
async def many(house: House) -> House:
    """Three thousand tickets of each of two tenants."""
    await house.tenant("other")
    async with house.owner.begin() as db:
        for tenant in ("default", "other"):
            for statement in FILLING:
                await db.execute(text(statement), {"tenant": tenant} | key_for(statement, tenant))
        await db.execute(text("ANALYZE"))
    return house


def key_for(statement: str, tenant: str) -> dict[str, str]:
    return {"key": key_of(tenant)} if ":key" in statement else {}


FILLING = (
    """INSERT INTO ticketing.ticket (id, tenant, number, subject, status, category, kind, tags, created_at,
        changed_at, last_person_post_at, assignee, waiting_since)
    SELECT gen_random_uuid(), :tenant, n, 'Question', status, status, 'external',
        CASE WHEN n % 10 = 0 THEN ARRAY['vip'] ELSE ARRAY[]::text[] END, at, at, at,
        CASE WHEN n % 3 = 0 THEN gen_random_uuid() END, CASE WHEN n % 5 = 2 THEN at END
    FROM (SELECT n, '2026-01-01'::timestamptz + n * interval '1 minute' AS at,
            (ARRAY['closed', 'closed', 'open', 'new', 'pending'])[1 + n % 5] AS status
        FROM generate_series(1, 3000) n)""",
    """INSERT INTO ticketing.post (id, tenant, ticket, kind, preview, details, shown_at, created_at)
    SELECT gen_random_uuid(), tenant, id, 'note', 'Words', '{}', changed_at, changed_at
    FROM ticketing.ticket WHERE tenant = :tenant""",
    """INSERT INTO ticketing.participant (ticket, address, tenant, role)
    SELECT id, 'ann@firm.example', tenant, 'sender' FROM ticketing.ticket WHERE tenant = :tenant""",
    """INSERT INTO ticketing.history (tenant, ticket, version, field, actor, at)
    SELECT tenant, id, 2, 'status', '{}', changed_at FROM ticketing.ticket WHERE tenant = :tenant""",
    """INSERT INTO sending.mail (id, tenant, effect, ticket, state, message_id, written_by, actor, snapshot,
        recipients, subject, body, files, created_at)
    SELECT gen_random_uuid(), tenant, gen_random_uuid(), id, 'sent', id::text, 'person', '{}', '{}', '{}', '',
        '', '[]', changed_at FROM ticketing.ticket WHERE tenant = :tenant""",
    """INSERT INTO ticketing.words (id, tenant, ticket, words)
    SELECT id, tenant, ticket, array_to_tsvector(ARRAY[CAST(:key AS text) || 'wcommon',
        CAST(:key AS text) || 'wrare' || abs(hashtext(id::text)) % 3000])
    FROM ticketing.post WHERE tenant = :tenant""",
)


@pytest.fixture
def noted(engine_of: Callable[[str], AsyncEngine]) -> Iterator[list[tuple[str, Any]]]:
    """What the desk asks the server, in order."""
    engine, asked = engine_of("desk").sync_engine, []

    def note(*told: Any) -> None:  # Any: what an event tells
        asked.append((told[2], told[3]))

    event.listen(engine, "before_cursor_execute", note)
    yield asked
    event.remove(engine, "before_cursor_execute", note)


def unbound(plan: Plan) -> Iterator[str]:
    """Yield what reads much of a large table: a scan that no condition of an index narrows."""
    table, kind = plan.get("Relation Name"), plan["Node Type"]
    if table in LARGE and kind != "Bitmap Heap Scan":
        condition = plan.get("Index Cond", "")
        if not any(each in condition for each in NARROW):
            yield f"{kind} on {table} by {plan.get('Index Name')}: {condition or 'no condition'}"
    for child in plan.get("Plans", ()):
        yield from unbound(child)


async def wrong_plans(
    engine: AsyncEngine, noted: list[tuple[str, Any]], ask: Ask, hidden: tuple[UUID, ...] = ()
) -> list[str]:
    async with in_tenant(engine, "default") as db:
        await db.execute(text("SET LOCAL enable_seqscan = off"))
        noted.clear()
        await ask(Reading(db, "default", UUID(int=1), hidden, (UUID(int=4),) if hidden else ()))
        asked = [(statement, given) for statement, given in noted if statement.startswith("SELECT")]
        assert asked
        wrong = []
        for statement, given in asked:
            found = await db.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", given)
            (explained,) = found.scalar_one()
            wrong += list(unbound(explained["Plan"]))
        return wrong


def page(asked: Filters, typed: str = "") -> Ask:
    async def ask(reading: Reading) -> object:
        user = UUID(int=1)
        found = await find(reading, typed, user)
        first = await ticket_page(reading, asked, user, found)
        await ticket_page(reading, asked, user, found, after=first.more)
        return await count_of(reading, asked, user, found)

    return ask


async def ticket(reading: Reading) -> object:
    row = await full_ticket(reading, 17)
    assert row is not None
    await counts(reading, UUID(int=1))
    return await window(reading, row.id, 20)


@pytest.mark.parametrize("hidden", [(), (UUID(int=2), UUID(int=3))], ids=["all is seen", "some is hidden"])
async def test_every_view_in_every_order_and_the_ticket_page_read_by_indexes(
    many: House,
    engine_of: Callable[[str], AsyncEngine],
    noted: list[tuple[str, Any]],
    hidden: tuple[UUID, ...],
) -> None:
    del many
    asks = {f"{view} by {sort}": page(Filters(view, sort=sort)) for view in VIEWS for sort in SORTS}
    asks |= {f"narrowed by {asked}": page(asked) for asked in NARROWED}
    asks["the ticket page"] = ticket
    wrong = {
        name: found
        for name, ask in asks.items()
        if (found := await wrong_plans(engine_of("desk"), noted, ask, hidden))
    }
    assert wrong == {}


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("view", ["open", "all"])
async def test_a_later_page_and_what_is_beside_a_ticket_begin_at_their_place(
    many: House,
    engine_of: Callable[[str], AsyncEngine],
    noted: list[tuple[str, Any]],
    view: View,
    sort: Sort,
) -> None:
    """However far down the list: by the condition of an index, and not by reading up to there."""
    del many
    asked, user = Filters(view, sort=sort), UUID(int=1)
    async with in_tenant(engine_of("desk"), "default") as db:
        reading = Reading(db, "default", user)
        await db.execute(text("SET LOCAL enable_seqscan = off"))
        await db.execute(text("SET LOCAL enable_sort = off"))
        await db.execute(text("SET LOCAL enable_bitmapscan = off"))
        first = await ticket_page(reading, asked, user)
        noted.clear()
        await ticket_page(reading, asked, user, after=first.more)
        last = first.rows[-1]
        await neighbours(reading, asked, user, Found(), number=last.number, at=last.token)
        lists = [one for one in noted if "key0" in one[0]]
        assert len(lists) == 4
        for statement, given in lists:
            found = await db.exec_driver_sql(f"EXPLAIN {statement}", given)
            conditions = [line for (line,) in found if "Index Cond: ((tenant = " in line]
            assert [one for one in conditions if "ROW(" in one or "number <" in one or "number >" in one]


@pytest.mark.parametrize("few", [search.FEW, 100], ids=["by ids", "walked"])
async def test_every_search_reads_by_indexes(
    many: House,
    engine_of: Callable[[str], AsyncEngine],
    noted: list[tuple[str, Any]],
    few: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del many
    monkeypatch.setattr(search, "FEW", few)
    asks = {typed: page(Filters("all"), typed) for typed in SEARCHES}
    wrong = {
        name: found
        for name, ask in asks.items()
        if (found := await wrong_plans(engine_of("desk"), noted, ask))
    }
    assert wrong == {}


async def test_a_scan_of_a_whole_table_would_be_seen(
    many: House, engine_of: Callable[[str], AsyncEngine], noted: list[tuple[str, Any]]
) -> None:
    del many

    async def ask(reading: Reading) -> object:
        # the policy keeps the index of words from being used: what the view is for
        words = "SELECT id FROM ticketing.words WHERE words @@ CAST('x' AS tsquery)"
        return await reading.db.execute(text(words))

    assert await wrong_plans(engine_of("desk"), noted, ask)
