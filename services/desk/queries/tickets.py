"""The list of tickets."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Select, Subquery, func, literal, select

from services.desk.queries.expecting import expected_rows
from services.desk.queries.filtering import Filters, View, conditions_of, each_of
from services.desk.queries.ordering import Order, Place, Sort, few_first, order_of, token_of
from services.desk.queries.reading import Reading
from services.desk.queries.rows import rows_of
from services.desk.queries.search import FEW, Each, Found
from shared.contracts.references import LARGEST_NUMBER
from shared.storage.tickets import tickets

__all__ = [
    "LARGEST_NUMBER",
    "PAGE",
    "Filters",
    "Sort",
    "TicketPage",
    "TicketRow",
    "View",
    "count_of",
    "ids_in",
    "ticket_page",
]

PAGE = 50
LOOKED_AT = 2_000
"""As many tickets of a view are asked, when so many match a search that all are not counted."""
WALKED = 10_000
"""As many tickets are asked for one page, when so many match that they are not looked up; the next page
goes on from there."""
EVERYTHING = Found()
WALKING = ("id", "number", "subject", "status", "category", "priority", "assignee", "contact", "mailbox")
SHOWN = ("department", "organization", "tags", "fields", "waiting_since", "changed_at", "created_at")


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
    is_unread: bool
    """Something came after its reader last opened it."""
    mailbox_address: str | None
    department_name: str | None
    organization_name: str | None
    tags: list[str]
    fields: dict[str, JsonValue]
    assignee: UUID | None
    assignee_name: str | None
    assignee_address: str | None
    waiting_since: datetime | None
    changed_at: datetime
    created_at: datetime
    place: Place

    @property
    def token(self) -> str:
        """Its place, in an address."""
        return token_of(self.place)


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
    order, each = order_of(filters.sort), _each(reading, filters, found)
    query = chosen_by(reading, order, filters, user, found)
    if place := order.place_of(after):
        query = query.where(order.behind(place))
    is_few = found.is_named or await _sees_few(reading, query)
    ordered = few_first(query, order) if is_few else order.ordered(query)
    walk = ordered.limit(WALKED if each else limit + 1).subquery("walk")
    chosen = order.ordered(select(walk).where(*(asked(walk) for asked in each)), walk.c).limit(limit + 1)
    lines = await reading.db.execute(rows_of(reading, order, chosen.subquery("chosen"), user))
    rows = [_row(order, line) for line in lines.mappings()]
    if len(rows) > limit:
        return TicketPage(rows[:limit], token_of(rows[limit - 1].place))
    return TicketPage(rows, await _end_of(reading, order, walk) if each else None)


def chosen_by(
    reading: Reading, order: Order, filters: Filters, user: UUID, found: Found
) -> Select[tuple[object, ...]]:
    """Choose the tickets of a list, with their places, before anything is looked up about them."""
    return select(*(tickets.c[name] for name in (*WALKING, *SHOWN)), *order.labels).where(
        reading.own(tickets), reading.seen(), *conditions_of(filters, user), *found.conditions
    )


async def count_of(
    reading: Reading, filters: Filters, user: UUID, found: Found = EVERYTHING, at_most: int = 10_000
) -> int | None:
    """Count what a filter finds, up to one more than `at_most`; None when it would have to be looked for
    among very many."""
    of_view = select(tickets).where(
        reading.own(tickets), reading.seen(), *conditions_of(filters, user), *found.conditions
    )
    if found.is_common and await _count(reading, of_view.limit(LOOKED_AT + 1)) > LOOKED_AT:
        return None
    each = each_of(reading, filters)
    if each and await _count(reading, of_view.limit(WALKED + 1)) > WALKED:
        return None
    asked = [one(tickets) for one in (*found.each, *each)]
    return await _count(reading, of_view.where(*asked).limit(at_most + 1))


async def latest_number(reading: Reading) -> int | None:
    """Return the number of the newest ticket that the reader sees."""
    c = tickets.c
    newest = select(c.number).where(reading.own(tickets), reading.seen()).order_by(c.number.desc()).limit(1)
    number: int | None = (await reading.db.execute(newest)).scalar_one_or_none()
    return number


async def ids_in(
    reading: Reading, filters: Filters, user: UUID, found: Found, at_most: int
) -> list[tuple[UUID, int]]:
    """Return the tickets of a list, as id and number, in its order: no more than `at_most`, and of a walk
    those that it comes by."""
    order, each = order_of(filters.sort), _each(reading, filters, found)
    walk = order.ordered(chosen_by(reading, order, filters, user, found)).limit(WALKED).subquery("walk")
    all_of_it = select(walk.c.id, walk.c.number).where(*(asked(walk) for asked in each))
    rows = await reading.db.execute(order.ordered(all_of_it, walk.c).limit(at_most))
    return [(row.id, row.number) for row in rows]


async def _sees_few(reading: Reading, query: Select[Any]) -> bool:
    """Whether somebody from whom departments are hidden sees few tickets of a view."""
    return bool(reading.hidden) and await expected_rows(reading, query) <= FEW


async def _end_of(reading: Reading, order: Order, walk: Subquery) -> str | None:
    """Name the place where a walk stopped; None when it came to the end of the list."""
    found = await reading.db.execute(select(walk).offset(WALKED - 1).limit(1))
    last = found.mappings().one_or_none()
    return token_of(order.place_in(last)) if last else None


async def _count(reading: Reading, query: Select[Any]) -> int:
    rows = query.with_only_columns(literal(1)).subquery()
    return int((await reading.db.execute(select(func.count()).select_from(rows))).scalar_one())


def _each(reading: Reading, filters: Filters, found: Found) -> list[Each]:
    return [*found.each, *each_of(reading, filters)]


def _row(order: Order, line: Any) -> TicketRow:  # Any: a mapping of the columns
    own = {name: value for name, value in line.items() if not name.startswith("key")}
    return TicketRow(**own, place=order.place_in(line))
