"""Departments, and who is in them."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import or_, select

from services.desk.configuration.departments import HISTORY
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.settings import MOST_CHANGES, option_changes
from shared.storage.config import departments, mailboxes, memberships, users
from shared.storage.seeing import hidden_departments


@dataclass(frozen=True)
class DepartmentRow:
    id: UUID
    key: str
    """By which settings, triggers and programs name it; it never changes."""
    name: str
    archived_at: datetime | None


async def department_rows(reading: Reading) -> list[DepartmentRow]:
    """Return the departments, the archived ones last."""
    c = departments.c
    found = await reading.db.execute(
        select(*(c[name] for name in DepartmentRow.__dataclass_fields__))
        .where(reading.own(departments))
        .order_by(c.archived_at.is_not(None), c.name, c.key)
    )
    return [DepartmentRow(**row) for row in found.mappings()]


async def all_but(reading: Reading, hidden: tuple[UUID, ...]) -> tuple[UUID, ...]:
    """Return the other departments, archived ones too; with none hidden, nobody needs to know."""
    if not hidden:
        return ()
    c = departments.c
    found = await reading.db.execute(select(c.id).where(reading.own(departments), c.id.not_in(hidden)))
    return tuple(row.id for row in found)


async def hidden_from(reading: Reading, user: UUID) -> tuple[UUID, ...]:
    """Return the departments that have members, of whom the user is none."""
    found = await reading.db.execute(hidden_departments(reading.tenant, user))
    return tuple(row.department for row in found)


async def as_seen_by(everything: Reading, user: User) -> Reading:
    """Return a reading that sees what a person may see."""
    hidden = () if user.sees_everything else await hidden_from(everything, user.id)
    visible = await all_but(everything, hidden)
    return replace(everything, person=user.id, hidden=hidden, visible=visible)


@dataclass(frozen=True)
class DepartmentChange:
    id: int
    department: str
    """Its key."""
    field: str
    """name, archived or member."""
    old: JsonValue
    new: JsonValue
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True)
class Person:
    """Somebody who is, or may be, a member."""

    id: UUID
    name: str
    address: str
    archived_at: datetime | None


async def members_of(reading: Reading) -> dict[UUID, list[UUID]]:
    """Return the users who are in each department, also those who left."""
    c = memberships.c
    found = await reading.db.execute(
        select(c.department, c.user)
        .join(users, users.c.id == c.user)
        .where(reading.own(memberships), reading.own(users))
        .order_by(users.c.address)
    )
    members: dict[UUID, list[UUID]] = {}
    for row in found:
        members.setdefault(row.department, []).append(row.user)
    return members


async def people_for(reading: Reading, department: UUID) -> list[Person]:
    """Return everybody who may be in a department: the users there are, and those who left while in it."""
    c = users.c
    left = select(memberships.c.user).where(reading.own(memberships), memberships.c.department == department)
    found = await reading.db.execute(
        select(*(c[name] for name in Person.__dataclass_fields__))
        .where(reading.own(users), or_(c.archived_at.is_(None), c.id.in_(left)))
        .order_by(c.name, c.address)
    )
    return [Person(**row) for row in found.mappings()]


async def mailboxes_of(reading: Reading) -> dict[UUID, list[tuple[UUID, str]]]:
    """Return the ids and addresses of the mailboxes of each department."""
    c = mailboxes.c
    found = await reading.db.execute(
        select(c.department, c.id, c.address)
        .where(reading.own(mailboxes), c.archived_at.is_(None), c.department.is_not(None))
        .order_by(c.address)
    )
    boxes: dict[UUID, list[tuple[UUID, str]]] = {}
    for row in found:
        boxes.setdefault(row.department, []).append((row.id, row.address))
    return boxes


async def department_changes(
    reading: Reading,
    department: UUID | None = None,
    limit: int = MOST_CHANGES,
    before: int | None = None,
) -> list[DepartmentChange]:
    """Return the newest changes first: of one department, or of all."""
    found = await option_changes(reading, kind=HISTORY, department=department, limit=limit, before=before)
    return [
        DepartmentChange(
            id=each.id,
            department=each.department or "",
            field=each.name.removeprefix(f"{HISTORY}."),
            old=each.old,
            new=each.new,
            changed_at=each.changed_at,
            changed_by=each.changed_by,
        )
        for each in found
    ]
