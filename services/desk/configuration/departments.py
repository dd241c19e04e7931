"""Add and change departments, each change kept with who made it.

Their key never changes: settings and the mailboxes of the original name it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import delete, func, insert, select, true, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.called import called
from services.desk.configuration.remembering import Made, remember
from services.desk.languages import gettext
from shared.storage.config import departments, memberships, users

KEY = r"[a-z0-9][a-z0-9_-]{0,62}"
HISTORY = "department"
"""In the history: `department.name`, `department.archived`, `department.member`."""


OTHERS = "default"
"""Stands for all other departments where settings name them."""


class KeyTaken(Exception):
    """There is a department of this key or name, perhaps in the archive; or the key means something else."""


class NoSuchUser(Exception):
    """Somebody who is to be a member is not there."""


@dataclass(frozen=True)
class Wanted:
    """What is to be so; None stays as it is."""

    name: str | None = None
    archived: bool | None = None
    members: Collection[UUID] | None = None
    """Exactly these."""


@dataclass(frozen=True)
class _Change:
    field: str
    old: JsonValue
    new: JsonValue


async def new_department(db: AsyncConnection, tenant: str, key: str, name: str, made: Made) -> UUID:
    """Add a department.

    Raises:
        KeyTaken: there is one.
    """
    if key == OTHERS:
        raise KeyTaken(gettext("The key %(key)s means all other departments in settings.", key=key))
    name = called(name) or key.capitalize()
    await _require_own_name(db, tenant, name)
    done = await db.execute(
        upsert(departments)
        .values(id=uuid4(), tenant=tenant, key=key, name=name)
        .on_conflict_do_nothing(index_elements=["tenant", "key"])
        .returning(departments.c.id)
    )
    department: UUID | None = done.scalar_one_or_none()
    if department is None:
        raise KeyTaken(gettext("There is a department %(key)s already.", key=key))
    await _remember(db, tenant, department, made, [_Change("name", None, name)])
    return department


async def change_department(
    db: AsyncConnection, tenant: str, department: UUID, wanted: Wanted, made: Made
) -> int | None:
    """Do what is wanted, and return how much of it was not so already; None when there is no such department.

    Raises:
        KeyTaken: another one has this name.
        NoSuchUser: one of the members is not there, or has left without being in it.
    """
    c = departments.c
    mine = (c.tenant == tenant, c.id == department)
    row = (await db.execute(select(c.name, c.archived_at).where(*mine).with_for_update())).one_or_none()
    if row is None:
        return None
    changes = []
    name = called(wanted.name or "") or row.name
    if name != row.name:
        await _require_own_name(db, tenant, name, but=department)
        changes.append(_Change("name", row.name, name))
        await db.execute(update(departments).where(*mine).values(name=name))
    if wanted.archived is not None and wanted.archived != (row.archived_at is not None):
        changes.append(_Change("archived", not wanted.archived, wanted.archived))
        at = made.at if wanted.archived else None
        await db.execute(update(departments).where(*mine).values(archived_at=at))
    if wanted.members is not None:
        changes += await _set_members(db, tenant, department, frozenset(wanted.members))
    await _remember(db, tenant, department, made, changes)
    return len(changes)


async def _require_own_name(db: AsyncConnection, tenant: str, name: str, but: UUID | None = None) -> None:
    c = departments.c
    same = (c.tenant == tenant, func.lower(c.name) == func.lower(name), c.id != but if but else true())
    if key := (await db.scalars(select(c.key).where(*same).limit(1))).first():
        raise KeyTaken(gettext("The department %(key)s is called %(name)s already.", key=key, name=name))


async def _set_members(
    db: AsyncConnection, tenant: str, department: UUID, wanted: frozenset[UUID]
) -> list[_Change]:
    of_it = (memberships.c.tenant == tenant, memberships.c.department == department)
    now = frozenset((await db.execute(select(memberships.c.user).where(*of_it))).scalars())
    added, gone = sorted(wanted - now), sorted(now - wanted)
    known = select(users.c.id).where(
        users.c.tenant == tenant, users.c.id.in_(added), users.c.archived_at.is_(None)
    )
    if len((await db.execute(known)).all()) != len(added):
        raise NoSuchUser(gettext("One of the members is no user of this tenant."))
    await db.execute(delete(memberships).where(*of_it, memberships.c.user.in_(gone)))
    if added:
        rows = [{"user": user, "department": department, "tenant": tenant} for user in added]
        await db.execute(insert(memberships).values(rows))
    return [_Change("member", str(user), None) for user in gone] + [
        _Change("member", None, str(user)) for user in added
    ]


async def _remember(
    db: AsyncConnection, tenant: str, department: UUID, made: Made, changes: list[_Change]
) -> None:
    for change in changes:
        name = f"{HISTORY}.{change.field}"
        await remember(db, tenant, made, name, old=change.old, new=change.new, department=department)
