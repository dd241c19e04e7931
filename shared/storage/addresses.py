"""Which addresses are a tenant's own: mail that goes there comes back."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import mailboxes


async def own_addresses(db: AsyncConnection, tenant: str) -> frozenset[str]:
    """Return the addresses of the tenant's mailboxes and their aliases; of archived ones too."""
    c = mailboxes.c
    rows = await db.execute(select(c.address, c.aliases).where(c.tenant == tenant))
    return frozenset(address.lower() for row in rows for address in (row.address, *row.aliases))
