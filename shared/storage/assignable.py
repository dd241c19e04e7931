"""Who may be given a ticket: whoever is here, and does more than read. What they have already, they keep."""

from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import READER, users


def may_be_given(tenant: str) -> ColumnElement[bool]:
    """Of the table of users: those who may be given a ticket."""
    c = users.c
    return and_(c.tenant == tenant, c.archived_at.is_(None), c.role != READER)


async def why_not_given(db: AsyncConnection, tenant: str, user: str) -> str | None:
    """Say why a user, by id or address, cannot be given a ticket; None: they can."""
    c = users.c
    called = or_(c.id == _id(user), c.address == user.strip().lower())
    found = await db.execute(
        select(c.name, c.address, c.role, c.archived_at).where(c.tenant == tenant, called)
    )
    row = found.first()
    if row is None:
        return "there is no such assignee"
    if row.archived_at is not None:
        return f"{row.name or row.address} is in the archive, and is given no tickets"
    if row.role == READER:
        return f"{row.name or row.address} may only read, and is given no tickets"
    return None


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
