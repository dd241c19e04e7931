"""What was changed on a ticket together with a mail."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID, uuid5

from pydantic import JsonValue
from sqlalchemy import select

from services.desk.queries.reading import Reading
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import history, tickets


@dataclass(frozen=True)
class Given:
    """The status of a ticket before it got another one with a mail."""

    effect: UUID
    ticket: UUID
    before: JsonValue
    version: int
    """Of the ticket now."""
    changed_since: bool
    """Somebody gave it yet another one."""


async def status_given_with(reading: Reading, mail: UUID, ways: Sequence[str]) -> Given | None:
    """Find the change of status that went with a mail; `ways`: to send, of which one names the change."""
    sent = select(outgoing.c.effect, outgoing.c.ticket).where(reading.own(outgoing), outgoing.c.id == mail)
    one = (await reading.db.execute(sent)).first()
    if one is None:
        return None
    of_status = (reading.own(history), history.c.ticket == one.ticket, history.c.field == "status")
    ids = [uuid5(one.effect, way) for way in ways]
    found = await reading.db.execute(
        select(history.c.ticket, history.c.old, history.c.version, tickets.c.version.label("now"))
        .join(tickets, tickets.c.id == history.c.ticket)
        .where(*of_status, reading.seen(), history.c.caused_by.in_(ids))
    )
    row = found.first()
    if row is None:
        return None
    later = select(history.c.id).where(*of_status, history.c.version > row.version)
    since = await reading.db.scalar(later.limit(1))
    return Given(one.effect, row.ticket, row.old, row.now, changed_since=since is not None)
