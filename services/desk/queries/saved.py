"""Saved replies: everybody's, those of departments, and one's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, and_, delete, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.queries.reading import Reading
from shared.contracts.mail import MailFile
from shared.storage.config import departments
from shared.storage.desk import saved_replies


@dataclass(frozen=True)
class Saved:
    id: UUID
    name: str
    text: str
    html: str
    user: UUID | None
    department: UUID | None
    department_name: str | None
    files: tuple[MailFile, ...] = ()

    @property
    def scope(self) -> str:
        return "personal" if self.user else "department" if self.department else "shared"


async def saved_for(reading: Reading, user: UUID) -> list[Saved]:
    """Return those that a person may use somewhere, by name."""
    return await _found(reading, user)


async def saved_on(reading: Reading, user: UUID, department: UUID | None, asked: str = "") -> list[Saved]:
    """Return those for a ticket of that department whose name has what is asked for."""
    s = saved_replies.c
    fits = or_(s.department.is_(None), s.department == department)
    return await _found(reading, user, fits, s.name.icontains(asked.strip(), autoescape=True))


async def saved_named(reading: Reading, user: UUID, reply: UUID) -> Saved | None:
    return next(iter(await _found(reading, user, saved_replies.c.id == reply)), None)


async def keep_saved(
    db: AsyncConnection, tenant: str, reply: UUID, values: Mapping[str, JsonValue | UUID], at: datetime
) -> None:
    """Add one, or change it."""
    row = dict(values) | {"changed_at": at}
    added = insert(saved_replies).values(id=reply, tenant=tenant, **row)
    mine = saved_replies.c.tenant == tenant
    await db.execute(added.on_conflict_do_update(index_elements=["id"], set_=row, where=mine))


async def remove_saved(db: AsyncConnection, tenant: str, reply: UUID) -> None:
    s = saved_replies.c
    await db.execute(delete(saved_replies).where(s.tenant == tenant, s.id == reply))


async def _found(reading: Reading, user: UUID, *more: ColumnElement[bool]) -> list[Saved]:
    """Those of hidden departments and of other people are not told."""
    s, d = saved_replies.c, departments.c
    names = (s.id, s.name, s.text, s.html, s.user, s.department, d.name.label("department_name"), s.files)
    of = and_(d.id == s.department, reading.own(departments))
    theirs = or_(s.user.is_(None), s.user == user)
    seen = or_(s.department.is_(None), s.department.not_in(reading.hidden))
    found = await reading.db.execute(
        select(*names)
        .select_from(saved_replies.outerjoin(departments, of))
        .where(reading.own(saved_replies), theirs, seen, *more)
        .order_by(s.name, s.id)
        .limit(200)
    )
    return [Saved(*row[:-1], tuple(MailFile.model_validate(one) for one in row[-1])) for row in found]
