"""Tenants, users and the departments they are in, and tokens for programs."""

from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.auth import digest_of, new_token
from services.desk.configuration.quotas import require_room
from services.desk.passwords import hashed
from shared.storage.config import tenants, tokens, users

Role = Literal["agent", "admin"]


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
    role: Role = "agent",
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


async def set_password(db: AsyncConnection, tenant: str, user: UUID, password: str) -> bool:
    done = await db.execute(
        update(users)
        .where(users.c.tenant == tenant, users.c.id == user)
        .values(password_hash=await hashed(password))
        .returning(users.c.id)
    )
    return done.first() is not None


async def archive_user(db: AsyncConnection, tenant: str, user: UUID, *, at: datetime) -> bool:
    """Archive a user: their sessions and tokens count no more, their name stays on what they wrote."""
    done = await db.execute(
        update(users)
        .where(users.c.tenant == tenant, users.c.id == user, users.c.archived_at.is_(None))
        .values(archived_at=at)
        .returning(users.c.id)
    )
    return done.first() is not None


async def add_token(db: AsyncConnection, tenant: str, user: UUID, name: str, *, at: datetime) -> str:
    """Make an API token and return its value, which is never shown again."""
    value = new_token(tenant)
    await db.execute(
        insert(tokens).values(
            id=uuid4(), tenant=tenant, user=user, name=name, digest=digest_of(value), created_at=at
        )
    )
    return value


async def revoke_token(db: AsyncConnection, tenant: str, token: UUID, *, at: datetime) -> bool:
    done = await db.execute(
        update(tokens)
        .where(tokens.c.tenant == tenant, tokens.c.id == token, tokens.c.revoked_at.is_(None))
        .values(revoked_at=at)
        .returning(tokens.c.id)
    )
    return done.first() is not None
