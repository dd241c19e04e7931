"""People around a ticket; users; own addresses; what to choose from."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket
from shared.storage.config import departments, mailboxes, users
from shared.storage.merging import leads_to
from shared.storage.tickets import participants, tickets


@dataclass(frozen=True)
class Choice:
    """An entry of a list to choose from."""

    id: UUID
    name: str


@dataclass(frozen=True)
class Participant:
    address: str
    name: str
    role: str


@dataclass(frozen=True)
class OtherTicket:
    number: int
    subject: str
    status: str


@dataclass(frozen=True)
class User:
    id: UUID
    tenant: str
    address: str
    name: str
    role: str
    may_send_as: bool

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


async def user_named(reading: Reading, user: UUID) -> User | None:
    found = await reading.db.execute(
        select(*(users.c[name] for name in User.__dataclass_fields__)).where(
            reading.own(users), users.c.id == user, users.c.archived_at.is_(None)
        )
    )
    row = found.mappings().first()
    return User(**row) if row else None


async def participants_of(reading: Reading, ticket: UUID) -> list[Participant]:
    """Return who takes part, also in what was merged into the ticket."""
    found = await reading.db.execute(
        select(participants.c.address, participants.c.name, participants.c.role)
        .where(reading.own(participants), participants.c.ticket.in_(leads_to(reading.tenant, ticket)))
        .order_by(participants.c.role.desc(), participants.c.address)
        .limit(100)
    )
    everybody = {row["address"]: Participant(**row) for row in found.mappings()}
    return list(everybody.values())


async def other_tickets(reading: Reading, ticket: FullTicket, limit: int = 5) -> list[OtherTicket]:
    """Return the last tickets of the same contact."""
    if ticket.contact is None:
        return []
    return await tickets_of_contact(reading, ticket.contact, limit, but=ticket.id)


async def tickets_of_contact(
    reading: Reading, contact: UUID, limit: int, but: UUID | None = None
) -> list[OtherTicket]:
    """Return the last tickets of a contact; `but`: one that is shown already."""
    found = await reading.db.execute(
        select(tickets.c.number, tickets.c.subject, tickets.c.status)
        .where(reading.own(tickets), tickets.c.contact == contact, tickets.c.id.is_distinct_from(but))
        .order_by(tickets.c.changed_at.desc())
        .limit(limit)
    )
    return [OtherTicket(**row) for row in found.mappings()]


async def own_addresses(reading: Reading) -> frozenset[str]:
    """Return the addresses of the tenant's mailboxes: mail to them would come back."""
    found = await reading.db.execute(select(mailboxes.c.address).where(reading.own(mailboxes)))
    return frozenset(row.address.lower() for row in found)


async def agents(reading: Reading) -> list[Choice]:
    found = await reading.db.execute(
        select(users.c.id, users.c.name, users.c.address)
        .where(reading.own(users), users.c.archived_at.is_(None))
        .order_by(users.c.name, users.c.address)
    )
    return [Choice(row.id, row.name or row.address) for row in found]


async def mailbox_choices(reading: Reading) -> list[Choice]:
    found = await reading.db.execute(
        select(mailboxes.c.id, mailboxes.c.address)
        .where(reading.own(mailboxes), mailboxes.c.archived_at.is_(None))
        .order_by(mailboxes.c.address)
    )
    return [Choice(row.id, row.address) for row in found]


async def department_choices(reading: Reading) -> list[Choice]:
    found = await reading.db.execute(
        select(departments.c.id, departments.c.name)
        .where(reading.own(departments), departments.c.archived_at.is_(None))
        .order_by(departments.c.name)
    )
    return [Choice(row.id, row.name) for row in found]


async def names_by_id(reading: Reading) -> dict[str, str]:
    """Name users and departments, for the history."""
    people = await reading.db.execute(
        select(users.c.id, users.c.name, users.c.address).where(reading.own(users))
    )
    names = {str(row.id): row.name or row.address for row in people}
    parts = await reading.db.execute(
        select(departments.c.id, departments.c.name).where(reading.own(departments))
    )
    return names | {str(row.id): row.name for row in parts}
