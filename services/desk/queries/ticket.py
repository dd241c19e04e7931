"""One ticket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import and_, select

from services.desk.languages import gettext
from services.desk.queries.reading import Reading
from services.desk.queries.unseen import UNSEEN
from shared.contracts.mail import Address
from shared.contracts.tickets import Kind, TicketSnapshot
from shared.storage.config import departments, mailboxes, statuses, users
from shared.storage.merging import leads_to
from shared.storage.tickets import contacts, organizations, posts, tickets


@dataclass(frozen=True)
class FullTicket:
    """One ticket with the names of what it points to."""

    id: UUID
    number: int
    version: int
    subject: str
    status: str
    status_name: str | None
    """Of an own one."""
    category: str
    fields: dict[str, JsonValue]
    priority: str
    kind: str
    department: UUID | None
    department_key: str | None
    department_name: str | None
    assignee: UUID | None
    assignee_name: str | None
    assignee_address: str | None
    contact: UUID | None
    contact_name: str | None
    contact_address: str | None
    contact_language: str | None
    organization: UUID | None
    organization_name: str | None
    mailbox: UUID | None
    mailbox_address: str | None
    receiving_address: str
    tags: list[str]
    follows: UUID | None
    follows_number: int | None
    merged_into: UUID | None
    merged_into_number: int | None
    """Of the ticket that shows its posts since; None also where that one is hidden from the reader."""
    created_at: datetime
    changed_at: datetime
    waiting_since: datetime | None

    @property
    def merged_where(self) -> str:
        return f"#{self.merged_into_number}" if self.merged_into_number else gettext(UNSEEN)


async def full_ticket(reading: Reading, number: int) -> FullTicket | None:
    before, into = tickets.alias("before"), tickets.alias("into")
    joined = (
        tickets.outerjoin(departments, departments.c.id == tickets.c.department)
        .outerjoin(users, users.c.id == tickets.c.assignee)
        .outerjoin(contacts, contacts.c.id == tickets.c.contact)
        .outerjoin(organizations, organizations.c.id == tickets.c.organization)
        .outerjoin(mailboxes, mailboxes.c.id == tickets.c.mailbox)
        .outerjoin(statuses, and_(reading.own(statuses), statuses.c.key == tickets.c.status))
        .outerjoin(before, and_(before.c.id == tickets.c.follows, reading.seen(before)))
        .outerjoin(into, and_(into.c.id == tickets.c.merged_into, reading.seen(into)))
    )
    query = (
        select(
            *(tickets.c[name] for name in FullTicket.__dataclass_fields__ if name in tickets.c),
            departments.c.key.label("department_key"),
            departments.c.name.label("department_name"),
            users.c.name.label("assignee_name"),
            users.c.address.label("assignee_address"),
            contacts.c.name.label("contact_name"),
            contacts.c.language.label("contact_language"),
            contacts.c.address.label("contact_address"),
            organizations.c.name.label("organization_name"),
            mailboxes.c.address.label("mailbox_address"),
            statuses.c.name.label("status_name"),
            before.c.number.label("follows_number"),
            into.c.number.label("merged_into_number"),
        )
        .select_from(joined)
        .where(reading.own(tickets), reading.seen(), tickets.c.number == number)
    )
    row = (await reading.db.execute(query)).mappings().first()
    return FullTicket(**row) if row else None


async def version_of(reading: Reading, ticket: UUID) -> int | None:
    found = await reading.db.execute(
        select(tickets.c.version).where(reading.own(tickets), reading.seen(), tickets.c.id == ticket)
    )
    return found.scalar_one_or_none()


async def number_by_id(reading: Reading, ticket: UUID) -> int | None:
    found = await reading.db.execute(
        select(tickets.c.number).where(reading.own(tickets), reading.seen(), tickets.c.id == ticket)
    )
    return found.scalar_one_or_none()


async def ids_of_numbers(reading: Reading, numbers: Sequence[int]) -> dict[int, UUID]:
    """Return the ids of those tickets that are there, by number."""
    found = await reading.db.execute(
        select(tickets.c.number, tickets.c.id).where(
            reading.own(tickets), reading.seen(), tickets.c.number.in_(numbers)
        )
    )
    return {row.number: row.id for row in found}


async def recent_thread(reading: Reading, ticket: UUID, limit: int = 10) -> tuple[str, ...]:
    """Return the Message-IDs of the last mails of a ticket, oldest first."""
    found = await reading.db.execute(
        select(posts.c.message_id)
        .where(
            reading.own(posts),
            posts.c.ticket == ticket,
            posts.c.kind.in_(("mail_in", "mail_out")),
            posts.c.message_id.is_not(None),
        )
        .order_by(posts.c.shown_at.desc(), posts.c.id.desc())
        .limit(limit)
    )
    return tuple(reversed([str(row.message_id) for row in found]))


async def message_id_of(reading: Reading, ticket: UUID, post: UUID) -> str | None:
    """Return the Message-ID of a mail of a ticket."""
    found = await reading.db.execute(
        select(posts.c.message_id).where(reading.own(posts), posts.c.ticket == ticket, posts.c.id == post)
    )
    return found.scalar_one_or_none()


async def merged_numbers(reading: Reading, ticket: UUID) -> list[int]:
    """Return the numbers of the tickets that were merged into this one, and into those."""
    family = leads_to(reading.tenant, ticket)
    found = await reading.db.execute(
        select(tickets.c.number)
        .where(reading.own(tickets), reading.seen(), tickets.c.id.in_(family), tickets.c.id != ticket)
        .order_by(tickets.c.number)
    )
    return [row.number for row in found]


async def snapshot(reading: Reading, ticket: FullTicket) -> TicketSnapshot:
    """The ticket as commands and triggers are told of it."""
    contact = (
        Address(address=ticket.contact_address, name=ticket.contact_name or "")
        if ticket.contact_address
        else None
    )
    return TicketSnapshot(
        id=ticket.id,
        number=ticket.number,
        version=ticket.version,
        subject=ticket.subject,
        status=ticket.status,
        category=ticket.category,
        fields=ticket.fields,
        priority=ticket.priority,
        kind=Kind(ticket.kind),
        department=ticket.department,
        assignee=ticket.assignee,
        tags=tuple(ticket.tags),
        contact=ticket.contact,
        contact_address=contact,
        contact_language=ticket.contact_language or "",
        organization=ticket.organization,
        organization_name=ticket.organization_name or "",
        mailbox=ticket.mailbox,
        receiving_address=ticket.receiving_address,
        thread=await recent_thread(reading, ticket.id),
        created_at=ticket.created_at,
    )
