"""Incidents: mail is held, probably by a loop; a mailbox has failed for a while."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, case, func, or_, select

from services.desk.queries.examinations import latest_examination
from services.desk.queries.paging import latest
from services.desk.queries.reading import Reading
from shared.plugins.mailboxes import Verdict
from shared.storage.config import mailboxes
from shared.storage.ingest import incidents as failings
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


@dataclass(frozen=True)
class MailboxIncident:
    """A time during which a mailbox could not be read."""

    id: UUID
    mailbox: UUID
    address: str | None
    code: str
    """The provider's own, as its words are."""
    text: str
    began_at: datetime
    recovered_at: datetime | None
    remedy: str | None = None
    """What the doctor said since it began; for one that goes on."""


async def mailbox_incidents(
    reading: Reading, limit: int = SHOWN, before: tuple[datetime, UUID] | None = None, *, over: bool
) -> list[MailboxIncident]:
    """Return incidents that go on, newest first; with `over` the others too."""
    c = failings.c
    columns = (c.id, c.mailbox, c.code, c.text, c.began_at, c.recovered_at)
    asked = (
        select(*columns, mailboxes.c.address)
        .select_from(failings.outerjoin(mailboxes, mailboxes.c.id == c.mailbox))
        .where(reading.own(failings), reading.seen_mailbox(c.mailbox))
    )
    if not over:
        asked = asked.where(c.recovered_at.is_(None))
    rows = await reading.db.execute(latest(asked, c.began_at, c.id, before, limit))
    found = [MailboxIncident(**row) for row in rows.mappings()]
    return [one if one.recovered_at else await _with_remedy(reading, one) for one in found]


async def _with_remedy(reading: Reading, one: MailboxIncident) -> MailboxIncident:
    examined = await latest_examination(reading, one.mailbox)
    if examined is None or examined.asked_at < one.began_at:
        return one
    failed = (found.remedy for found in examined.findings if found.verdict is Verdict.FAILED)
    return replace(one, remedy=next(filter(None, failed), None))
