"""The list of tickets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import (
    DateTime,
    Exists,
    Select,
    Subquery,
    and_,
    exists,
    func,
    literal,
    literal_column,
    select,
    tuple_,
)
from sqlalchemy.sql.elements import ColumnElement

from services.desk.queries.expecting import expected_rows
from services.desk.queries.paging import place_of, token_of
from services.desk.queries.reading import Reading
from services.desk.queries.search import FEW, Found, unended
from shared.contracts.statuses import Category
from shared.storage.conditions import WAITING
from shared.storage.config import mailboxes, statuses, users
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import contacts, held, participants, posts, tickets

View = Literal["mine", "new", "unassigned", "waiting", "open", "all"]
Sort = Literal["activity", "waiting"]
PAGE = 50
LOOKED_AT = 2_000
"""As many tickets of a view are asked, when so many match a search that all are not counted."""
LARGEST_NUMBER = 2**31 - 1
WALKED = 10_000
"""As many tickets are asked for one page, when so many match that they are not looked up; the next page
goes on from there."""
EVERYTHING = Found()


@dataclass(frozen=True)
class Filters:
    view: View = "open"
    status: str = ""
    mailbox: UUID | None = None
    assignee: UUID | None = None
    sort: Sort = "activity"


@dataclass(frozen=True)
class TicketRow:
    """One line of the list."""

    id: UUID
    number: int
    subject: str
    status: str
    status_name: str | None
    """Of an own one."""
    category: str
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
    created_at: datetime
    key: datetime


@dataclass(frozen=True)
class TicketPage:
    rows: list[TicketRow]
    more: str | None
    """Where the next page begins; None at the end. Of a long walk, a page may be short and not the last."""


async def ticket_page(
    reading: Reading,
    filters: Filters,
    user: UUID,
    found: Found = EVERYTHING,
    *,
    after: str | None = None,
    limit: int = PAGE,
) -> TicketPage:
    """Return one page of a view, of what a search found in it; `after` is the `more` of the page before."""
    key, descending = _order(filters.sort)
    query = _page(reading, key).where(*_conditions(filters, user), *found.conditions)
    cursor = place_of(after)
    if cursor is not None:
        place = tuple_(key, tickets.c.id)
        here = tuple_(literal(cursor[0]), literal(cursor[1]))
        query = query.where(place < here if descending else place > here)
    is_few = found.is_named or await _sees_few(reading, query)
    ordered = _ordered(query, key, is_few=is_few, descending=descending)
    walk = ordered.limit(WALKED if found.each else limit + 1).subquery("walk")
    c = walk.c
    chosen = select(walk).where(*(asked(walk) for asked in found.each))
    chosen = chosen.order_by(*((c.key.desc(), c.id.desc()) if descending else (c.key, c.id))).limit(limit + 1)
    lines = await reading.db.execute(_rows(reading, chosen.subquery("chosen"), descending=descending))
    rows = [TicketRow(**row) for row in lines.mappings()]
    if len(rows) > limit:
        return TicketPage(rows[:limit], token_of(rows[limit - 1].key, rows[limit - 1].id))
    return TicketPage(rows, await _end_of(reading, walk) if found.each else None)


def _ordered(
    query: Select[Any], key: ColumnElement[datetime], *, is_few: bool, descending: bool
) -> Select[Any]:
    """Order a page. The offset keeps the server from walking the list to meet the few that are on it."""
    place: tuple[ColumnElement[Any], ...] = (key, tickets.c.id)
    if is_few:
        named = query.offset(0).subquery("named")
        query, place = select(named), (named.c.key, named.c.id)
    return query.order_by(*(each.desc() for each in place) if descending else place)


async def _sees_few(reading: Reading, query: Select[Any]) -> bool:
    """Whether somebody from whom departments are hidden sees few tickets of a view."""
    return bool(reading.hidden) and await expected_rows(reading, query) <= FEW


async def _end_of(reading: Reading, walk: Subquery) -> str | None:
    """Name the place where a walk stopped; None when it came to the end of the list."""
    found = await reading.db.execute(select(walk.c.key, walk.c.id).offset(WALKED - 1).limit(1))
    last = found.one_or_none()
    return token_of(last.key, last.id) if last else None


async def count_of(
    reading: Reading, filters: Filters, user: UUID, found: Found = EVERYTHING, at_most: int = 10_000
) -> int | None:
    """Count what a filter finds, up to one more than `at_most`; None when a search finds very many."""
    of_view = select(literal(1)).where(
        reading.own(tickets), reading.seen(), *_conditions(filters, user), *found.conditions
    )
    if found.is_common and await _count(reading, of_view.limit(LOOKED_AT + 1)) > LOOKED_AT:
        return None
    return await _count(reading, of_view.where(*(asked(tickets) for asked in found.each)).limit(at_most + 1))


async def _count(reading: Reading, query: Select[int]) -> int:
    rows = query.subquery()
    return int((await reading.db.execute(select(func.count()).select_from(rows))).scalar_one())


def _page(reading: Reading, key: ColumnElement[datetime]) -> Select[tuple[object, ...]]:
    """Choose the tickets of a page before anything is looked up about them."""
    names = ("id", "number", "subject", "status", "category", "priority", "assignee", "contact", "mailbox")
    return select(
        *(tickets.c[name] for name in (*names, "tags")),
        tickets.c.waiting_since,
        tickets.c.changed_at,
        tickets.c.created_at,
        key.label("key"),
    ).where(reading.own(tickets), reading.seen())


def _rows(reading: Reading, chosen: Subquery, *, descending: bool) -> Select[tuple[object, ...]]:
    c = chosen.c
    of_ticket = and_(reading.own(posts), posts.c.ticket == c.id)
    preview = (
        select(posts.c.preview)
        .where(of_ticket, posts.c.kind != "system", posts.c.preview != "")
        .order_by(posts.c.shown_at.desc(), posts.c.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    failed = and_(outgoing.c.ticket == c.id, outgoing.c.state.in_(("failed", "bounced", "held")))
    forwarder = and_(participants.c.ticket == c.id, participants.c.role == "forwarder")
    own = ("id", "number", "subject", "status", "category", "priority", "assignee")
    own_times = ("waiting_since", "changed_at", "created_at", "key")
    return (
        select(
            *(c[name] for name in (*own, *own_times)),
            statuses.c.name.label("status_name"),
            contacts.c.name.label("contact_name"),
            contacts.c.address.label("contact_address"),
            preview.label("preview"),
            _is_any(chosen, of_ticket, posts.c.has_files).label("has_files"),
            _is_any(chosen, held.c.ticket == c.id, held.c.state == "open").label("is_held"),
            _is_any(chosen, forwarder).label("is_forwarded"),
            _is_any(chosen, failed).label("has_failed"),
            mailboxes.c.address.label("mailbox_address"),
            users.c.name.label("assignee_name"),
            users.c.address.label("assignee_address"),
        )
        .select_from(
            chosen.outerjoin(contacts, contacts.c.id == c.contact)
            .outerjoin(mailboxes, mailboxes.c.id == c.mailbox)
            .outerjoin(users, users.c.id == c.assignee)
            .outerjoin(statuses, and_(reading.own(statuses), statuses.c.key == c.status))
        )
        .order_by(*((c.key.desc(), c.id.desc()) if descending else (c.key, c.id)))
    )


def _is_any(chosen: Subquery, *conditions: ColumnElement[bool]) -> Exists:
    """Ask for each ticket of the page: the offset keeps the server from reading all there are instead."""
    return exists(select(literal(1)).where(*conditions).correlate(chosen).offset(0))


def _conditions(filters: Filters, user: UUID) -> list[ColumnElement[bool]]:
    conditions = view_conditions(filters.view, user)
    if filters.status:
        conditions.append(tickets.c.status == filters.status)
    if filters.mailbox:
        conditions.append(tickets.c.mailbox == filters.mailbox)
    if filters.assignee:
        conditions.append(tickets.c.assignee == filters.assignee)
    return conditions


def view_conditions(view: View, user: UUID) -> list[ColumnElement[bool]]:
    """Say which tickets are in a view."""
    match view:
        case "mine":
            return [unended(), tickets.c.assignee == user]
        case "new":
            return [tickets.c.category == Category.NEW]
        case "unassigned":
            return [unended(), tickets.c.assignee.is_(None)]
        case "waiting":
            return [tickets.c.category == Category.PENDING]
        case "open":
            return [unended()]
        case "all":
            return []


def _order(sort: Sort) -> tuple[ColumnElement[datetime], bool]:
    """Return the sort key and whether it descends: the newest first, or the longest wait first."""
    if sort == "waiting":
        return literal_column(WAITING, DateTime(timezone=True)), False
    return tickets.c.changed_at.expression, True
