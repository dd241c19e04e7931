"""Forget the events that tell of a contact, with what was decided and done about them."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.triggers import effects, events, verdicts


async def forget(db: AsyncConnection, tenant: str, address: str, tickets: Sequence[UUID]) -> None:
    named = func.lower(cast(events.c.payload, Text)).contains(f'"{address}"', autoescape=True)
    told = select(events.c.id).where(events.c.tenant == tenant, or_(events.c.ticket.in_(tickets), named))
    await db.execute(delete(verdicts).where(verdicts.c.event.in_(told)))
    await db.execute(delete(effects).where(effects.c.event.in_(told)))
    await db.execute(delete(events).where(events.c.id.in_(told)))
