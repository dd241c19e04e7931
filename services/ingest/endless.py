"""A listing that has no end: each page promises another one, and none tells anything new."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Transient
from shared.storage.ingest import mails

PATIENT, REST = 20, timedelta(seconds=1)
"""After so many idle pages the next one is no hurry."""

MOST_IDLE = 300
"""A folder listed anew after its cursor was lost has so many that are known; a large one has more."""

SMALLEST_PAGE = 10
BEGIN_ANEW_AFTER = timedelta(minutes=10)


def idle_pages(before: int, *, new: int, more: bool) -> int:
    """Count the pages one after the other that told nothing new."""
    return before + 1 if more and not new else 0


def next_page_at(now: datetime, idle: int) -> datetime:
    return now + REST if idle > PATIENT else now


async def has_no_end(db: AsyncConnection, cursor: Row[Any]) -> bool:
    """Say whether there were more idle pages than all known mails could fill."""
    if cursor.idle_pages <= MOST_IDLE:
        return False
    counted = await db.execute(select(func.count()).where(mails.c.mailbox == cursor.id))
    known: int = counted.scalar_one()
    return bool(cursor.idle_pages * SMALLEST_PAGE > known)


def endless() -> Transient:
    return Transient(
        "the listing does not come to its end; it begins anew",
        code="endless_listing",
        retry_after=BEGIN_ANEW_AFTER,
    )
