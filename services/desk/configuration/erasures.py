"""Receipts of erasures: begun before the first row goes, finished after the last, without personal data."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import erasures


@dataclass(frozen=True)
class Erasure:
    id: UUID
    found: dict[str, int]
    plan: JsonValue
    finished_at: datetime | None


async def erasures_of(db: AsyncConnection, tenant: str, of: str, subject: str) -> list[Erasure]:
    """Return the receipts about somebody, the latest first."""
    c = erasures.c
    mine = select(c.id, c.subject, c.found, c.plan, c.finished_at).where(c.tenant == tenant, c.of == of)
    rows = await db.execute(mine.order_by(c.begun_at.desc()))
    about = (row for row in rows if row.subject == _pseudonym(row.id, subject))
    return [Erasure(row.id, row.found, row.plan, row.finished_at) for row in about]


async def begin_erasure(
    db: AsyncConnection,
    tenant: str,
    of: str,
    subject: str,
    *,
    found: Mapping[str, int],
    at: datetime,
    plan: JsonValue = None,
    by: UUID | None = None,
) -> Erasure:
    erasure = uuid4()
    row = {"id": erasure, "tenant": tenant, "of": of, "subject": _pseudonym(erasure, subject)}
    await db.execute(insert(erasures).values(**row, found=dict(found), plan=plan, by=by, begun_at=at))
    return Erasure(erasure, dict(found), plan, None)


async def finish_erasure(db: AsyncConnection, erasure: UUID, *, at: datetime) -> None:
    done = update(erasures).where(erasures.c.id == erasure, erasures.c.finished_at.is_(None))
    await db.execute(done.values(finished_at=at, plan=None))


def _pseudonym(erasure: UUID, subject: str) -> str:
    return hashlib.sha256(f"{erasure}/{subject}".encode()).hexdigest()
