"""Suspend, resume and erase a tenant. While it is suspended, nothing is fetched, sent or swept for it, and
nobody signs in."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import tenants


async def set_suspended(db: AsyncConnection, tenant: str, *, suspended: bool) -> bool:
    """Suspend or resume a tenant; False when it was so before."""
    living = (tenants.c.id == tenant, tenants.c.erased_at.is_(None))
    changed = update(tenants).where(*living, tenants.c.suspended.is_not(suspended))
    done = await db.execute(changed.values(suspended=suspended).returning(tenants.c.id))
    return done.first() is not None


async def mark_erased(db: AsyncConnection, tenant: str, *, at: datetime) -> None:
    """From here on nothing comes into a tenant any more. Its row stays, so that nobody gets its name."""
    first = (tenants.c.id == tenant, tenants.c.erased_at.is_(None))
    await db.execute(update(tenants).where(*first).values(suspended=True, name="", erased_at=at))
