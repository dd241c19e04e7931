"""What is set, and who changed it when."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import not_, select

from services.desk.queries.reading import Reading
from shared.storage.config import departments, option_history

MOST_CHANGES = 200


@dataclass(frozen=True)
class OptionChange:
    id: int
    name: str
    department: str | None
    """Its key; None: of the whole tenant."""
    old: JsonValue
    new: JsonValue
    changed_at: datetime
    changed_by: str


async def option_changes(
    reading: Reading,
    *,
    name: str = "",
    kind: str | None = None,
    department: UUID | None = None,
    by: str = "",
    before: int | None = None,
    limit: int = MOST_CHANGES,
) -> list[OptionChange]:
    """Return the newest changes first: of one option, of one kind of what stands beside them
    (`statuses`, `custom_fields`, `department`; "": of options alone), of one department, by one
    person, or all."""
    c = option_history.c
    query = (
        select(c.id, c.name, departments.c.key.label("department"), c.old, c.new, c.changed_at, c.changed_by)
        .outerjoin_from(option_history, departments, departments.c.id == c.department)
        .where(reading.own(option_history))
        .order_by(c.id.desc())
        .limit(limit)
    )
    query = query.where(c.name == name) if name else query
    query = query.where(c.id < before) if before is not None else query
    if kind is not None:
        query = query.where(
            c.name.startswith(f"{kind}.", autoescape=True) if kind else not_(c.name.contains("."))
        )
    query = query.where(c.department == department) if department else query
    query = query.where(c.changed_by == by) if by else query
    return [OptionChange(**row) for row in (await reading.db.execute(query)).mappings()]


async def option_changers(reading: Reading) -> list[str]:
    """Everybody who ever changed a setting."""
    c = option_history.c
    asked = select(c.changed_by).distinct().where(reading.own(option_history)).order_by(c.changed_by)
    return list((await reading.db.execute(asked)).scalars())


async def department_with(reading: Reading, key: str) -> UUID | None:
    """Find a department by its key, also an archived one: its tickets are still there."""
    found = await reading.db.execute(
        select(departments.c.id).where(reading.own(departments), departments.c.key == key)
    )
    department: UUID | None = found.scalar_one_or_none()
    return department
