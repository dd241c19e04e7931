"""People who are known, by how their name or address begins."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.sql.expression import FromClause

from services.desk.queries.people import own_addresses
from services.desk.queries.reading import Reading
from shared.contracts.mail import Address
from shared.storage.config import ADMINS, memberships, users
from shared.storage.tickets import contacts

MOST = 8


async def contacts_like(reading: Reading, begins: str) -> list[Address]:
    """Return contacts and colleagues, those whose address begins so first; never an address of ours."""
    if not (begins := begins.strip().lower()):
        return []
    own = await own_addresses(reading)
    found: dict[str, Address] = {}
    for table in (contacts, users):
        c = table.c
        mine = [reading.own(table), _begins(table, begins), c.address.not_in(own)]
        mine += [users.c.archived_at.is_(None)] if table is users else []
        first = c.address.istartswith(begins, autoescape=True).desc()
        rows = await reading.db.execute(
            select(c.address, c.name).where(*mine).order_by(first, c.name, c.address).limit(MOST)
        )
        found |= {row.address: Address(address=row.address, name=row.name or "") for row in rows}
    return list(found.values())[:MOST]


async def colleagues_on(
    reading: Reading, department: UUID | None, assignee: UUID | None, begins: str
) -> list[Address]:
    """Return colleagues who may see a ticket of that department, as `Reading.seen` would let them."""
    m, u = memberships.c, users.c
    members = exists().where(reading.own(memberships), m.department == department)
    is_one = exists().where(reading.own(memberships), m.department == department, m.user == u.id)
    may = or_(u.role.in_(ADMINS), u.id == assignee, ~members, is_one)
    rows = await reading.db.execute(
        select(u.address, u.name)
        .where(reading.own(users), u.archived_at.is_(None), may, _begins(users, begins.strip().lower()))
        .order_by(u.name, u.address)
        .limit(MOST)
    )
    return [Address(address=row.address, name=row.name or "") for row in rows]


def _begins(table: FromClause, begins: str) -> ColumnElement[bool]:
    c = table.c
    return or_(
        c.address.istartswith(begins, autoescape=True),
        c.name.istartswith(begins, autoescape=True),
        c.name.icontains(f" {begins}", autoescape=True),
    )
