"""Due rows: claimed once, worked in their tenant, finished by the holder of the lease only."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage import due
from shared.storage.columns import metadata
from shared.storage.config import tenants
from shared.storage.due import Claimed, LeaseLost, Turns, claim, finish, hold
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors, mails
from shared.storage.owners import SWEPT
from tests.storage.rows import NOW, add_cursor, add_mail

LEASE = timedelta(minutes=5)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def engine(engine_of: Callable[[str], AsyncEngine]) -> AsyncEngine:
    return engine_of("ingest")


async def claim_cursors(
    engine: AsyncEngine, *, after: timedelta = timedelta(0), limit: int = 10
) -> list[Claimed]:
    return await claim(engine, cursors, now=NOW + after, limit=limit, lease_for=LEASE)


async def test_due_rows_of_every_tenant_are_claimed_the_longest_due_first(engine: AsyncEngine) -> None:
    second = await add_cursor(engine, "acme", due_in=-MINUTE)
    first = await add_cursor(engine, "other", due_in=-2 * MINUTE)
    claimed = await claim_cursors(engine)
    assert [(each.id, each.tenant, each.attempts) for each in claimed] == [
        (first, "other", 1),
        (second, "acme", 1),
    ]
    assert claimed[0].lease != claimed[1].lease


async def test_what_is_not_due_is_left(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme", due_in=MINUTE)
    await add_cursor(engine, "acme", due_in=None)
    assert await claim_cursors(engine) == []


async def test_a_leased_row_is_left_until_the_lease_runs_out(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme")
    (first,) = await claim_cursors(engine)
    assert await claim_cursors(engine, after=LEASE) == []
    (again,) = await claim_cursors(engine, after=LEASE + MINUTE)
    assert (again.id, again.attempts) == (first.id, 2)
    assert again.lease != first.lease


async def test_no_more_than_the_limit_is_claimed(engine: AsyncEngine) -> None:
    for minutes in range(5):
        await add_cursor(engine, "acme", due_in=-MINUTE * minutes)
    assert len(await claim_cursors(engine, limit=2)) == 2
    assert len(await claim_cursors(engine, limit=10)) == 3


async def test_many_workers_claim_each_row_once(engine: AsyncEngine) -> None:
    added = [await add_cursor(engine, "acme") for _ in range(20)]
    claimed = await asyncio.gather(*(claim_cursors(engine, limit=3) for _ in range(10)))
    ids = [each.id for batch in claimed for each in batch]
    assert len(ids) == len(set(ids))
    rest = await claim_cursors(engine, limit=100)
    assert {*ids, *(each.id for each in rest)} == set(added)


async def test_a_state_narrows_what_is_claimed(engine: AsyncEngine) -> None:
    await add_mail(engine, "acme", "stored")
    listed = await add_mail(engine, "acme", "listed")
    claimed = await claim(engine, mails, now=NOW, limit=10, lease_for=LEASE, states=["listed"])
    assert [each.id for each in claimed] == [listed]


async def test_the_holder_sees_the_whole_row_and_finishes_it(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme")
    (claimed,) = await claim_cursors(engine)
    async with in_tenant(engine, claimed.tenant) as connection:
        row = await hold(connection, cursors, claimed)
        assert row is not None
        assert row.started_at == NOW
        await finish(connection, cursors, claimed, due_at=NOW + MINUTE, attempts=0, link="next")
    async with in_tenant(engine, "acme") as connection:
        done = (await connection.execute(select(cursors))).one()
    assert (done.link, done.due_at, done.attempts) == ("next", NOW + MINUTE, 0)
    assert (done.lease, done.lease_until) == (None, None)


async def test_a_finished_row_is_due_again_only_when_it_says_so(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme")
    (claimed,) = await claim_cursors(engine)
    async with in_tenant(engine, "acme") as connection:
        await finish(connection, cursors, claimed, due_at=None)
    assert await claim_cursors(engine, after=timedelta(days=1)) == []


async def test_a_late_holder_gets_nothing_and_records_nothing(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme")
    (late,) = await claim_cursors(engine)
    (holder,) = await claim_cursors(engine, after=LEASE + MINUTE)
    async with in_tenant(engine, "acme") as connection:
        assert await hold(connection, cursors, late) is None
        assert await hold(connection, cursors, holder) is not None
    with pytest.raises(LeaseLost):
        async with in_tenant(engine, "acme") as connection:
            await finish(connection, cursors, late, due_at=None, link="late")
    async with in_tenant(engine, "acme") as connection:
        assert (await connection.execute(select(cursors.c.link))).scalar_one() is None


async def test_a_row_is_finished_once(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme")
    (claimed,) = await claim_cursors(engine)
    async with in_tenant(engine, "acme") as connection:
        await finish(connection, cursors, claimed, due_at=None)
    with pytest.raises(LeaseLost):
        async with in_tenant(engine, "acme") as connection:
            await finish(connection, cursors, claimed, due_at=None)


async def test_a_row_is_held_in_its_own_tenant_only(engine: AsyncEngine) -> None:
    await add_cursor(engine, "acme")
    (claimed,) = await claim_cursors(engine)
    async with in_tenant(engine, "other") as connection:
        assert await hold(connection, cursors, claimed) is None
        assert await hold(connection, cursors, replace(claimed, lease=uuid4())) is None


async def test_one_row_behind_the_flood_of_another_tenant_is_claimed_with_the_first(
    engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(due, "WINDOW", 10)
    for _ in range(60):
        await add_cursor(engine, "acme", due_in=-MINUTE)
    behind = await add_cursor(engine, "small")
    claimed = await claim_cursors(engine, limit=4)
    assert Counter(each.tenant for each in claimed) == {"acme": 3, "small": 1}
    assert behind in {each.id for each in claimed}


@pytest.mark.parametrize(
    "turns", [None, Turns("mailbox", cursors, each=3, last="imported")], ids=["front", "turns"]
)
async def test_rows_of_a_suspended_tenant_wait_until_it_is_resumed(
    engine: AsyncEngine, engine_of: Callable[[str], AsyncEngine], turns: Turns | None
) -> None:
    box = await add_cursor(engine, "acme", due_in=None)
    mail = await add_mail(engine, "acme", "listed", mailbox=box)

    async def suspend(*, suspended: bool) -> None:
        async with in_tenant(engine_of("desk"), "acme") as db:
            row = {"id": "acme", "name": "Acme", "created_at": NOW, "suspended": suspended}
            await db.execute(
                upsert(tenants).values(row).on_conflict_do_update(index_elements=["id"], set_=row)
            )

    async def claimed() -> list[UUID]:
        found = await claim(engine, mails, now=NOW, limit=8, lease_for=LEASE, turns=turns)
        return [each.id for each in found]

    await suspend(suspended=True)
    assert await claimed() == []
    await suspend(suspended=False)
    assert await claimed() == [mail]


@pytest.mark.parametrize("name", [name for name, columns in SWEPT.items() if "lease" in columns])
async def test_every_table_of_due_rows_may_be_claimed_from(engine: AsyncEngine, name: str) -> None:
    table: Table = metadata.tables[name]
    assert await claim(engine, table, now=NOW, limit=1, lease_for=LEASE) == []


async def test_rows_are_taken_in_turns_among_their_parents(engine: AsyncEngine) -> None:
    flooded, small = await add_cursor(engine, "acme"), await add_cursor(engine, "other")
    for _ in range(20):
        await add_mail(engine, "acme", "listed", mailbox=flooded)
    await add_mail(engine, "other", "listed", mailbox=small, due_in=timedelta(0))
    first = await claim_mails(engine)
    assert Counter(each.parent for each in first) == {flooded: 3, small: 1}


async def test_a_parent_that_is_busy_gets_no_turn(engine: AsyncEngine) -> None:
    hung, small = await add_cursor(engine, "acme"), await add_cursor(engine, "acme")
    for _ in range(5):
        await add_mail(engine, "acme", "listed", mailbox=hung)
        await add_mail(engine, "acme", "listed", mailbox=small)
    claimed = await claim_mails(engine, busy=[hung])
    assert {each.parent for each in claimed} == {small}


async def test_new_mail_goes_before_what_other_parents_import(engine: AsyncEngine) -> None:
    for box in [await add_cursor(engine, "acme") for _ in range(5)]:
        for _ in range(5):
            await add_mail(engine, "acme", "listed", mailbox=box, imported=True, due_in=timedelta(hours=-1))
    fresh = await add_cursor(engine, "acme")
    new = {await add_mail(engine, "acme", "listed", mailbox=fresh) for _ in range(2)}
    first = await claim_mails(engine)
    assert len(first) == 8
    assert new <= {each.id for each in first}


async def test_workers_that_take_turns_claim_each_row_once(engine: AsyncEngine) -> None:
    boxes = [await add_cursor(engine, "acme") for _ in range(4)]
    added = {await add_mail(engine, "acme", "listed", mailbox=box) for box in boxes for _ in range(10)}
    seen: list[UUID] = []
    while batch := await asyncio.gather(*(claim_mails(engine) for _ in range(5))):
        taken = [each.id for claimed in batch for each in claimed]
        seen += taken
        if not taken:
            break
    assert sorted(seen) == sorted(added)


async def claim_mails(engine: AsyncEngine, *, busy: Collection[UUID] = ()) -> list[Claimed]:
    turns = Turns("mailbox", cursors, each=3, last="imported")
    return await claim(
        engine, mails, now=NOW, limit=8, lease_for=LEASE, states=["listed"], turns=turns, busy=busy
    )
