"""Forget the events that tell of a contact, with what was decided and done about them, and notices of their
tickets."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.lists import among
from shared.storage.triggers import effects, events, notices, trial_results, verdicts


async def forget(db: AsyncConnection, tenant: str, address: str, tickets: Sequence[UUID]) -> None:
    named = func.lower(cast(events.c.payload, Text)).contains(f'"{address}"', autoescape=True)
    told = select(events.c.id).where(events.c.tenant == tenant, or_(among(events.c.ticket, tickets), named))
    await db.execute(delete(trial_results).where(trial_results.c.event.in_(told)))
    await db.execute(delete(verdicts).where(verdicts.c.event.in_(told)))
    await db.execute(delete(effects).where(effects.c.event.in_(told)))
    await db.execute(delete(notices).where(notices.c.tenant == tenant, among(notices.c.ticket, tickets)))
    await db.execute(delete(events).where(events.c.id.in_(told)))
