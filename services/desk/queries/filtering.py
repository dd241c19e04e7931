"""What a list of tickets holds: its view, and what it is narrowed by."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ColumnElement, FromClause, Integer, exists, literal, literal_column, or_, select

from services.desk.queries.ordering import Sort
from services.desk.queries.reading import Reading
from services.desk.queries.search import Each, unended
from shared.contracts.statuses import Category
from shared.storage.conditions import RANK
from shared.storage.lists import among
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import held, tickets

View = Literal["mine", "new", "unassigned", "waiting", "open", "all"]
RANKS = {"urgent": 3, "high": 2, "normal": 1, "low": 0}


@dataclass(frozen=True)
class Filters:
    view: View = "open"
    status: str = ""
    mailbox: UUID | None = None
    assignee: UUID | None = None
    sort: Sort = "activity"
    department: UUID | None = None
    priority: str = ""
    waiting_since: datetime | None = None
    """Waits longer than since then."""
    is_held: bool = False
    fields: tuple[tuple[str, JsonValue], ...] = ()
    """Custom fields by key, with the value that they have."""
    among: tuple[int, ...] | None = None
    """Of these numbers alone."""


def conditions_of(filters: Filters, user: UUID) -> list[ColumnElement[bool]]:
    """Say what an index leads to."""
    conditions = view_conditions(filters.view, user)
    if filters.status:
        conditions.append(tickets.c.status == filters.status)
    for name in ("mailbox", "assignee", "department"):
        if (value := getattr(filters, name)) is not None:
            conditions.append(tickets.c[name] == value)
    if filters.among is not None:
        conditions.append(among(tickets.c.number, filters.among))
    if filters.priority:
        rank = literal_column(RANK, Integer)
        conditions.append(rank == literal_column(str(RANKS.get(filters.priority, -1)), Integer))
    return conditions


def each_of(reading: Reading, filters: Filters) -> list[Each]:
    """Say what each ticket of a walk is asked: no index leads to it."""
    asked: list[Each] = []
    if filters.waiting_since is not None:
        asked.append(_waits(filters.waiting_since))
    if filters.is_held:
        asked.append(lambda chosen: has_held_mail(reading, chosen))
    asked += [_has_value(key, value) for key, value in filters.fields]
    return asked


def has_held_mail(reading: Reading, chosen: FromClause) -> ColumnElement[bool]:
    """Say that a mail waits for a person: one that came, or one on its way out."""
    came = (reading.own(held), held.c.ticket == chosen.c.id, held.c.state == "open")
    goes = (reading.own(outgoing), outgoing.c.ticket == chosen.c.id, outgoing.c.state == "held")
    return or_(_is_any(chosen, came), _is_any(chosen, goes))


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


def _waits(since: datetime) -> Each:
    def waits(chosen: FromClause) -> ColumnElement[bool]:
        longer: ColumnElement[bool] = chosen.c.waiting_since < since
        return longer

    return waits


def _has_value(key: str, value: JsonValue) -> Each:
    def has_value(chosen: FromClause) -> ColumnElement[bool]:
        has: ColumnElement[bool] = chosen.c.fields.contains({key: value})
        return has

    return has_value


def _is_any(chosen: FromClause, conditions: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """Ask for each ticket: the offset keeps the server from reading all there are instead."""
    return exists(select(literal(1)).where(*conditions).correlate(chosen).offset(0))
