"""Work for later is a row: claim what is due under a lease, work it in its own tenant, finish it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Table, and_, func, null, or_, select, true, union, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.elements import ColumnElement, Label

from shared.storage.config import tenants
from shared.storage.engine import sweeping

WINDOW = 500
"""How many of the longest and of the shortest due are looked through for tenants that wait behind a flood:
whoever comes after one is among the shortest due."""


class LeaseLost(Exception):
    """Another worker has taken the row over: what this one did must not be recorded."""


@dataclass(frozen=True)
class Claimed:
    id: UUID
    tenant: str
    lease: UUID
    attempts: int
    """How often the row was claimed since it was last reset, this time included."""
    until: datetime
    """When the lease ends; from then on another worker may claim the row."""
    parent: UUID | None = None
    """Whose row it is, where rows are claimed in turns."""


@dataclass(frozen=True)
class Turns:
    """Rows are taken in turns among their parents, so that one with very many holds up no other: which
    parents are next is drawn by lot, since whoever has waited longest may have the most."""

    column: str
    """Names the parent's id in the table of the rows."""
    parents: Table
    each: int
    """Rows of one parent at a time."""
    last: str
    """Names the column whose true rows wait while there are others."""


async def claim(
    engine: AsyncEngine,
    table: Table,
    *,
    now: datetime,
    limit: int,
    lease_for: timedelta,
    states: Collection[str] = (),
    turns: Turns | None = None,
    busy: Collection[UUID] = (),
    of: str | None = None,
) -> list[Claimed]:
    """Lease up to `limit` due rows, one of each tenant in turn, the longest due first; committed on return.
    Those of a suspended tenant wait.

    `states`: only rows in one of these. `busy`: with `turns`, parents that get no turn now. `of`: of this
    tenant alone.
    """
    claimable = _claimable(table, now, states)
    if of is not None:
        claimable = and_(claimable, table.c.tenant == of)
    due = _front(table, claimable) if turns is None else _in_turns(table, claimable, turns, busy)
    # a CTE and not IN (...): the planner may run a subquery again and lock more than the limit
    front = due.limit(limit).cte("due").prefix_with("MATERIALIZED")
    c = table.c
    taken = (
        update(table)
        .where(c.id == front.c.id)
        .values(lease=func.gen_random_uuid(), lease_until=now + lease_for, attempts=c.attempts + 1)
        .returning(c.id, c.tenant, c.lease, c.attempts, c.due_at, _parent(table, turns))
    )
    async with sweeping(engine) as connection:
        rows = (await connection.execute(taken)).all()
    return [
        Claimed(row.id, row.tenant, row.lease, row.attempts, now + lease_for, row.parent)
        for row in sorted(rows, key=lambda row: row.due_at)
    ]


def _parent(table: Table, turns: Turns | None) -> Label[Any]:  # Any: an id, or nothing
    return (null() if turns is None else table.c[turns.column]).label("parent")


def _front(table: Table, claimable: ColumnElement[bool]) -> Select[tuple[UUID]]:
    c = table.c
    waiting = select(c.id, c.tenant, c.due_at).where(claimable)
    oldest, newest = (waiting.order_by(at).limit(WINDOW).subquery() for at in (c.due_at, c.due_at.desc()))
    seen = union(select(oldest), select(newest)).subquery()
    turn = func.row_number().over(partition_by=seen.c.tenant, order_by=seen.c.due_at)
    ranked = select(seen.c.id, turn.label("turn")).subquery()
    return (
        select(c.id)
        .join(ranked, ranked.c.id == c.id)
        .where(claimable)
        .order_by(ranked.c.turn, c.due_at)
        .with_for_update(of=table, skip_locked=True)
    )


def _in_turns(
    table: Table, claimable: ColumnElement[bool], turns: Turns, busy: Collection[UUID]
) -> Select[tuple[UUID]]:
    parents = turns.parents
    first = (
        select(table.c.id, table.c[turns.last].label("last"))
        .where(table.c[turns.column] == parents.c.id, claimable)
        .order_by(table.c[turns.last], table.c.due_at)
        .limit(turns.each)
        .with_for_update(skip_locked=True)
        .lateral("first")
    )
    return (
        select(first.c.id)
        .select_from(parents.join(first, true()))
        .where(parents.c.id.not_in(busy))
        .order_by(first.c.last, func.random())
    )


# Any: a row has the columns of whichever table
async def hold(connection: AsyncConnection, table: Table, claimed: Claimed) -> Row[Any] | None:
    """Lock and return the whole row inside its tenant's transaction; None when the lease went to another."""
    result = await connection.execute(select(table).where(_held(table, claimed)).with_for_update())
    return result.one_or_none()


async def finish(
    connection: AsyncConnection,
    table: Table,
    claimed: Claimed,
    *,
    due_at: datetime | None,
    **values: object,
) -> None:
    """Record `values`, give the lease back and say when the row is due again (None: never).

    Raises LeaseLost when the lease went to another; the caller's transaction is then to be rolled back.
    """
    done = (
        update(table)
        .where(_held(table, claimed))
        .values(lease=None, lease_until=None, due_at=due_at, **values)
    )
    if (await connection.execute(done)).rowcount != 1:
        raise LeaseLost(f"{table.fullname} {claimed.id} was taken over by another worker")


def _claimable(table: Table, now: datetime, states: Collection[str]) -> ColumnElement[bool]:
    suspended = select(tenants.c.id).where(tenants.c.suspended)
    free = or_(table.c.lease_until.is_(None), table.c.lease_until < now)
    due = and_(table.c.due_at <= now, free, table.c.tenant.not_in(suspended))
    return and_(due, table.c.state.in_(states)) if states else due


def _held(table: Table, claimed: Claimed) -> ColumnElement[bool]:
    return and_(table.c.id == claimed.id, table.c.lease == claimed.lease)


async def free_leases(engine: AsyncEngine, tables: Iterable[Table]) -> None:
    """Free every lease. Only for a process that is alone: whoever held one is dead."""
    async with sweeping(engine) as connection:
        for table in tables:
            await connection.execute(
                update(table).where(table.c.lease.is_not(None)).values(lease=None, lease_until=None)
            )
