"""People around a ticket; users; own addresses; what to choose from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select

from services.desk.composing.addressing import Chosen
from services.desk.languages import gettext
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket
from shared.contracts.mail import Address
from shared.storage import addresses
from shared.storage.assignable import may_be_given
from shared.storage.config import ADMINS, READER, departments, mailboxes, users
from shared.storage.lists import among
from shared.storage.participating import people_of
from shared.storage.tickets import participants, tickets

LOOKED_AT = 500
Scope = Literal["read", "write", "admin"]
"""How far a token goes: it reads; works on tickets as an agent does; or does all that its person may do."""


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
    scope: Scope = "admin"
    """Who signs in does all that their role gives; a token may be narrower."""

    @property
    def called(self) -> str:
        return self.name or self.address

    @property
    def sees_everything(self) -> bool:
        return self.role in ADMINS

    @property
    def is_admin(self) -> bool:
        return self.role in ADMINS and self.scope == "admin"

    @property
    def is_operator(self) -> bool:
        return self.role == "operator" and self.scope == "admin"

    @property
    def may_write(self) -> bool:
        return self.role != READER and self.scope != "read"


OF_A_USER = [users.c[name] for name in User.__dataclass_fields__ if name != "scope"]


async def user_named(reading: Reading, user: UUID) -> User | None:
    found = await reading.db.execute(
        select(*OF_A_USER).where(reading.own(users), users.c.id == user, users.c.archived_at.is_(None))
    )
    row = found.mappings().first()
    return User(**row) if row else None


async def people_named(reading: Reading, ids: Sequence[UUID]) -> list[User]:
    """Return those who are here, and not in the archive."""
    if not ids:
        return []
    found = await reading.db.execute(
        select(*OF_A_USER).where(reading.own(users), among(users.c.id, ids), users.c.archived_at.is_(None))
    )
    return [User(**row) for row in found.mappings()]


async def participants_of(reading: Reading, ticket: UUID) -> list[Participant]:
    """Return who takes part, also in what was merged into the ticket; never ourselves."""
    everybody = people_of(reading.tenant, ticket).subquery()
    found = await reading.db.execute(
        select(everybody.c.address, everybody.c.name, everybody.c.role)
        .where(everybody.c.removed_at.is_(None))
        .order_by(everybody.c.role.desc(), everybody.c.address)
        .limit(100)
    )
    own = await own_addresses(reading)
    return [Participant(**row) for row in found.mappings() if row["address"] not in own]


async def chosen_for(reading: Reading, ticket: UUID) -> Chosen:
    """Return whom one of us added to a ticket, and whom one of us removed."""
    everybody = (await reading.db.execute(people_of(reading.tenant, ticket))).all()
    added = [row for row in everybody if row.role == "added" and row.removed_at is None]
    return Chosen(
        tuple(Address(address=row.address, name=row.name) for row in added),
        frozenset(row.address for row in everybody if row.removed_at is not None),
    )


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
        .where(reading.own(tickets), reading.seen(), tickets.c.contact == contact)
        .where(tickets.c.id.is_distinct_from(but))
        .order_by(tickets.c.changed_at.desc())
        .limit(limit)
    )
    return [OtherTicket(**row) for row in found.mappings()]


async def own_addresses(reading: Reading) -> frozenset[str]:
    """Return the addresses of the tenant's mailboxes: mail to them would come back."""
    return await addresses.own_addresses(reading.db, reading.tenant)


async def perhaps_ours(reading: Reading, mailbox: UUID, address: str) -> list[str]:
    """Return addresses of a mailbox's own domain to which mail that came there was written.

    Of its last tickets; those of mailboxes, aliases and users are known already. Often first.
    """
    last = (
        select(tickets.c.id)
        .where(reading.own(tickets), tickets.c.mailbox == mailbox)
        .order_by(tickets.c.changed_at.desc(), tickets.c.id.desc())
        .limit(LOOKED_AT)
        .subquery()
    )
    colleagues = select(users.c.address).where(reading.own(users))
    found = await reading.db.execute(
        select(participants.c.address)
        .join(last, last.c.id == participants.c.ticket)
        .where(
            reading.own(participants),
            participants.c.role == "cc",
            participants.c.address.endswith("@" + address.rpartition("@")[2], autoescape=True),
            participants.c.address.not_in(colleagues),
        )
        .group_by(participants.c.address)
        .order_by(func.count().desc(), participants.c.address)
        .limit(5)
    )
    own = await own_addresses(reading)
    return [row.address for row in found if row.address not in own]


async def agents(reading: Reading) -> list[Choice]:
    """Return who may be given a ticket."""
    return await _choices(reading, may_be_given(reading.tenant))


async def colleagues(reading: Reading) -> list[Choice]:
    """Return everybody who is here: who only reads may have a ticket from before."""
    return await _choices(reading, users.c.archived_at.is_(None))


async def _choices(reading: Reading, who: ColumnElement[bool]) -> list[Choice]:
    found = await reading.db.execute(
        select(users.c.id, users.c.name, users.c.address)
        .where(reading.own(users), who)
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


async def department_choices(reading: Reading, also: UUID | None = None) -> list[Choice]:
    """Return the departments by name; an archived one only where it is chosen already (`also`)."""
    c = departments.c
    found = await reading.db.execute(
        select(c.id, c.name, c.archived_at)
        .where(reading.own(departments), or_(c.archived_at.is_(None), c.id == also))
        .order_by(c.name)
    )
    return [
        Choice(row.id, gettext("%(name)s, in the archive", name=row.name) if row.archived_at else row.name)
        for row in found
    ]


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
