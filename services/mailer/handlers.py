"""What the mailer hears. It only records: what is due is sent by `due.py`."""

from datetime import datetime
from uuid import UUID, uuid5

from services.mailer import repository
from services.mailer.delivery import allowed
from services.mailer.recipients import Cleaned, cleaned
from shared.blobs.store import BlobStore
from shared.connecting import MailboxRow
from shared.contracts.errors import Transient
from shared.contracts.mail import AutomaticKind
from shared.contracts.sending import (
    CancelMail,
    Draft,
    MailAccepted,
    MailFailed,
    ReleaseMail,
    SendMail,
    SendState,
    TemplateBody,
    WrittenBody,
)
from shared.contracts.statuses import Category
from shared.contracts.thread_tokens import message_id
from shared.contracts.tickets import PostAdded, TicketChanged
from shared.failpoints import crash_point
from shared.messaging.topology import Service
from shared.messaging.unit import Unit, Units
from shared.plugins.templates import TemplateError, render_template, ticket_facts
from shared.storage.secrets import ThreadKeys

mailer = Service("mailer")


@mailer.on(SendMail)
async def record_mail(message: SendMail, units: Units, blobs: BlobStore, keys: ThreadKeys) -> None:
    outgoing = outgoing_id(message)
    subject, draft, problem = words_of(message)
    body = (
        message.body.blob
        if isinstance(message.body, WrittenBody)
        else await keep(blobs, message.tenant, draft)
    )
    crash_point("mailer.body_kept")
    async with units.handling(message) as unit:
        mailbox = await repository.mailbox_to_send_through(unit.db, unit.tenant, message.ticket.mailbox)
        people = cleaned(message, await repository.own_addresses(unit.db, unit.tenant))
        row = _row(unit, message, people, mailbox, keys) | {"subject": subject, "body": body}
        problem = problem or people.problem or (None if mailbox else "no mailbox of this tenant can send")
        if problem:
            row |= {"state": SendState.FAILED, "reason": problem, "due_at": None}
        if await repository.accept(unit.db, row):
            unit.emit(_accepted(message, outgoing, people, row))
            unit.wake()
            if problem:
                unit.emit(_failed(unit, outgoing, message, people, problem))
        unit.answer({"ok": True, "outgoing": str(outgoing)})


@mailer.on(ReleaseMail)
async def release(message: ReleaseMail, units: Units) -> None:
    async with units.handling(message) as unit:
        done = await _become(
            unit, message.outgoing, SendState.QUEUED, due_at=unit.now, released=True, reason=None
        )
        unit.answer({"ok": True} if done else {"refused": "this mail is not held"})


@mailer.on(CancelMail)
async def cancel(message: CancelMail, units: Units) -> None:
    async with units.handling(message) as unit:
        why = f"cancelled by {message.actor.name}"
        done = await _become(unit, message.outgoing, SendState.CANCELLED, due_at=None, reason=why)
        unit.answer({"ok": True} if done else {"refused": "this mail is going out or has left"})


@mailer.on(PostAdded)
async def hear_post(message: PostAdded, units: Units) -> None:
    """A customer who writes first cancels what was planned; a bounce marks the mail that bounced."""
    async with units.handling(message) as unit:
        post = message.post
        if post.kind == "mail_in" and post.by_person:
            await _cancel_planned(unit, message.ticket.id, "the customer wrote first")
        if post.automatic is AutomaticKind.BOUNCE and post.bounced_message_id:
            await _bounced(unit, post.bounced_message_id)


@mailer.on(TicketChanged)
async def hear_change(message: TicketChanged, units: Units) -> None:
    """A ticket that closes cancels what was planned for it."""
    async with units.handling(message) as unit:
        # who wrote before there were categories named the status alone
        category = message.ticket.category or message.ticket.status
        if category == Category.CLOSED and any(change.field == "status" for change in message.changes):
            await _cancel_planned(unit, message.ticket.id, "the ticket was closed")


def outgoing_id(message: SendMail) -> UUID:
    """Name the mail of an effect; the same each time."""
    return uuid5(message.effect, "mail")


def words_of(message: SendMail) -> tuple[str, Draft, str | None]:
    """Return subject, body and what is wrong with the template, if anything."""
    if not isinstance(message.body, TemplateBody):
        return message.subject, Draft(text=""), None
    facts = ticket_facts(message.ticket) | message.facts
    try:
        subject = " ".join(render_template(message.subject, facts).split())
        return subject, Draft(text=render_template(message.body.template, facts)), None
    except TemplateError as error:
        return message.subject, Draft(text=message.body.template), f"the template is not valid: {error}"


async def keep(blobs: BlobStore, tenant: str, draft: Draft) -> str:
    return await blobs.put(tenant, draft.model_dump_json().encode())


def _row(
    unit: Unit,
    message: SendMail,
    people: Cleaned,
    mailbox: MailboxRow | None,
    keys: ThreadKeys,
) -> dict[str, object]:
    outgoing = outgoing_id(message)
    planned = message.send_at is not None and message.send_at > unit.now
    key_id, key = next(iter(keys.keys.items()))
    domain = mailbox.address.rpartition("@")[2] if mailbox else "postroom.invalid"
    return {
        "id": outgoing,
        "tenant": unit.tenant,
        "effect": message.effect,
        "ticket": message.ticket.id,
        "state": SendState.PLANNED if planned else SendState.QUEUED,
        "message_id": message_id(outgoing, message.ticket.id, domain, key_id, key),
        "written_by": message.written_by,
        "actor": message.actor.model_dump(mode="json"),
        "snapshot": message.ticket.model_dump(mode="json"),
        "recipients": people.as_json(),
        "files": [file.model_dump(mode="json") for file in message.files],
        "unless_customer_writes": message.unless_customer_writes,
        "send_at": message.send_at,
        "mailbox": mailbox.id if mailbox else None,
        "created_at": unit.now,
        "due_at": message.send_at if planned else unit.now,
    }


def _accepted(message: SendMail, outgoing: UUID, people: Cleaned, row: dict[str, object]) -> MailAccepted:
    return MailAccepted(
        tenant=message.tenant,
        outgoing=outgoing,
        ticket=message.ticket.id,
        message_id=str(row["message_id"]),
        written_by=message.written_by,
        actor=message.actor,
        to=people.to,
        cc=people.cc,
        subject=str(row["subject"]),
        body=str(row["body"]),
        has_files=bool(message.files),
        send_at=message.send_at,
    )


def _failed(unit: Unit, outgoing: UUID, message: SendMail, people: Cleaned, why: str) -> MailFailed:
    return MailFailed(
        tenant=unit.tenant,
        outgoing=outgoing,
        ticket=message.ticket.id,
        state=SendState.FAILED,
        reason=why,
        recipients=people.to,
    )


async def _become(
    unit: Unit, outgoing: UUID, state: SendState, due_at: datetime | None, **values: object
) -> bool:
    row = await repository.locked(unit.db, outgoing)
    if row is None or row.state == state or not allowed(SendState(row.state), state):
        return False
    unit.wake()
    await repository.set_values(
        unit.db, outgoing, state=state, due_at=due_at, lease=None, lease_until=None, **values
    )
    return True


async def _cancel_planned(unit: Unit, ticket: UUID, why: str) -> None:
    for row in await repository.waiting_for_customer(unit.db, unit.tenant, ticket):
        await repository.set_values(unit.db, row.id, state=SendState.CANCELLED, due_at=None, reason=why)


async def _bounced(unit: Unit, bounced: str) -> None:
    row = await repository.by_message_id(unit.db, unit.tenant, bounced)
    if row is not None and row.state == SendState.SENDING:
        # it came back before we knew that it left: whoever sends it must say so first
        raise Transient("the mail that bounced is being sent", code="sending")
    if row is None or not allowed(SendState(row.state), SendState.BOUNCED) or row.state == SendState.BOUNCED:
        return
    why = "the mail came back as undeliverable"
    await repository.set_values(unit.db, row.id, state=SendState.BOUNCED, reason=why)
    unit.emit(
        MailFailed(
            tenant=unit.tenant,
            outgoing=row.id,
            ticket=row.ticket,
            state=SendState.BOUNCED,
            reason=why,
            recipients=repository.addresses_of(row, "to"),
        )
    )
