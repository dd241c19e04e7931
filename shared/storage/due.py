"""Work for later is a row: claim what is due under a lease, work it in its own tenant, finish it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Table, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.elements import ColumnElement

from shared.storage.engine import sweeping


class LeaseLost(Exception):
    """Another worker has taken the row over: what this one did must not be recorded."""


@dataclass(frozen=True)
class Claimed:
    id: UUID
    tenant: str
    lease: UUID
    attempts: int
    """How often the row was claimed since it was last reset, this time included."""


async def claim(
    engine: AsyncEngine,
    table: Table,
    *,
    now: datetime,
    limit: int,
    lease_for: timedelta,
    state: str | None = None,
) -> list[Claimed]:
    """Lease up to `limit` due rows of any tenant, the longest due first; committed on return."""
    # a CTE and not IN (...): the planner may run a subquery again and lock more than the limit
    due = (
        select(table.c.id)
        .where(_claimable(table, now, state))
        .order_by(table.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    taken = (
        update(table)
        .where(table.c.id == due.c.id)
        .values(lease=func.gen_random_uuid(), lease_until=now + lease_for, attempts=table.c.attempts + 1)
        .returning(table.c.id, table.c.tenant, table.c.lease, table.c.attempts, table.c.due_at)
    )
    async with sweeping(engine) as connection:
        rows = (await connection.execute(taken)).all()
    return [
        Claimed(row.id, row.tenant, row.lease, row.attempts)
        for row in sorted(rows, key=lambda row: row.due_at)
    ]


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


def _claimable(table: Table, now: datetime, state: str | None) -> ColumnElement[bool]:
    due = and_(table.c.due_at <= now, or_(table.c.lease_until.is_(None), table.c.lease_until < now))
    return due if state is None else and_(due, table.c.state == state)


def _held(table: Table, claimed: Claimed) -> ColumnElement[bool]:
    return and_(table.c.id == claimed.id, table.c.lease == claimed.lease)


async def free_leases(engine: AsyncEngine, tables: Iterable[Table]) -> None:
    """Free every lease. Only for a process that is alone: whoever held one is dead."""
    async with sweeping(engine) as connection:
        for table in tables:
            await connection.execute(
                update(table).where(table.c.lease.is_not(None)).values(lease=None, lease_until=None)
            )
