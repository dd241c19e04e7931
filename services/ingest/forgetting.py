"""Forget mails in the ledger: that they were seen stays, so that none is fetched again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.ingest import intakes, mails
from shared.storage.lists import among

ERASED = "erased"


async def blobs_of(db: AsyncConnection, wanted: Sequence[UUID]) -> list[str]:
    kept = select(mails.c.blob).where(among(mails.c.id, wanted), mails.c.blob.is_not(None))
    return [blob for blob in await db.scalars(kept) if blob]


async def forget(db: AsyncConnection, wanted: Sequence[UUID]) -> None:
    """Let go of the bytes; no import takes such a mail up again."""
    left = {"state": "ignored", "reason": ERASED, "detail": None, "there_before": False, "in_flight": False}
    gone = {"blob": None, "size": None, "due_at": None}
    kept = (among(mails.c.id, wanted), mails.c.blob.is_not(None), mails.c.size.is_not(None))
    freed = select(mails.c.tenant, func.sum(mails.c.size).label("size")).where(*kept)
    each = freed.group_by(mails.c.tenant).subquery()
    less = update(intakes).where(intakes.c.tenant == each.c.tenant)
    await db.execute(less.values(bytes=func.greatest(0, intakes.c.bytes - each.c.size)))
    await db.execute(update(mails).where(among(mails.c.id, wanted)).values(**left, **gone))
