"""Outgoing mail that waits for a person, a moment, or gave up."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select

from services.desk.queries.reading import Reading
from services.desk.queries.timeline import Outgoing, outgoing_mail
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import tickets

Waiting = Literal["held", "planned", "failed"]
STATES: dict[Waiting, tuple[str, ...]] = {
    "held": ("held",),
    "planned": ("planned",),
    "failed": ("failed", "bounced"),
}


@dataclass(frozen=True)
class OutgoingRow:
    mail: Outgoing
    ticket: UUID
    number: int | None
    ticket_subject: str | None


async def outgoing_list(reading: Reading, waiting: Waiting, limit: int = 200) -> list[OutgoingRow]:
    """Return what waits: planned mail by its time, the rest newest first."""
    by_time = (
        func.coalesce(outgoing.c.send_at, outgoing.c.due_at)
        if waiting == "planned"
        else outgoing.c.created_at.desc()
    )
    found = await reading.db.execute(
        select(outgoing, tickets.c.number, tickets.c.subject.label("ticket_subject"))
        .select_from(outgoing.outerjoin(tickets, tickets.c.id == outgoing.c.ticket))
        .where(reading.own(outgoing), outgoing.c.state.in_(STATES[waiting]))
        .order_by(by_time)
        .limit(limit)
    )
    return [OutgoingRow(outgoing_mail(row), row.ticket, row.number, row.ticket_subject) for row in found]


async def outgoing_by_id(reading: Reading, mail: UUID) -> OutgoingRow | None:
    found = await reading.db.execute(
        select(outgoing, tickets.c.number, tickets.c.subject.label("ticket_subject"))
        .select_from(outgoing.outerjoin(tickets, tickets.c.id == outgoing.c.ticket))
        .where(reading.own(outgoing), outgoing.c.id == mail)
    )
    row = found.first()
    return OutgoingRow(outgoing_mail(row), row.ticket, row.number, row.ticket_subject) if row else None
