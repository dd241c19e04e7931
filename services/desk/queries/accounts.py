"""Users as their administrators see them: rows, history, tokens, and the audit log."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import and_, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from services.desk.queries.reading import Reading
from shared.storage.config import departments, memberships, option_history, tokens, users
from shared.storage.desk import audit

MOST = 1_000


@dataclass(frozen=True)
class UserRow:
    id: UUID
    address: str
    name: str
    role: str
    may_send_as: bool
    created_at: datetime
    archived_at: datetime | None

    @property
    def called(self) -> str:
        return self.name or self.address


@dataclass(frozen=True)
class UserChange:
    field: str
    """added, address, name, role, may_send_as, password, archived, or member: of a department."""
    old: JsonValue
    new: JsonValue
    department: str | None
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True)
class TokenRow:
    id: UUID
    name: str
    scope: str
    created_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True)
class AuditRow:
    id: int
    at: datetime
    act: str
    user: UUID | None
    user_name: str | None
    done_by: str
    client: str
    facts: dict[str, Any]  # Any: texts, by what was kept


async def user_rows(reading: Reading, user: UUID | None = None) -> list[UserRow]:
    """Return the users, archived ones last; or the one that is named."""
    c = users.c
    query = (
        select(*(c[name] for name in UserRow.__dataclass_fields__))
        .where(reading.own(users))
        .order_by(c.archived_at.is_not(None), c.name, c.address)
        .limit(MOST)
    )
    query = query.where(c.id == user) if user else query
    return [UserRow(**row) for row in (await reading.db.execute(query)).mappings()]


async def departments_of_users(reading: Reading) -> dict[UUID, list[tuple[UUID, str]]]:
    """Return the ids and names of the departments that each user is in."""
    found = await reading.db.execute(
        select(memberships.c.user, departments.c.id, departments.c.name)
        .join(departments, departments.c.id == memberships.c.department)
        .where(reading.own(memberships), reading.own(departments))
        .order_by(departments.c.name)
    )
    rooms: dict[UUID, list[tuple[UUID, str]]] = {}
    for row in found:
        rooms.setdefault(row.user, []).append((row.id, row.name))
    return rooms


async def user_changes(reading: Reading, user: UUID, limit: int = 100) -> list[UserChange]:
    """Return the newest changes first: of the user, and of the departments they are in."""
    c = option_history.c
    them = literal(str(user), JSONB)
    of_user = c.name.startswith(f"user.{user}.")
    found = await reading.db.execute(
        select(c.name, c.old, c.new, departments.c.name.label("department"), c.changed_at, c.changed_by)
        .outerjoin_from(option_history, departments, departments.c.id == c.department)
        .where(
            reading.own(option_history),
            or_(of_user, and_(c.name == "department.member", or_(c.old == them, c.new == them))),
        )
        .order_by(c.id.desc())
        .limit(limit)
    )
    return [
        UserChange(
            row.name.rpartition(".")[2], row.old, row.new, row.department, row.changed_at, row.changed_by
        )
        for row in found
    ]


async def tokens_of(reading: Reading, user: UUID) -> list[TokenRow]:
    """Return a user's tokens, the newest first, those that count no more last."""
    c = tokens.c
    found = await reading.db.execute(
        select(*(c[name] for name in TokenRow.__dataclass_fields__))
        .where(reading.own(tokens), c.user == user)
        .order_by(c.revoked_at.is_not(None), c.created_at.desc(), c.id)
        .limit(MOST)
    )
    return [TokenRow(**row) for row in found.mappings()]


async def has_password(reading: Reading, user: UUID) -> bool:
    """Whether they sign in by password; else a provider vouches for them."""
    mine = (reading.own(users), users.c.id == user, users.c.password_hash.is_not(None))
    return (await reading.db.execute(select(users.c.id).where(*mine))).first() is not None


async def audit_page(
    reading: Reading,
    *,
    acts: Collection[str] = (),
    user: UUID | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[AuditRow]:
    """Return what was done to accounts, the newest first; `before`: the id after which the page begins."""
    c = audit.c
    plain = (name for name in AuditRow.__dataclass_fields__ if name != "user_name")
    query = (
        select(*(c[name] for name in plain), users.c.address.label("user_name"))
        .outerjoin_from(audit, users, and_(users.c.id == c.user, users.c.tenant == c.tenant))
        .where(reading.own(audit))
        .order_by(c.id.desc())
        .limit(limit)
    )
    query = query.where(c.act.in_(acts)) if acts else query
    query = query.where(c.user == user) if user else query
    query = query.where(c.id < before) if before is not None else query
    return [AuditRow(**row) for row in (await reading.db.execute(query)).mappings()]
