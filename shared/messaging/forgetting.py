"""Messages about one address: those that were given up are removed; those on their way are counted."""

import json
from collections.abc import Sequence
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.lists import among
from shared.storage.messages import deliveries, outbox, parked

WHO = ("sender", "submitter", "contact", "contact_address", "person", "to")
"""Names in a message that say whose it is."""


async def on_their_way(db: AsyncConnection, tenant: str, address: str) -> int:
    """Count what will be handled yet, in the tables; a broker may hold some more."""
    count = 0
    for table in (outbox, deliveries):
        named = func.lower(table.c.body).contains(f'"{address}"', autoescape=True)
        asked = select(func.count()).where(table.c.tenant == tenant, named)
        count += (await db.execute(asked)).scalar_one()
    return count


async def parked_about(db: AsyncConnection, tenant: str, address: str, mails: Sequence[UUID]) -> list[UUID]:
    """Find parked messages of an address, or about its mails. One of another person's mail stays."""
    rows = await db.execute(select(parked.c.id, parked.c.body).where(parked.c.tenant == tenant))
    known = {str(mail) for mail in mails}
    return [row.id for row in rows if _is_about(row.body, address, known)]


async def drop(db: AsyncConnection, which: Sequence[UUID]) -> None:
    await db.execute(delete(parked).where(among(parked.c.id, which)))


def _is_about(body: bytes, address: str, mails: set[str]) -> bool:
    try:
        message = json.loads(body)
    except ValueError:
        return address.encode() in body.lower()
    return isinstance(message, dict) and (message.get("mail") in mails or _names(message, address))


def _names(message: JsonValue, address: str) -> bool:
    """Say whether a message, or what it carries, is of this address."""
    if not isinstance(message, dict):
        return False
    for name, value in message.items():
        people = value if isinstance(value, list) else [value]
        if name in WHO and any(
            isinstance(one, dict) and str(one.get("address", "")).lower() == address for one in people
        ):
            return True
        changes = value if name == "changes" and isinstance(value, list) else []
        if any(isinstance(one, dict) and address in (one.get("old"), one.get("new")) for one in changes):
            return True
        if _names(value, address):
            return True
    return False
