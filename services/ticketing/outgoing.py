"""Our own mail on the ticket: shown when accepted, known by its id when sent, a note when it failed."""

from uuid import UUID

from sqlalchemy import select, update

from services.ticketing.indexing import Said
from services.ticketing.lifecycle import status_after_answer, status_after_failure
from services.ticketing.repository import Tickets
from shared.contracts.sending import UNCONFIRMED, Draft, MailAccepted, MailFailed, MailSent
from shared.contracts.tickets import Actor, TicketChanged
from shared.messaging.unit import Unit
from shared.storage.tickets import posts

PREVIEW = 140


async def show(unit: Unit, message: MailAccepted, draft: Draft) -> None:
    """Add the mail to the timeline, once; by a person it also answers the ticket."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    row = await tickets.end_of(message.ticket)
    if row is None or await _home_of(unit, message.outgoing) is not None:
        return
    unit.touch(row.id)
    answers = message.written_by == "person" and not message.forwards
    await tickets.add_post(
        row.id,
        "mail_out",
        outgoing=message.outgoing,
        user=message.actor.user,
        author_name=message.actor.name,
        subject=message.subject,
        body=message.body,
        preview=" ".join(draft.text.split())[:PREVIEW],
        message_id=message.message_id,
        has_files=message.has_files,
        shown_at=message.occurred_at,
        said=Said(draft.text),
        details={
            "written_by": message.written_by,
            "to": [one.model_dump() for one in message.to],
            "cc": [one.model_dump() for one in message.cc],
        },
    )
    await tickets.know_ids(row.id, [message.message_id])
    await tickets.add_participants(row.id, [(one, "cc") for one in (*message.to, *message.cc)])
    if answers:
        changes = await tickets.change(
            row, {"status": status_after_answer(row.status, row.category)}, message.actor, message.id
        )
        await tickets.touch(row.id, last_person_post_at=unit.now, waiting_since=None)
        if changes:
            snapshot = await tickets.snapshot(row.id)
            unit.emit(
                TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=message.actor, changes=changes)
            )


async def know_id(unit: Unit, message: MailSent) -> None:
    """Know the Message-ID as the provider has it, so that the answer finds its ticket."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    home = await _home_of(unit, message.outgoing) or message.ticket
    await tickets.know_ids(home, [message.message_id])
    await unit.db.execute(
        update(posts)
        .where(posts.c.tenant == unit.tenant, posts.c.outgoing == message.outgoing)
        .values(
            message_id=message.message_id,
            author_address=message.sent_from.address,
        )
    )


async def tell_failure(unit: Unit, message: MailFailed) -> None:
    """Put a note on the ticket and reopen it, so that nobody overlooks a mail that never left."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    row = await tickets.end_of(await _home_of(unit, message.outgoing) or message.ticket)
    if row is None:
        return
    unit.touch(row.id)
    to = ", ".join(one.address for one in message.recipients)
    known = "Not delivered" if message.code != UNCONFIRMED else "Nobody knows whether this was delivered"
    await tickets.add_post(
        row.id,
        "system",
        preview=f"{known} to {to}: {message.reason}"[:500],
        shown_at=unit.now,
        details={
            "event": "mail_failed",
            "outgoing": str(message.outgoing),
            "state": message.state,
            "code": message.code,
        },
    )
    actor = Actor(name="Postroom")
    status = status_after_failure(row.status, row.category)
    changes = await tickets.change(row, {"status": status}, actor, message.id)
    if changes:
        snapshot = await tickets.snapshot(row.id)
        unit.emit(TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=actor, changes=changes))


async def _home_of(unit: Unit, outgoing: UUID) -> UUID | None:
    """Return the ticket that shows a mail of ours; None while none does."""
    found = await unit.db.execute(
        select(posts.c.ticket).where(posts.c.tenant == unit.tenant, posts.c.outgoing == outgoing)
    )
    ticket: UUID | None = found.scalar_one_or_none()
    return ticket
