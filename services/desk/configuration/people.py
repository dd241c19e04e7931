"""Rows of tenants and users; what keeps a history of them stands in accounts.py."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.quotas import require_room
from services.desk.signin.passwords import hashed
from shared.storage.config import tenants, users


async def add_tenant(db: AsyncConnection, tenant: str, name: str, *, at: datetime) -> bool:
    """Add a tenant; False when it is there. `db` acts in that tenant."""
    made = await db.execute(
        upsert(tenants)
        .values(id=tenant, name=name, created_at=at)
        .on_conflict_do_nothing()
        .returning(tenants.c.id)
    )
    return made.first() is not None


async def add_user(
    db: AsyncConnection,
    tenant: str,
    address: str,
    name: str,
    password: str | None,
    *,
    role: str = "agent",
    may_send_as: bool = False,
    at: datetime,
) -> UUID:
    """Add a user. Without a password they cannot sign in here, but are employees.

    Raises:
        Permanent: the tenant may have no more.
    """
    await require_room(db, tenant, "users")
    user = uuid4()
    await db.execute(
        insert(users).values(
            id=user,
            tenant=tenant,
            address=address.strip().lower(),
            name=name.strip(),
            password_hash=await hashed(password) if password is not None else None,
            role=role,
            may_send_as=may_send_as,
            created_at=at,
        )
    )
    return user


async def user_at(db: AsyncConnection, tenant: str, address: str) -> UUID | None:
    """Find the user with this address who is not archived."""
    found = await db.execute(
        select(users.c.id).where(
            users.c.tenant == tenant,
            users.c.address == address.strip().lower(),
            users.c.archived_at.is_(None),
        )
    )
    user: UUID | None = found.scalar_one_or_none()
    return user
