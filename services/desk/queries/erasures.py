"""Receipts of erased contacts: how much there was, who asked, and whether it is done. They name nobody."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, select

from services.desk.queries.paging import latest
from services.desk.queries.reading import Reading
from shared.storage.config import erasures, users


@dataclass(frozen=True)
class Receipt:
    id: UUID
    found: dict[str, int]
    by: UUID | None
    by_name: str | None
    begun_at: datetime
    finished_at: datetime | None


async def receipts(
    reading: Reading, limit: int, before: tuple[datetime, UUID] | None = None
) -> list[Receipt]:
    """Return those of contacts, the latest first, from before a place in the list."""
    asked = latest(_receipts(reading), erasures.c.begun_at, erasures.c.id, before, limit)
    rows = await reading.db.execute(asked)
    return [Receipt(**row) for row in rows.mappings()]


async def receipt_of(reading: Reading, erasure: UUID) -> Receipt | None:
    row = (await reading.db.execute(_receipts(reading).where(erasures.c.id == erasure))).mappings().first()
    return Receipt(**row) if row else None


def _receipts(reading: Reading) -> Select[Any]:  # Any: the columns of a Receipt
    c, asked = erasures.c, and_(users.c.id == erasures.c.by, reading.own(users))
    return (
        select(c.id, c.found, c.by, users.c.name.label("by_name"), c.begun_at, c.finished_at)
        .select_from(erasures.outerjoin(users, asked))
        .where(reading.own(erasures), c.of == "contact")
    )
