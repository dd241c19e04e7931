"""Which departments, mailboxes, users and organizations a search names."""

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import ColumnElement, Table, func, or_, select

from services.desk.languages import gettext, later
from services.desk.queries.reading import Reading
from shared.contracts.statuses import BUILT_IN, MERGED
from shared.storage.config import departments, mailboxes, statuses, users
from shared.storage.tickets import organizations

MOST_NAMES = 200


async def named(reading: Reading, kind: str, value: str, problems: list[str]) -> list[UUID]:
    """Return what of this kind is called so, by key, name or address."""
    query = (
        select(NAMED[kind].c.id).where(reading.own(NAMED[kind]), _is_called(kind, value)).limit(MOST_NAMES)
    )
    found = [row.id for row in await reading.db.execute(query)]
    if not found:
        problems.append(gettext(NOBODY_IS[kind], value=value))
    return found


async def statuses_named(reading: Reading, value: str, problems: list[str]) -> list[str]:
    """Return the keys of the statuses that are called so, by key or name."""
    called = or_(statuses.c.key == value, func.lower(statuses.c.name) == value)
    own = await reading.db.execute(select(statuses.c.key).where(reading.own(statuses), called))
    found = list(own.scalars())
    if not found and value in {*BUILT_IN, MERGED}:
        return [value]
    if not found:
        problems.append(gettext("There is no status “%(value)s”.", value=value))
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


NOBODY_IS: Mapping[str, str] = {
    "department": later("There is no department “%(value)s”."),
    "mailbox": later("There is no mailbox “%(value)s”."),
    "assignee": later("There is no assignee “%(value)s”."),
    "organization": later("There is no organization “%(value)s”."),
}
NAMED: Mapping[str, Table] = {
    "department": departments,
    "mailbox": mailboxes,
    "assignee": users,
    "organization": organizations,
}
