"""Forget mails in the ledger: that they were seen stays, so that none is fetched again."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.ingest import mails

ERASED = "erased"


async def blobs_of(db: AsyncConnection, wanted: Sequence[UUID]) -> list[str]:
    kept = select(mails.c.blob).where(mails.c.id.in_(wanted), mails.c.blob.is_not(None))
    return [blob for blob in await db.scalars(kept) if blob]


async def forget(db: AsyncConnection, wanted: Sequence[UUID]) -> None:
    """Let go of the bytes; no import takes such a mail up again."""
    left = {"state": "ignored", "reason": ERASED, "detail": None, "there_before": False, "in_flight": False}
    gone = {"blob": None, "size": None, "due_at": None}
    await db.execute(update(mails).where(mails.c.id.in_(wanted)).values(**left, **gone))
