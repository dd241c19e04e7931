"""Of what people want to be told; who has chosen nothing is told as usual."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.notices import Choices
from shared.storage.config import notifications


async def choices_of(db: AsyncConnection, tenant: str, user: UUID) -> Choices:
    c = notifications.c
    found = await db.execute(select(c.choices).where(c.tenant == tenant, c.user == user))
    return Choices.model_validate(found.scalar_one_or_none() or {})
