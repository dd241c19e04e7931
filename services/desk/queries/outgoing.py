"""Outgoing mail that waits for a person, a moment, or gave up."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select, true, tuple_

from services.desk.queries.paging import latest
from services.desk.queries.reading import Reading
from services.desk.queries.timeline import Outgoing, outgoing_mail
from shared.contracts.sending import SendState
from shared.storage.sending import attempts, recipients
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import tickets

BULK = 200
"""Mails of one bulk call."""
Waiting = Literal["held", "planned", "failed"]
LINES = ("to", "cc", "bcc")
MOST_ATTEMPTS = 500
STATES: dict[Waiting, tuple[str, ...]] = {
    "held": ("held",),
    "planned": ("planned",),
    "failed": ("failed", "bounced"),
}


@dataclass(frozen=True)
class OutgoingRow:
    mail: Outgoing
    ticket: UUID | None
    number: int | None
    ticket_subject: str | None
    at: datetime | None = None
    """By when the list is ordered."""


@dataclass(frozen=True)
class Attempt:
    """One try to send a mail, or one thing that was decided about it."""

    at: datetime
    outcome: str
    code: str | None
    text: str | None


@dataclass(frozen=True)
class Recipient:
    """One of those whom a mail is for."""

    address: str
    line: str
    state: str
    handed_over_at: datetime | None


async def outgoing_list(
    reading: Reading, waiting: Waiting, limit: int = 200, after: tuple[datetime, UUID] | None = None
) -> list[OutgoingRow]:
    """Return what waits: planned mail by its time, the rest newest first; from after a place in the list."""
    c = outgoing.c
    at = func.coalesce(c.send_at, c.due_at) if waiting == "planned" else c.created_at
    asked = (
        select(outgoing, tickets.c.number, tickets.c.subject.label("ticket_subject"), at.label("at"))
        .select_from(outgoing.outerjoin(tickets, and_(tickets.c.id == c.ticket, reading.seen())))
        .where(reading.own(outgoing), c.state.in_(STATES[waiting]), reading.shown(c.ticket))
    )
    if waiting == "planned":
        later = tuple_(at, c.id) > tuple_(*after) if after else true()
        asked = asked.where(later).order_by(at, c.id).limit(limit)
    else:
        asked = latest(asked, at, c.id, after, limit)
    found = await reading.db.execute(asked)
    return [
        OutgoingRow(outgoing_mail(row), row.ticket, row.number, row.ticket_subject, row.at) for row in found
    ]


async def outgoing_by_id(reading: Reading, mail: UUID) -> OutgoingRow | None:
    found = await reading.db.execute(
        select(outgoing, tickets.c.number, tickets.c.subject.label("ticket_subject"))
        .select_from(outgoing.outerjoin(tickets, and_(tickets.c.id == outgoing.c.ticket, reading.seen())))
        .where(reading.own(outgoing), outgoing.c.id == mail, reading.shown(outgoing.c.ticket))
    )
    row = found.first()
    return OutgoingRow(outgoing_mail(row), row.ticket, row.number, row.ticket_subject) if row else None


async def attempts_of(reading: Reading, mail: UUID) -> list[Attempt]:
    """Return what was tried and decided, oldest first."""
    c = attempts.c
    found = await reading.db.execute(
        select(c.at, c.outcome, c.code, c.text)
        .where(reading.own(attempts), c.mail == mail)
        .order_by(c.id)
        .limit(MOST_ATTEMPTS)
    )
    return [Attempt(row.at, row.outcome, row.code, row.text) for row in found]


async def recipients_of(reading: Reading, mail: Outgoing) -> list[Recipient]:
    """Return everybody whom a mail is for, in its order."""
    c = recipients.c
    found = await reading.db.execute(
        select(c.address, c.bounced_at).where(reading.own(recipients), c.mail == mail.id)
    )
    log = {row.address.lower(): row for row in found}
    people: list[Recipient] = []
    for line in LINES:
        for one in mail.recipients.get(line, ()):
            row = log.get(one["address"].lower())
            state = mail.state
            if state == SendState.BOUNCED and row is not None and row.bounced_at is None:
                state = SendState.SENT
            people.append(Recipient(one["address"], line, state, mail.sent_at if row else None))
    return people


async def mails_meant(reading: Reading, wanted: Sequence[UUID], incident: UUID | None) -> list[UUID]:
    """Return those of the mails that the reader may see; of an incident, what is held, oldest first."""
    meant: ColumnElement[bool] = outgoing.c.id.in_(wanted)
    if incident is not None:
        meant = and_(outgoing.c.incident == incident, outgoing.c.state == "held")
    found = await reading.db.execute(
        select(outgoing.c.id)
        .where(reading.own(outgoing), reading.shown(outgoing.c.ticket), meant)
        .order_by(outgoing.c.created_at)
        .limit(BULK)
    )
    return list(found.scalars())
