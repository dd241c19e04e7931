"""Which departments, mailboxes, users and organizations a search names."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, or_, select

from services.desk.queries.reading import Reading
from shared.storage.config import departments, mailboxes, users
from shared.storage.tickets import organizations

MOST_NAMES = 200


async def named(reading: Reading, kind: str, value: str, problems: list[str]) -> list[UUID]:
    """Return what of this kind is called so, by key, name or address."""
    query = (
        select(NAMED[kind].c.id).where(reading.own(NAMED[kind]), _is_called(kind, value)).limit(MOST_NAMES)
    )
    found = [row.id for row in await reading.db.execute(query)]
    if not found:
        problems.append(f"There is no {kind} “{value}”.")
    return found


def _is_called(kind: str, value: str) -> ColumnElement[bool]:
    pattern = value.lower().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    match kind:
        case "department":
            return or_(departments.c.key == value, func.lower(departments.c.name) == value)
        case "mailbox":
            return mailboxes.c.address.like(f"{pattern}%")
        case "assignee":
            return or_(users.c.address.like(f"{pattern}%"), func.lower(users.c.name).like(f"{pattern}%"))
        case _:
            return func.lower(organizations.c.name).like(f"{pattern}%")


NAMED: Mapping[str, Table] = {
    "department": departments,
    "mailbox": mailboxes,
    "assignee": users,
    "organization": organizations,
}
