"""Secrets end: told in the log once at 30, 14 and 3 days and when it is over, and at any time by a metric."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.ingest.handlers import ingest
from shared.messaging.unit import Units
from shared.observability.metrics import secret_ends
from shared.plugins.proofs import step_of
from shared.storage.config import mailboxes, tenants
from shared.storage.engine import sweeping
from shared.storage.ingest import cursors

log = structlog.get_logger()


@ingest.every(timedelta(minutes=1))
async def watch_secrets(units: Units) -> int:
    """Tell what was not told yet. Any replica may; a renewed secret is told of anew."""
    known = await _that_end(units.engine)
    secret_ends.clear()
    for one in known:
        if one.secret_expires_at is not None:
            secret_ends.labels(str(one.id)).set(one.secret_expires_at.timestamp())
    now, told = units.clock(), 0
    for one in known:
        step = step_of(one.secret_expires_at, now)
        if step != one.expiry_told:
            async with units.acting(one.tenant) as unit:
                first = await _first_to_tell(unit.db, one.id, step)
            if first and step is not None and (one.expiry_told is None or step < one.expiry_told):
                told += 1
                left = (one.secret_expires_at - now) // timedelta(days=1)
                say = log.warning if step else log.error
                say("mailbox.credential_expires", mailbox=str(one.id), days=max(0, left), step=step)
    return told


async def _that_end(engine: AsyncEngine) -> list[Row[Any]]:  # Any: some columns
    """Return the mailboxes in use, of every tenant, whose secret's end is known, and what was told of it."""
    c = mailboxes.c
    known = (
        select(c.id, c.tenant, c.secret_expires_at, cursors.c.expiry_told)
        .join(cursors, cursors.c.id == c.id)
        .join(tenants, tenants.c.id == c.tenant)
        .where(c.enabled, c.archived_at.is_(None), ~tenants.c.suspended)
        .where(or_(c.secret_expires_at.is_not(None), cursors.c.expiry_told.is_not(None)))
    )
    async with sweeping(engine) as db:
        return list(await db.execute(known))


async def _first_to_tell(db: AsyncConnection, mailbox: UUID, step: int | None) -> bool:
    """Note that a step was told; False: another process did."""
    c = cursors.c
    fresh = (c.id == mailbox, c.expiry_told.is_distinct_from(step))
    done = await db.execute(update(cursors).where(*fresh).values(expiry_told=step).returning(c.id))
    return done.first() is not None
