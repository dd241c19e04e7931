"""Tokens by which programs act for a user: made, shown once, revoked; the audit log says by whom."""

from uuid import UUID, uuid4

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.auditing import Act, record
from services.desk.configuration.remembering import Made
from services.desk.queries.people import Scope
from services.desk.signin.auth import digest_of, new_token
from shared.storage.config import tokens


async def add_token(  # noqa: PLR0917 - as its row has them
    db: AsyncConnection, tenant: str, user: UUID, name: str, scope: Scope, made: Made
) -> str:
    """Make an API token and return its value, which is never shown again."""
    value, row = new_token(tenant), {"tenant": tenant, "user": user, "name": name, "scope": scope}
    await db.execute(insert(tokens).values(id=uuid4(), digest=digest_of(value), created_at=made.at, **row))
    await record(db, tenant, Act.TOKEN_MADE, made, user, token=name, scope=scope)
    return value


async def revoke_token(
    db: AsyncConnection, tenant: str, token: UUID, made: Made, of: UUID | None = None
) -> bool:
    """Revoke a token, of this user when one is named; False when there is none that counts."""
    c = tokens.c
    mine = (c.tenant == tenant, c.id == token, c.revoked_at.is_(None), c.user == (of or c.user))
    done = await db.execute(update(tokens).where(*mine).values(revoked_at=made.at).returning(c.user, c.name))
    row = done.first()
    if row is None:
        return False
    await record(db, tenant, Act.TOKEN_REVOKED, made, row.user, token=row.name)
    return True
