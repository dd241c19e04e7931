"""Departments, and who is in them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from services.desk.queries.reading import Reading
from shared.storage.config import departments, memberships, users


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


async def members_of(reading: Reading) -> dict[UUID, list[UUID]]:
    """Return the users who are in each department."""
    c = memberships.c
    found = await reading.db.execute(
        select(c.department, c.user)
        .join(users, users.c.id == c.user)
        .where(reading.own(memberships), reading.own(users), users.c.archived_at.is_(None))
        .order_by(users.c.address)
    )
    members: dict[UUID, list[UUID]] = {}
    for row in found:
        members.setdefault(row.department, []).append(row.user)
    return members
