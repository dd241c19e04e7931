"""Incidents of the mailer: mail is held, probably by a loop."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select

from services.desk.queries.paging import latest
from services.desk.queries.reading import Reading
from shared.storage.sending import incidents
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import tickets

SHOWN = 100


@dataclass(frozen=True)
class SendingIncident:
    id: UUID
    guard: str
    written_by: str
    address: str
    """Whom the mail is to; @ and a domain, when that is what is counted."""
    number: int | None
    """The ticket of its first mail."""
    count: int
    held: int
    """How many of its mails are held still."""
    opened_at: datetime
    last_at: datetime
    ended_at: datetime | None


async def sending_incidents(
    reading: Reading,
    now: datetime,
    limit: int = SHOWN,
    before: tuple[datetime, UUID] | None = None,
    *,
    over: bool,
) -> list[SendingIncident]:
    """Return incidents that go on or hold mail still, newest first; with `over` the others too."""
    c = incidents.c
    mine = (reading.own(outgoing), outgoing.c.incident == c.id, reading.shown(outgoing.c.ticket))
    held = select(func.count()).where(*mine, outgoing.c.state == "held").scalar_subquery()
    ended_at = case((c.quiet_at <= now, func.coalesce(c.ended_at, c.quiet_at)), else_=c.ended_at)
    columns = (c.id, c.guard, c.written_by, c.address, c.count, c.opened_at, c.last_at)
    asked = (
        select(*columns, tickets.c.number, held.label("held"), ended_at.label("ended_at"))
        .select_from(incidents.outerjoin(tickets, and_(tickets.c.id == c.ticket, reading.seen())))
        .where(reading.own(incidents), select(outgoing.c.id).where(*mine).exists())
    )
    if not over:
        asked = asked.where(or_(ended_at.is_(None), held > 0))
    found = await reading.db.execute(latest(asked, c.opened_at, c.id, before, limit))
    return [SendingIncident(**row) for row in found.mappings()]
