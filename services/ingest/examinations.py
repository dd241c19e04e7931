"""Every query of examinations."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.examining import ExamineMailbox
from shared.storage.ingest import examinations


async def open_one(db: AsyncConnection, asked: ExamineMailbox, at: datetime) -> UUID:
    """Enter an examination, unless one of this mailbox is open; return the id of the open one."""
    row = {
        "id": asked.id,
        "tenant": asked.tenant,
        "mailbox": asked.mailbox,
        "state": "waiting",
        "send": asked.send,
        "asked_by": asked.actor.name if asked.actor else None,
        "findings": [],
        "asked_at": at,
        "due_at": at,
    }
    c = examinations.c
    is_open = select(c.id).where(or_((c.mailbox == asked.mailbox) & c.ended_at.is_(None), c.id == asked.id))
    entered: UUID | None = None
    while entered is None:  # the open one may end between the two
        made = await db.execute(insert(examinations).values(row).on_conflict_do_nothing().returning(c.id))
        entered = made.scalar_one_or_none() or (await db.execute(is_open)).scalar_one_or_none()
    return entered


async def note(db: AsyncConnection, run: UUID, values: Mapping[str, object]) -> None:
    await db.execute(update(examinations).where(examinations.c.id == run).values(**values))


async def remove(db: AsyncConnection, run: UUID) -> None:
    await db.execute(delete(examinations).where(examinations.c.id == run))
