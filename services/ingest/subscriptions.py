"""Every query of subscriptions, and of the scans that they call for."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, case, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.storage.config import mailboxes, tenants
from shared.storage.engine import sweeping
from shared.storage.ingest import cursors, subscriptions

SPACING = timedelta(seconds=3)
"""Between two scans that were called for: many calls are one scan."""


async def mailboxes_without(engine: AsyncEngine, providers: Collection[str]) -> list[tuple[UUID, str]]:
    """Return mailboxes at one of these providers that were scanned and have no row of a subscription."""
    fresh = (
        select(mailboxes.c.id, mailboxes.c.tenant)
        .join(tenants, tenants.c.id == mailboxes.c.tenant)
        .join(cursors, cursors.c.id == mailboxes.c.id)
        .outerjoin(subscriptions, subscriptions.c.id == mailboxes.c.id)
        .where(
            subscriptions.c.id.is_(None),
            cursors.c.last_success_at.is_not(None),
            mailboxes.c.provider.in_(providers),
            mailboxes.c.enabled,
            mailboxes.c.archived_at.is_(None),
            ~tenants.c.suspended,
        )
    )
    async with sweeping(engine) as db:
        return [(row.id, row.tenant) for row in await db.execute(fresh)]


async def begin(db: AsyncConnection, mailbox: UUID, tenant: str, at: datetime) -> None:
    row = {"id": mailbox, "tenant": tenant, "due_at": at}
    await db.execute(insert(subscriptions).values(row).on_conflict_do_nothing())


# Any: the columns of the subscription
async def row_of(db: AsyncConnection, mailbox: UUID) -> Row[Any] | None:
    return (await db.execute(select(subscriptions).where(subscriptions.c.id == mailbox))).one_or_none()


async def remove(db: AsyncConnection, mailbox: UUID) -> None:
    await db.execute(delete(subscriptions).where(subscriptions.c.id == mailbox))


async def see_to(
    db: AsyncConnection, mailbox: UUID, at: datetime, *, made_for_other_than: str | None
) -> None:
    """Make a subscription due that was made, or tried, for something else."""
    c = subscriptions.c
    other = (c.id == mailbox, c.stamp.is_not(None), c.stamp.is_distinct_from(made_for_other_than))
    free = (c.lease.is_(None), c.due_at > at)
    await db.execute(update(subscriptions).where(*other, *free).values(due_at=at, attempts=0))


async def note_news(
    db: AsyncConnection, mailbox: UUID, subscription: str | None, at: datetime, *, gone: bool
) -> None:
    """A provider says that this subscription ends, or is gone: see to it now."""
    c = subscriptions.c
    values = {"provider_id": None} if gone else {}
    mine = (c.id == mailbox, c.provider_id == subscription)
    await db.execute(update(subscriptions).where(*mine).values(due_at=at, attempts=0, **values))


async def wake_mailbox(db: AsyncConnection, mailbox: UUID, at: datetime) -> None:
    """Have a mailbox listed soon, though not at once after the last time. One that fails, or is throttled,
    keeps its pause."""
    c = cursors.c
    soon = func.least(c.due_at, func.greatest(at, c.last_scan_at + SPACING))
    called = {"wakes": c.wakes + 1, "due_at": case((c.error_code.is_(None), soon), else_=c.due_at)}
    await db.execute(update(cursors).where(c.id == mailbox).values(**called))
