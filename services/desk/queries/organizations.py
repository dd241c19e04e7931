"""Organizations with their domains, contacts with their tickets, and what a domain would move."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, tuple_

from services.desk.queries.reading import Reading
from shared.domains import as_kept
from shared.storage.people import regroupings
from shared.storage.regrouping import contacts_to_move, owners_of, tickets_to_move, under
from shared.storage.tickets import contacts, organization_domains, organizations, tickets

FIRST_SHOWN = 10
"""Tickets that a preview names."""

MOST_COUNTED = 10_000
"""A preview counts no further: more than that is many."""

LAST = "\U0010ffff"


@dataclass(frozen=True)
class Organization:
    id: UUID
    name: str
    resource: str | None
    """Which outside resource tells of it; its name is changed there."""
    reference: str | None
    created_at: datetime
    domains: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Contact:
    id: UUID
    address: str
    name: str
    organization: UUID | None
    organization_name: str | None
    language: str | None
    chosen: list[str]
    resource: str | None
    reference: str | None
    created_at: datetime


@dataclass(frozen=True)
class Moving:
    """A ticket that a domain would move."""

    number: int
    subject: str
    contact_address: str
    was: str | None
    becomes: str | None


@dataclass(frozen=True)
class Regrouping:
    """How applying a domain stands, or stood."""

    tickets: int
    contacts: int
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True)
class Preview:
    """What applying a domain would move now."""

    domain: str
    organization: UUID | None
    contacts: int
    tickets: int
    first: list[Moving]
    last: Regrouping | None


async def organizations_page(reading: Reading, q: str, after: UUID | None, limit: int) -> list[Organization]:
    """Return organizations by name; `q`: the beginning of a name, or a domain."""
    found = select(organizations).where(reading.own(organizations))
    if q:
        named = select(organization_domains.c.organization).where(
            reading.own(organization_domains), organization_domains.c.domain == as_kept(q)
        )
        begins = func.lower(organizations.c.name).startswith(q.lower(), autoescape=True)
        found = found.where(or_(begins, organizations.c.id.in_(named)))
    if after:
        before = await organization_of(reading, after)
        place = (before.name, before.id) if before else ("", after)
        found = found.where(tuple_(organizations.c.name, organizations.c.id) > tuple_(*place))
    rows = await reading.db.execute(found.order_by(organizations.c.name, organizations.c.id).limit(limit))
    names = [name for name in Organization.__dataclass_fields__ if name != "domains"]
    made = [Organization(**{name: row[name] for name in names}) for row in rows.mappings()]
    return await _with_domains(reading, made)


async def organization_of(reading: Reading, organization: UUID) -> Organization | None:
    found = await reading.db.execute(
        select(organizations).where(reading.own(organizations), organizations.c.id == organization)
    )
    names = [name for name in Organization.__dataclass_fields__ if name != "domains"]
    made = [Organization(**{name: row[name] for name in names}) for row in found.mappings()]
    return next(iter(await _with_domains(reading, made)), None)


async def _with_domains(reading: Reading, made: list[Organization]) -> list[Organization]:
    c = organization_domains.c
    rows = await reading.db.execute(
        select(c.organization, c.domain)
        .where(reading.own(organization_domains), c.organization.in_([one.id for one in made]))
        .order_by(c.domain)
    )
    by_id = {one.id: one for one in made}
    for row in rows:
        by_id[row.organization].domains.append(row.domain)
    return made


async def contacts_page(reading: Reading, q: str, after: str, limit: int) -> list[Contact]:
    """Return contacts by address; `q`: how the address or the name begins, or a domain."""
    address, found = contacts.c.address, _contacts(reading)
    if q:
        # operators of an index that knows beginnings, and that the policy of rows lets it serve
        begins = q.strip().lower()
        by_address = and_(address.op("~>=~")(begins), address.op("~<~")(begins + LAST))
        by_name = and_(contacts.c.called >= begins, contacts.c.called < begins + LAST)
        found = found.where(or_(by_address, by_name, under(begins.removeprefix("@"))))
    if after:
        found = found.where(address > after)
    rows = await reading.db.execute(found.order_by(address).limit(limit))
    return [Contact(**row) for row in rows.mappings()]


async def contact_of(reading: Reading, contact: UUID) -> Contact | None:
    row = (await reading.db.execute(_contacts(reading).where(contacts.c.id == contact))).mappings().first()
    return Contact(**row) if row else None


async def preview_of(reading: Reading, domain: str) -> Preview:
    """Return what applying a domain would move, with the first tickets, the latest first."""
    owners = await owners_of(reading.db, reading.tenant, domain)
    moving = tickets_to_move(owners).where(reading.seen())
    names = await _names(reading, [each for _, each in owners.of])
    rows = (await reading.db.execute(moving.order_by(tickets.c.number.desc()).limit(FIRST_SHOWN))).all()
    names |= await _names(reading, [row.organization for row in rows if row.organization])
    first = [
        Moving(
            row.number, row.subject, row.contact_address, names.get(row.organization), names.get(row.target)
        )
        for row in rows
    ]
    owner = next((each for name, each in owners.of if name == domain), None)
    return Preview(
        domain,
        owner,
        contacts=await _counted(reading, contacts_to_move(owners)),
        tickets=await _counted(reading, moving),
        first=first,
        last=await _last(reading, domain),
    )


async def _counted(reading: Reading, some: Select[Any]) -> int:  # Any: whatever is counted
    counted = select(func.count()).select_from(some.limit(MOST_COUNTED).subquery())
    number: int = (await reading.db.execute(counted)).scalar_one()
    return number


async def _last(reading: Reading, domain: str) -> Regrouping | None:
    found = await reading.db.execute(
        select(*(regroupings.c[name] for name in Regrouping.__dataclass_fields__)).where(
            reading.own(regroupings), regroupings.c.domain == domain
        )
    )
    row = found.mappings().first()
    return Regrouping(**row) if row else None


async def _names(reading: Reading, ids: list[UUID]) -> dict[UUID, str]:
    found = await reading.db.execute(
        select(organizations.c.id, organizations.c.name).where(
            reading.own(organizations), organizations.c.id.in_(ids)
        )
    )
    return {row.id: row.name for row in found}


def _contacts(reading: Reading) -> Select[Any]:  # Any: the columns of a Contact
    names = [name for name in Contact.__dataclass_fields__ if name != "organization_name"]
    same = and_(organizations.c.id == contacts.c.organization, reading.own(organizations))
    return (
        select(*(contacts.c[name] for name in names), organizations.c.name.label("organization_name"))
        .select_from(contacts.outerjoin(organizations, same))
        .where(reading.own(contacts))
    )
