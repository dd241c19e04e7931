"""What people and triggers do to tickets: change fields, note, open, decide about held mail."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, select, update

from services.ticketing import mentioning
from services.ticketing.belonging import belonging
from services.ticketing.defined import defined_by
from services.ticketing.indexing import Said, said_in
from services.ticketing.lifecycle import Refused, checked, invalid
from services.ticketing.merging import conflict, merged_away
from services.ticketing.participating import welcome
from services.ticketing.people import People, Who
from services.ticketing.placement import AddTo, OpenNew
from services.ticketing.posting import Incoming, files_told, preview_of
from services.ticketing.repository import TicketRow, Tickets
from shared.blobs.store import BlobStore
from shared.contracts.documents import Document
from shared.contracts.mail import Address, MailParsed
from shared.contracts.sending import Draft
from shared.contracts.statuses import Category
from shared.contracts.tickets import AddNote, ChangeTicket, Kind, OpenTicket, TicketChanged, TicketCreated
from shared.messaging.unit import Unit, Units
from shared.storage.assignable import why_not_given
from shared.storage.config import departments, mailboxes, users
from shared.storage.engine import in_tenant
from shared.storage.tickets import contacts, held, organizations, tickets

Answer = dict[str, JsonValue]
PREVIEW = 140


async def change(unit: Unit, message: ChangeTicket) -> Answer:
    """Change fields of a ticket, or say why not; nothing is changed by halves."""
    rows = Tickets(unit.db, unit.tenant, unit.now)
    row = await rows.locked(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    if message.expected_version not in (None, row.version):
        return conflict(row)
    if refusal := merged_away(row):
        return {"refused": refusal.why}
    defined = await defined_by(unit.db, unit.tenant)
    values = {field: checked(field, value, defined) for field, value in message.changes.items()}
    refused = [value for value in values.values() if isinstance(value, Refused)]
    refused += await _missing(unit, values, row.assignee)
    if refused:
        return invalid(*(one.why for one in refused))
    changes = await rows.change(row, values, message.actor, message.id)
    if changes:
        snapshot = await rows.snapshot(row.id)
        if snapshot.contact_address and any(one.field == "contact" for one in changes):
            await welcome(unit, row.id, snapshot.contact_address)
        unit.emit(TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=message.actor, changes=changes))
    return {"ok": True, "version": row.version + bool(changes)}


async def note(unit: Unit, message: AddNote, draft: Draft) -> Answer:
    """Add an internal note. It is a post by a person, so the clock of inactivity starts anew."""
    rows = Tickets(unit.db, unit.tenant, unit.now)
    row = await rows.locked(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    if refusal := merged_away(row):
        return {"refused": refusal.why}
    post = await _note_post(unit, rows, row, message, draft)
    await rows.touch(row.id, last_person_post_at=unit.now)
    await mentioning.tell(unit, draft.text, post, await rows.snapshot(row.id), message.actor)
    return {"ok": True, "post": str(post)}


async def open_by_person(unit: Unit, message: OpenTicket, who: Who, draft: Draft) -> Answer:
    """Open a ticket at the desk; its first post is what the person wrote, here or as a mail that follows."""
    rows = Tickets(unit.db, unit.tenant, unit.now)
    places = {name: getattr(message, name) for name in ("department", "mailbox")}
    if missing := await _missing(unit, places, None):
        return invalid(*(one.why for one in missing))
    belongs = await belonging(unit, who)
    ticket = await rows.open(
        subject=message.subject,
        kind=Kind.INTERNAL if who.employee else Kind.EXTERNAL,
        department=message.department,
        mailbox=message.mailbox,
        contact=belongs.contact,
        organization=belongs.organization,
    )
    await rows.add_participants(ticket, [(message.contact, "submitter")])
    row = await rows.locked(ticket)
    assert row is not None, "it was opened above"
    post = None if message.mailed else await _note_post(unit, rows, row, message, draft)
    snapshot = await rows.snapshot(ticket)
    unit.emit(TicketCreated(tenant=unit.tenant, ticket=snapshot, actor=message.actor))
    if post is not None:
        await mentioning.tell(unit, draft.text, post, snapshot, message.actor)
    return {"ok": True, "ticket": str(ticket), "number": row.number}


async def held_mail(units: Units, tenant: str, held_id: UUID) -> Row[Any] | None:
    """Load a held mail, to be decided about."""
    async with in_tenant(units.engine, tenant) as db:
        return (await db.execute(select(held).where(held.c.id == held_id))).one_or_none()


async def incoming_of(row: Row[Any], people: People, blobs: BlobStore) -> Incoming:
    """Make a held mail again what it was when it came."""
    mail = MailParsed.model_validate(row.message)
    document = Document.model_validate_json(await blobs.get(mail.tenant, mail.document))
    who = await people.who_is(mail.tenant, mail.submitter)
    return Incoming(mail, preview_of(document), who, said_in(document), files_told(document))


async def close_held(unit: Unit, held_id: UUID, *, joined: bool) -> bool:
    """Take the decision; False when somebody was faster."""
    state = "joined" if joined else "opened"
    closed = await unit.db.execute(
        update(held)
        .where(held.c.id == held_id, held.c.state == "open")
        .values(state=state, due_at=None, lease=None, lease_until=None)
        .returning(held.c.id)
    )
    return closed.first() is not None


async def decision_on(unit: Unit, held_id: UUID, *, belongs: bool) -> AddTo | OpenNew:
    """Turn a person's word, or the end of the day, into a placement."""
    found = await unit.db.execute(
        select(held.c.ticket, tickets.c.category)
        .join(tickets, tickets.c.id == held.c.ticket)
        .where(held.c.id == held_id)
    )
    row = found.one()
    if belongs:
        return AddTo(row.ticket, "a person said that it belongs here", reopen=row.category == Category.CLOSED)
    return OpenNew("it was held on another ticket and does not belong there", follows=row.ticket)


async def _note_post(
    unit: Unit, rows: Tickets, row: TicketRow, message: AddNote | OpenTicket, draft: Draft
) -> UUID:
    author = await _address_of(unit, message.actor.user)
    unit.touch(row.id)
    return await rows.add_post(
        row.id,
        "note",
        user=message.actor.user,
        author_address=author.address,
        author_name=message.actor.name or author.name,
        body=message.body,
        preview=" ".join(draft.text.split())[:PREVIEW],
        shown_at=unit.now,
        said=Said(draft.text, tuple(file.name for file in message.files)),
        has_files=bool(message.files),
        details={"files": [file.model_dump(mode="json") for file in message.files]} if message.files else {},
    )


async def _address_of(unit: Unit, user: UUID | None) -> Address:
    found = await unit.db.execute(select(users.c.address, users.c.name).where(users.c.id == user))
    row = found.one_or_none()
    return Address(address=row.address, name=row.name) if row else Address(address="")


async def _missing(
    unit: Unit, values: Mapping[str, JsonValue | UUID | Refused], assignee: UUID | None
) -> list[Refused]:
    """Refuse places, people and organizations that are not there, and who is given no tickets; `assignee`:
    who has it already, and keeps it."""
    refused: list[Refused] = []
    known_in = {
        "department": departments,
        "mailbox": mailboxes,
        "contact": contacts,
        "organization": organizations,
    }
    for field, table in known_in.items():
        value = values.get(field)
        if value is None or isinstance(value, Refused):
            continue
        known = select(table.c.id).where(table.c.id == UUID(str(value)), table.c.tenant == unit.tenant)
        if (await unit.db.execute(known)).first() is None:
            refused.append(Refused(f"there is no such {field}"))
    given = values.get("assignee")
    if given is None or isinstance(given, Refused) or str(given) == str(assignee):
        return refused
    why = await why_not_given(unit.db, unit.tenant, str(given))
    return [*refused, Refused(why)] if why else refused
