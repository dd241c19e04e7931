"""Whose remote images are shown without asking: a choice of the tenant, kept with who made it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.queries.reading import Reading
from shared.storage.desk import image_senders
from shared.storage.lists import among


async def always_shown(reading: Reading, senders: Collection[str]) -> set[str]:
    """Return those of some senders whose images are shown, with small letters."""
    if not senders:
        return set()
    c = image_senders.c
    wanted = {sender.lower() for sender in senders}
    found = await reading.db.execute(
        select(c.address).where(reading.own(image_senders), among(c.address, wanted))
    )
    return {str(row.address) for row in found}


async def show_always(db: AsyncConnection, tenant: str, address: str, by: UUID, at: datetime) -> None:
    row = {"tenant": tenant, "address": address.lower(), "added_by": by, "added_at": at}
    await db.execute(insert(image_senders).values(row).on_conflict_do_nothing())


async def ask_again(db: AsyncConnection, tenant: str, address: str) -> None:
    c = image_senders.c
    await db.execute(delete(image_senders).where(c.tenant == tenant, c.address == func.lower(address)))
