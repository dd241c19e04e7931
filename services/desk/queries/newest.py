"""Whether a ticket has a post that somebody who answers has not seen."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.desk.queries.reading import Reading
from shared.storage.tickets import posts


@dataclass(frozen=True)
class Newer:
    """A post of somebody else that came later."""

    post: UUID
    author: str
    at: datetime


async def newer_post(reading: Reading, ticket: UUID, seen: UUID, user: UUID) -> Newer | None:
    """Return the newest post of another person that came after the post `seen`."""
    p = posts.c
    before = select(p.created_at).where(reading.own(posts), p.id == seen).scalar_subquery()
    found = await reading.db.execute(
        select(p.id, p.author_name, p.author_address, p.created_at)
        .where(reading.own(posts), p.ticket == ticket, p.kind.in_(("mail_in", "mail_out", "note")))
        .where(p.automatic.is_(None), p.user.is_distinct_from(user), p.created_at > before)
        .order_by(p.created_at.desc())
        .limit(1)
    )
    row = found.first()
    return Newer(row.id, row.author_name or row.author_address, row.created_at) if row else None
