"""What the mailer hears. It only records: what is due is sent by `due.py`."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID, uuid5

from services.mailer import incidents, notifying, recording, repository, suppression
from services.mailer.delivery import allowed
from services.mailer.recipients import Cleaned, cleaned
from services.mailer.wording import words_of
from shared.blobs.store import BlobStore
from shared.connecting import MailboxRow
from shared.contracts.errors import Transient
from shared.contracts.mail import AutomaticKind
from shared.contracts.notices import NoticeReturned, SendNotice
from shared.contracts.sending import (
    CancelMail,
    MailAccepted,
    MailFailed,
    ReleaseMail,
    ReplanMail,
    SendMail,
    SendState,
    UnblockAddress,
    WrittenBody,
)
from shared.contracts.statuses import Category
from shared.contracts.thread_tokens import message_id
from shared.contracts.tickets import PostAdded, TicketChanged
from shared.failpoints import crash_point
from shared.messaging.topology import Service
from shared.messaging.unit import Unit, Units
from shared.observability.metrics import outgoing_outcomes
from shared.storage.addresses import own_addresses
from shared.storage.engine import in_tenant
from shared.storage.secrets import ThreadKeys
from shared.storage.signing import Signing, signing_of

mailer = Service("mailer")


@mailer.on(SendMail)
async def record_mail(message: SendMail, units: Units, blobs: BlobStore, keys: ThreadKeys) -> None:
    outgoing = outgoing_id(message)
    signing = await _signing(units, message) if message.signature else None
    subject, body, problem = await words_of(message, signing, blobs)
    crash_point("mailer.body_kept")
    async with units.handling(message) as unit:
        mailbox = await repository.mailbox_to_send_through(unit.db, unit.tenant, message.ticket.mailbox)
        people = cleaned(message, await own_addresses(unit.db, unit.tenant))
        words = {"subject": subject, "body": body, "written": _replaced(message, body)}
        row = _row(unit, message, people, mailbox, keys) | words
        problem = problem or people.problem or (None if mailbox else "no mailbox of this tenant can send")
        if problem:
            row |= {"state": SendState.FAILED, "reason": problem, "due_at": None}
        if await repository.accept(unit.db, row):
            unit.emit(_accepted(message, outgoing, people, row))
            unit.wake()
            if problem:
                unit.emit(_failed(unit, outgoing, message, people, problem))
        unit.answer({"ok": True, "outgoing": str(outgoing)})


@mailer.on(SendNotice)
async def record_notice(message: SendNotice, units: Units, keys: ThreadKeys) -> None:
    async with units.handling(message) as unit:
        await notifying.record(unit, message, keys)


@mailer.on(NoticeReturned)
async def hear_return(message: NoticeReturned, units: Units) -> None:
    async with units.handling(message) as unit:
        await _bounced(unit, message.message_id, message.recipient, permanent=message.permanent)


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


@mailer.on(ReplanMail)
async def replan(message: ReplanMail, units: Units) -> None:
    async with units.handling(message) as unit:
        at = max(message.send_at or unit.now, unit.now)
        values: dict[str, object] = {"send_at": at, "attempts": 0}
        if message.unless_customer_writes is not None:
            values["unless_customer_writes"] = message.unless_customer_writes
        state = SendState.PLANNED if at > unit.now else SendState.QUEUED
        done = await _become(unit, message.outgoing, state, at, among={SendState.PLANNED}, **values)
        unit.answer({"ok": True} if done else {"refused": "this mail is not planned any more"})


@mailer.on(UnblockAddress)
async def unblock(message: UnblockAddress, units: Units) -> None:
    async with units.handling(message) as unit:
        done = await suppression.unblock(unit.db, unit.tenant, message.address)
        unit.answer({"ok": True} if done else {"refused": "nothing keeps automatic mail from this address"})


@mailer.on(PostAdded)
async def hear_post(message: PostAdded, units: Units) -> None:
    """A customer who writes first cancels what was planned; a bounce marks the mail that bounced."""
    async with units.handling(message) as unit:
        post = message.post
        if post.kind == "mail_in" and post.by_person:
            await _cancel_planned(unit, message.ticket.id, "the customer wrote first")
        if post.automatic is AutomaticKind.BOUNCE and post.bounced_message_id:
            await _bounced(
                unit, post.bounced_message_id, post.bounced_recipient, permanent=post.bounce_permanent
            )


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


def _replaced(message: SendMail, body: str) -> str | None:
    """The blob that a person wrote, when another one leaves."""
    written = message.body.blob if isinstance(message.body, WrittenBody) else body
    return written if written != body else None


async def _signing(units: Units, message: SendMail) -> Signing | None:
    async with in_tenant(units.engine, message.tenant) as db:
        return await signing_of(db, message.tenant, message.ticket.department, message.actor.user)


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
        "answers": message.from_automatic,
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
        forwards=message.forwards,
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
    unit: Unit,
    outgoing: UUID,
    state: SendState,
    due_at: datetime | None,
    *,
    among: Collection[SendState] = (),
    **values: object,
) -> bool:
    """Bring a mail to a state. False: it is in that state, or cannot come to it from its own; `among`: from
    those alone, and then it may stay."""
    row = await repository.locked(unit.db, outgoing)
    if row is None or not allowed(SendState(row.state), state):
        return False
    if row.state not in among if among else row.state == state:
        return False
    unit.wake()
    unit.touch(row.ticket)
    await repository.set_values(
        unit.db, outgoing, state=state, due_at=due_at, lease=None, lease_until=None, **values
    )
    if row.incident is not None:
        await incidents.end_when_empty(unit.db, row.incident, unit.now)
    return True


async def _cancel_planned(unit: Unit, ticket: UUID, why: str) -> None:
    for row in await repository.waiting_for_customer(unit.db, unit.tenant, ticket):
        await repository.set_values(unit.db, row.id, state=SendState.CANCELLED, due_at=None, reason=why)
        unit.touch(ticket)


async def _bounced(unit: Unit, message_id: str, recipient: str | None, *, permanent: bool) -> None:
    row = await repository.by_message_id(unit.db, unit.tenant, message_id)
    if row is not None and row.state == SendState.SENDING:
        # it came back before we knew that it left: whoever sends it must say so first
        raise Transient("the mail that bounced is being sent", code="sending")
    if row is None or not allowed(SendState(row.state), SendState.BOUNCED):
        return
    from_whom = await repository.note_bounce(unit.db, row.id, recipient, unit.now)
    if permanent:
        await suppression.block(unit.db, unit.tenant, row.id, from_whom, unit.now)
    if row.state == SendState.BOUNCED:
        return
    why = "the mail came back as undeliverable"
    await repository.set_values(unit.db, row.id, state=SendState.BOUNCED, reason=why)
    outgoing_outcomes.labels("bounced").inc()
    recording.tell_failure(unit, row, SendState.BOUNCED, why)
