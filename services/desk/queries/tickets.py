"""The list of tickets, and one ticket."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Select, and_, func, literal, literal_column, or_, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from services.desk.queries.reading import Reading
from shared.storage.config import departments, mailboxes, users
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import contacts, held, organizations, participants, posts, tickets

View = Literal["mine", "new", "unassigned", "waiting", "open", "all"]
Sort = Literal["activity", "waiting"]
PAGE = 50
ENDED = ("closed", "merged")
NOTHING_WAITS: ColumnElement[datetime] = literal_column("timestamptz '9999-01-01 00:00:00+00'")
LARGEST_NUMBER = 2**31 - 1


@dataclass(frozen=True)
class Filters:
    view: View = "open"
    status: str = ""
    mailbox: UUID | None = None
    assignee: UUID | None = None
    q: str = ""
    sort: Sort = "activity"


@dataclass(frozen=True)
class TicketRow:
    """One line of the list."""

    id: UUID
    number: int
    subject: str
    status: str
    priority: str
    contact_name: str | None
    contact_address: str | None
    preview: str | None
    has_files: bool
    is_held: bool
    is_forwarded: bool
    has_failed: bool
    mailbox_address: str | None
    assignee: UUID | None
    assignee_name: str | None
    assignee_address: str | None
    waiting_since: datetime | None
    changed_at: datetime
    key: datetime


@dataclass(frozen=True)
class TicketPage:
    rows: list[TicketRow]
    more: str | None
    """Where the next page begins; None at the end."""


@dataclass(frozen=True)
class FullTicket:
    """One ticket with the names of what it points to."""

    id: UUID
    number: int
    version: int
    subject: str
    status: str
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
    organization: UUID | None
    organization_name: str | None
    mailbox: UUID | None
    mailbox_address: str | None
    receiving_address: str
    tags: list[str]
    follows: UUID | None
    follows_number: int | None
    created_at: datetime
    changed_at: datetime
    waiting_since: datetime | None


async def ticket_page(
    reading: Reading, filters: Filters, user: UUID, after: str | None = None, limit: int = PAGE
) -> TicketPage:
    """Return one page of a view; `after` is the `more` of the page before."""
    key, descending = _order(filters.sort)
    query = _rows(reading, key).where(*_conditions(filters, user))
    cursor = _cursor(after)
    if cursor is not None:
        place = tuple_(key, tickets.c.id)
        here = tuple_(literal(cursor[0]), literal(cursor[1]))
        query = query.where(place < here if descending else place > here)
    directed = (key.desc(), tickets.c.id.desc()) if descending else (key, tickets.c.id)
    found = await reading.db.execute(query.order_by(*directed).limit(limit + 1))
    rows = [TicketRow(**row) for row in found.mappings()]
    more = _token(rows[limit - 1]) if len(rows) > limit else None
    return TicketPage(rows[:limit], more)


async def count_of(reading: Reading, filters: Filters, user: UUID, at_most: int = 10_000) -> int:
    """Count what a filter finds, up to one more than `at_most`."""
    query = (
        select(literal(1))
        .select_from(tickets.outerjoin(contacts, contacts.c.id == tickets.c.contact))
        .where(reading.own(tickets), *_conditions(filters, user))
        .limit(at_most + 1)
    )
    return int((await reading.db.execute(select(func.count()).select_from(query.subquery()))).scalar_one())


async def full_ticket(reading: Reading, number: int) -> FullTicket | None:
    before = tickets.alias("before")
    joined = (
        tickets.outerjoin(departments, departments.c.id == tickets.c.department)
        .outerjoin(users, users.c.id == tickets.c.assignee)
        .outerjoin(contacts, contacts.c.id == tickets.c.contact)
        .outerjoin(organizations, organizations.c.id == tickets.c.organization)
        .outerjoin(mailboxes, mailboxes.c.id == tickets.c.mailbox)
        .outerjoin(before, before.c.id == tickets.c.follows)
    )
    query = (
        select(
            *(tickets.c[name] for name in FullTicket.__dataclass_fields__ if name in tickets.c),
            departments.c.key.label("department_key"),
            departments.c.name.label("department_name"),
            users.c.name.label("assignee_name"),
            users.c.address.label("assignee_address"),
            contacts.c.name.label("contact_name"),
            contacts.c.address.label("contact_address"),
            organizations.c.name.label("organization_name"),
            mailboxes.c.address.label("mailbox_address"),
            before.c.number.label("follows_number"),
        )
        .select_from(joined)
        .where(reading.own(tickets), tickets.c.number == number)
    )
    row = (await reading.db.execute(query)).mappings().first()
    return FullTicket(**row) if row else None


async def version_of(reading: Reading, ticket: UUID) -> int | None:
    found = await reading.db.execute(
        select(tickets.c.version).where(reading.own(tickets), tickets.c.id == ticket)
    )
    return found.scalar_one_or_none()


async def number_by_id(reading: Reading, ticket: UUID) -> int | None:
    found = await reading.db.execute(
        select(tickets.c.number).where(reading.own(tickets), tickets.c.id == ticket)
    )
    return found.scalar_one_or_none()


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


def _rows(reading: Reading, key: ColumnElement[datetime]) -> Select[tuple[object, ...]]:
    of_ticket = and_(posts.c.ticket == tickets.c.id, posts.c.tenant == tickets.c.tenant)
    preview = (
        select(posts.c.preview)
        .where(of_ticket, posts.c.kind != "system", posts.c.preview != "")
        .order_by(posts.c.shown_at.desc(), posts.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    failed = and_(outgoing.c.ticket == tickets.c.id, outgoing.c.state.in_(("failed", "bounced", "held")))
    return (
        select(
            *(tickets.c[name] for name in ("id", "number", "subject", "status", "priority", "assignee")),
            tickets.c.waiting_since,
            tickets.c.changed_at,
            contacts.c.name.label("contact_name"),
            contacts.c.address.label("contact_address"),
            preview.label("preview"),
            select(posts.c.id).where(of_ticket, posts.c.has_files).exists().label("has_files"),
            select(held.c.id)
            .where(held.c.ticket == tickets.c.id, held.c.state == "open")
            .exists()
            .label("is_held"),
            select(participants.c.ticket)
            .where(participants.c.ticket == tickets.c.id, participants.c.role == "forwarder")
            .exists()
            .label("is_forwarded"),
            select(outgoing.c.id).where(failed).exists().label("has_failed"),
            mailboxes.c.address.label("mailbox_address"),
            users.c.name.label("assignee_name"),
            users.c.address.label("assignee_address"),
            key.label("key"),
        )
        .select_from(
            tickets.outerjoin(contacts, contacts.c.id == tickets.c.contact)
            .outerjoin(mailboxes, mailboxes.c.id == tickets.c.mailbox)
            .outerjoin(users, users.c.id == tickets.c.assignee)
        )
        .where(reading.own(tickets))
    )


def _conditions(filters: Filters, user: UUID) -> list[ColumnElement[bool]]:
    conditions = view_conditions(filters.view, user)
    if filters.status:
        conditions.append(tickets.c.status == filters.status)
    if filters.mailbox:
        conditions.append(tickets.c.mailbox == filters.mailbox)
    if filters.assignee:
        conditions.append(tickets.c.assignee == filters.assignee)
    if words := filters.q.strip():
        conditions.append(_matches(words))
    return conditions


def view_conditions(view: View, user: UUID) -> list[ColumnElement[bool]]:
    """Say which tickets are in a view."""
    unended = tickets.c.status.not_in(ENDED)
    match view:
        case "mine":
            return [unended, tickets.c.assignee == user]
        case "new":
            return [tickets.c.status == "new"]
        case "unassigned":
            return [unended, tickets.c.assignee.is_(None)]
        case "waiting":
            return [tickets.c.status == "pending"]
        case "open":
            return [unended]
        case "all":
            return []


def _matches(words: str) -> ColumnElement[bool]:
    pattern = "%" + words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    found: list[ColumnElement[bool]] = [
        tickets.c.subject.ilike(pattern, escape="\\"),
        contacts.c.name.ilike(pattern, escape="\\"),
        contacts.c.address.ilike(pattern, escape="\\"),
    ]
    number = words.removeprefix("#")
    if number.isascii() and number.isdigit() and int(number) <= LARGEST_NUMBER:
        found.append(tickets.c.number == int(number))
    return or_(*found)


def _order(sort: Sort) -> tuple[ColumnElement[datetime], bool]:
    """Return the sort key and whether it descends: the newest first, or the longest wait first."""
    if sort == "waiting":
        return func.coalesce(tickets.c.waiting_since, NOTHING_WAITS), False
    return tickets.c.changed_at.expression, True


def _token(row: TicketRow) -> str:
    return base64.urlsafe_b64encode(f"{row.key.isoformat()} {row.id}".encode()).decode().rstrip("=")


def _cursor(token: str | None) -> tuple[datetime, UUID] | None:
    """Read where a page begins; a token that is not ours begins at the start."""
    if not token:
        return None
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        moment, _, ticket = text.partition(" ")
        at = datetime.fromisoformat(moment)
        return (at, UUID(ticket)) if at.tzinfo else None
    except (ValueError, binascii.Error):
        return None
