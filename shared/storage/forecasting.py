"""What inactivity will do: foreseen ticket by ticket, in pages, from the same rules by which it acts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.inactivity import Foreseen, Silence, foresee
from shared.contracts.options import Options
from shared.storage.options import scopes_of
from shared.storage.silence import PLACE, due_now, silent
from shared.storage.tickets import tickets

PAGE = 100
MOST = 10_000
"""As far as is counted."""
FIRST = 5
SHOWN = ("id", "number", "subject", "status", "department", "last_person_post_at", "reminded_at")


@dataclass(frozen=True)
class ForecastLine:
    """One ticket, and what happens to it if nobody writes."""

    ticket: UUID
    number: int
    subject: str
    status: str
    silent_since: datetime
    foreseen: tuple[Foreseen, ...]


@dataclass(frozen=True)
class ForecastPage:
    lines: list[ForecastLine]
    after: tuple[datetime, UUID] | None
    """Where the next page begins; None at the end."""


@dataclass(frozen=True)
class AtOnce:
    """What happens with the next sweep; counted up to MOST."""

    closed: int
    reminded: int
    first: tuple[int, ...]
    """Numbers of some of them, the longest silence first."""

    @property
    def anything(self) -> bool:
        return self.closed + self.reminded > 0

    def __str__(self) -> str:
        parts = [(self.closed, "closed"), (self.reminded, "reminded")]
        told = " and ".join(f"{_counted(count)} {what}" for count, what in parts if count)
        return f"{told or 'no ticket'} at once" + (f" ({self._examples})" if self.first else "")

    @property
    def _examples(self) -> str:
        named = ", ".join(f"#{number}" for number in self.first)
        return f"{named}, …" if self.closed + self.reminded > len(self.first) else named


async def forecast(
    db: AsyncConnection,
    tenant: str,
    now: datetime,
    until: datetime,
    *,
    after: tuple[datetime, UUID] | None = None,
    limit: int = PAGE,
) -> ForecastPage:
    """Return what will be reminded or closed by then if nobody writes, the longest silence first."""
    scopes = [scope for scope in await scopes_of(db, tenant) if scope.options.close_inactive_tickets]
    if not scopes:
        return ForecastPage([], None)
    query = _page_of(or_(*(and_(*silent(tenant, scope, until)) for scope in scopes)), limit)
    query = query.where(tuple_(*PLACE) > tuple_(*after)) if after else query
    rows = list(await db.execute(query))
    by_department = {scope.department: scope.options for scope in scopes}
    lines = [_line(row, by_department, now, until) for row in rows]
    more = (rows[-1].last_person_post_at, rows[-1].id) if len(rows) == limit else None
    return ForecastPage([line for line in lines if line.foreseen], more)


async def at_once(db: AsyncConnection, tenant: str, now: datetime) -> AtOnce:
    """Count what the next sweep would do by the options as this transaction sees them."""
    counts = {"closing": 0, "reminder": 0}
    first: list[tuple[datetime, int]] = []
    for scope in await scopes_of(db, tenant):
        if not scope.options.close_inactive_tickets:
            continue
        for walk in due_now(tenant, scope, now):
            due = select(tickets.c.last_person_post_at, tickets.c.number).where(*walk.conditions)
            some = await db.execute(due.order_by(*walk.place).limit(FIRST))
            first += [(row.last_person_post_at, row.number) for row in some]
            few = due.order_by(*walk.place).limit(MOST + 1).subquery()
            counts[walk.what] += (await db.execute(select(func.count()).select_from(few))).scalar_one()
    numbers = tuple(number for _, number in sorted(first)[:FIRST])
    return AtOnce(counts["closing"], counts["reminder"], numbers)


# Any: the columns of SHOWN
def _page_of(condition: Any, limit: int) -> Select[Any]:
    return select(*(tickets.c[name] for name in SHOWN)).where(condition).order_by(*PLACE).limit(limit)


def _line(
    row: Row[Any], by_department: Mapping[UUID | None, Options], now: datetime, until: datetime
) -> ForecastLine:
    options = by_department.get(row.department) or by_department[None]
    seen = foresee(Silence(row.last_person_post_at, row.reminded_at), options, now, until)
    return ForecastLine(row.id, row.number, row.subject, row.status, row.last_person_post_at, seen)


def _counted(count: int) -> str:
    return f"more than {MOST} tickets" if count > MOST else "1 ticket" if count == 1 else f"{count} tickets"
