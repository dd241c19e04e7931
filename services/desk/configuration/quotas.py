"""Quotas of a tenant: set by whoever runs the installation, kept by whatever adds a user or a mailbox."""

from sqlalchemy import Table, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Permanent
from shared.storage.config import mailboxes, tenants, users

COUNTED: dict[str, Table] = {"mailboxes": mailboxes, "users": users}


async def set_quota(db: AsyncConnection, tenant: str, changes: dict[str, int | None]) -> None:
    """Change those that are named, by the column's name without `max_`; None is no limit."""
    if changes:
        values = {f"max_{name}": limit for name, limit in changes.items()}
        await db.execute(update(tenants).where(tenants.c.id == tenant).values(values))


async def require_room(db: AsyncConnection, tenant: str, what: str) -> None:
    """Check before one more mailbox or user; of two at once, the second waits for the first.

    Raises:
        Permanent: there are as many as the tenant may have. Archived ones do not count.
    """
    limits = select(tenants.c[f"max_{what}"]).where(tenants.c.id == tenant).with_for_update()
    most: int | None = (await db.execute(limits)).scalar_one_or_none()
    if most is None:
        return
    c = COUNTED[what].c
    living = select(func.count()).where(c.tenant == tenant, c.archived_at.is_(None))
    if (await db.execute(living)).scalar_one() >= most:
        raise Permanent(
            f"{tenant} may have {most} {what} and has them; archive one, or ask whoever runs "
            "this installation for more (postroom tenant quota)",
            code="quota",
        )
