"""Suspend and resume a tenant: nothing is fetched, sent or swept for it, and nobody signs in."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import tenants


async def set_suspended(db: AsyncConnection, tenant: str, *, suspended: bool) -> bool:
    """Suspend or resume a tenant; False when it was so before."""
    changed = update(tenants).where(tenants.c.id == tenant, tenants.c.suspended.is_not(suspended))
    done = await db.execute(changed.values(suspended=suspended).returning(tenants.c.id))
    return done.first() is not None
