"""Which tickets a person has seen. A row says when they last opened one; without one, nothing of it was."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Uuid, literal, literal_column, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.desk import seen
from shared.storage.lists import among
from shared.storage.tickets import tickets

COLUMNS = ["user", "ticket", "tenant", "at", "unread"]


async def see(db: AsyncConnection, tenant: str, user: UUID, ids: Collection[UUID], at: datetime) -> None:
    """Mark tickets as read."""
    await _mark(db, tenant, user, among(tickets.c.id, ids), {"at": at, "unread": False})


async def see_number(db: AsyncConnection, tenant: str, user: UUID, number: int, at: datetime) -> None:
    await _mark(db, tenant, user, tickets.c.number == number, {"at": at, "unread": False})


async def leave_unread(
    db: AsyncConnection, tenant: str, user: UUID, ids: Collection[UUID], at: datetime
) -> None:
    """Mark tickets as unread, until they are opened again."""
    await _mark(db, tenant, user, among(tickets.c.id, ids), {"at": at, "unread": True})


async def _mark(
    db: AsyncConnection,
    tenant: str,
    user: UUID,
    which: ColumnElement[bool],
    values: dict[str, datetime | bool],
) -> None:
    chosen = select(
        literal(user, Uuid),
        tickets.c.id,
        tickets.c.tenant,
        literal(values["at"], seen.c.at.type),
        literal_column(str(values["unread"]).lower(), seen.c.unread.type),
    ).where(tickets.c.tenant == tenant, which)
    made = upsert(seen).from_select(COLUMNS, chosen.order_by(tickets.c.id))
    await db.execute(made.on_conflict_do_update(index_elements=["user", "ticket"], set_=values))
