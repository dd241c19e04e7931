"""A tenant over its quota: its mail stays listed, and is taken up by itself when there is room again."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import Select, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest.handlers import ingest
from shared.messaging.unit import Units
from shared.plugins.mailboxes import Finding, Verdict
from shared.storage import due
from shared.storage.config import tenants
from shared.storage.ingest import OVER_QUOTA, intakes, mails

log = structlog.get_logger()

LOOK_AGAIN = timedelta(seconds=10)
AT_ONCE = 200
"""Waiting mails that are taken up together."""


@dataclass(frozen=True)
class Quota:
    storage: int | None = None
    mails_per_day: int | None = None


@dataclass(frozen=True)
class Used:
    bytes: int
    mails_today: int


@dataclass(frozen=True)
class Room:
    """How many mails may come in now, and what is in the way when none may."""

    mails: int
    over: str | None = None


def room(quota: Quota, used: Used) -> Room:
    """Say how many mails there is room for; a mail may take the last byte and more."""
    if quota.storage is not None and used.bytes >= quota.storage:
        return Room(0, "storage")
    if quota.mails_per_day is None:
        return Room(AT_ONCE)
    left = min(AT_ONCE, quota.mails_per_day - used.mails_today)
    return Room(left) if left > 0 else Room(0, "mails_per_day")


def day_of(now: datetime) -> datetime:
    """When the day of the quota began, in UTC."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0)


async def room_of(db: AsyncConnection, tenant: str, now: datetime) -> Room:
    """Look at the quota of a tenant. The mails of the day are counted in an index, and no further than it."""
    c = tenants.c
    row = (await db.execute(select(c.max_storage, c.max_mails_per_day).where(c.id == tenant))).one_or_none()
    if row is None or (row.max_storage is None and row.max_mails_per_day is None):
        return Room(AT_ONCE)
    kept = today = 0
    if row.max_storage is not None:
        found = await db.execute(select(intakes.c.bytes).where(intakes.c.tenant == tenant))
        kept = found.scalar_one_or_none() or 0
    if row.max_mails_per_day is not None:
        of_day = select(mails.c.id).where(mails.c.tenant == tenant, mails.c.stored_at >= day_of(now))
        counted = select(func.count()).select_from(of_day.limit(row.max_mails_per_day).subquery())
        today = (await db.execute(counted)).scalar_one()
    return room(Quota(row.max_storage, row.max_mails_per_day), Used(kept, today))


async def keep_account(db: AsyncConnection, tenant: str, size: int) -> None:
    """Add the bytes of a mail. Call it last in its transaction: others of the tenant wait for this row."""
    first = upsert(intakes).values(id=uuid4(), tenant=tenant, bytes=size)
    added = {"bytes": intakes.c.bytes + size}
    await db.execute(first.on_conflict_do_update(index_elements=["tenant"], set_=added))


async def put_off(units: Units, claimed: due.Claimed, over: str) -> None:
    """Leave a mail listed, so that it is neither fetched nor counted as failed, until there is room."""
    async with units.sweeping(claimed, mails) as (unit, _):
        await due.finish(unit.db, mails, claimed, due_at=None, attempts=0, reason=OVER_QUOTA, detail=over)
        look = unit.now + LOOK_AGAIN
        first = upsert(intakes).values(
            id=uuid4(), tenant=unit.tenant, over=over, over_since=unit.now, due_at=look
        )
        since = func.coalesce(intakes.c.over_since, unit.now)
        again = {"over": over, "over_since": since, "due_at": func.coalesce(intakes.c.due_at, look)}
        await unit.db.execute(first.on_conflict_do_update(index_elements=["tenant"], set_=again))
    log.info("mail.put_off", mail=str(claimed.id), quota=over)


async def standing_of(db: AsyncConnection, tenant: str) -> tuple[Finding, ...]:
    """Say that a quota keeps mail waiting; nothing when none does."""
    over = select(intakes.c.over, intakes.c.over_since).where(
        intakes.c.tenant == tenant, intakes.c.over.is_not(None)
    )
    row = (await db.execute(over)).one_or_none()
    if row is None:
        return ()
    waiting = (await db.execute(select(func.count()).select_from(_waiting(tenant).subquery()))).scalar_one()
    text = f"over its quota ({row.over}) since {row.over_since:%Y-%m-%d %H:%M} UTC, {waiting} mails wait"
    cure = f"Raise it: postroom tenant quota {tenant}. They come in by themselves when there is room."
    return (Finding("quota", Verdict.WARNING, text, cure, OVER_QUOTA),)


@ingest.each_due(intakes, every=LOOK_AGAIN / 2, at_once=4)
async def take_up(claimed: due.Claimed, units: Units) -> None:
    """Let waiting mails of a tenant go on as far as there is room, the oldest first."""
    async with units.sweeping(claimed, intakes) as (unit, row):
        free = await room_of(unit.db, unit.tenant, unit.now)
        taken = await _let_go_on(unit.db, unit.tenant, free.mails, unit.now)
        if taken:
            unit.wake()
        waiting = await _waits(unit.db, unit.tenant)
        over = free.over or row.over if waiting else None
        await due.finish(
            unit.db,
            intakes,
            claimed,
            due_at=unit.now + LOOK_AGAIN if waiting else None,
            attempts=0,
            over=over,
            over_since=row.over_since if waiting else None,
        )


async def _let_go_on(db: AsyncConnection, tenant: str, count: int, now: datetime) -> int:
    some = _waiting(tenant).order_by(mails.c.received_at, mails.c.id).limit(count)
    chosen = some.with_for_update(skip_locked=True).cte("chosen").prefix_with("MATERIALIZED")
    going = update(mails).where(mails.c.id == chosen.c.id).values(due_at=now, reason=None, detail=None)
    return (await db.execute(going)).rowcount


async def _waits(db: AsyncConnection, tenant: str) -> bool:
    return (await db.execute(_waiting(tenant).limit(1))).first() is not None


def _waiting(tenant: str) -> Select[tuple[UUID]]:
    c = mails.c
    return select(c.id).where(c.tenant == tenant, c.state == "listed", c.reason == OVER_QUOTA)
