"""What ticketing hears: parsed mail, commands of people and triggers, and what became of outgoing mail."""

from datetime import timedelta

from services.ticketing import (
    acting,
    changing,
    linking,
    merging,
    notices,
    noting,
    outgoing,
    participating,
    posting,
    splitting,
)
from services.ticketing.evidence import gather
from services.ticketing.indexing import said_in
from services.ticketing.locking import lock_thread
from services.ticketing.people import People
from services.ticketing.placement import AddTo, Drop, Duplicate, HoldOn, OpenNew, place
from services.ticketing.posting import Incoming, files_told, preview_of
from services.ticketing.remembering import FRESH
from services.ticketing.repository import Tickets
from shared.blobs.store import BlobStore
from shared.contracts.acting import AssignInTurn, TagTicket, WriteNote, WriteNoteInWords
from shared.contracts.documents import Document
from shared.contracts.mail import MailParsed, MailPlaced
from shared.contracts.notes import EditNote, WithdrawNote
from shared.contracts.notices import NoticeSent
from shared.contracts.sending import Draft, MailAccepted, MailFailed, MailSent
from shared.contracts.tickets import (
    AddNote,
    AddParticipant,
    ChangeTicket,
    DecideHeldMail,
    LinkTickets,
    MergeTickets,
    OpenTicket,
    RemoveParticipant,
    SplitTicket,
    UndoMerge,
    UnlinkTickets,
)
from shared.messaging.topology import Service
from shared.messaging.unit import Unit, Units
from shared.storage.options import options_of
from shared.storage.secrets import ThreadKeys

ticketing = Service("ticketing")

HELD_FOR = timedelta(days=1)
"""A held mail that nobody decided about opens its own ticket after that time."""


@ticketing.on(MailParsed)
async def take_mail(
    mail: MailParsed, units: Units, people: People, blobs: BlobStore, keys: ThreadKeys
) -> None:
    document = Document.model_validate_json(await blobs.get(mail.tenant, mail.document))
    # an import brings thousands of mails of the same people: the CRM is asked once a day for each
    who = await people.who_is(mail.tenant, mail.submitter, max_age=FRESH if mail.imported else None)
    incoming = Incoming(mail, preview_of(document), who, said_in(document), files_told(document))
    async with units.handling(mail) as unit:
        await lock_thread(unit.db, mail)
        evidence = await gather(unit.db, mail, keys)
        options = await options_of(unit.db, unit.tenant)
        await keep(unit, incoming, place(evidence, options))
        if mail.imported:
            unit.emit(MailPlaced(tenant=unit.tenant, mail=mail.mail))


async def keep(unit: Unit, incoming: Incoming, decision: Duplicate | OpenNew | AddTo | HoldOn | Drop) -> None:
    """Save what was decided about a mail, with the reason, and tell."""
    tickets, mail = Tickets(unit.db, unit.tenant, unit.now), incoming.mail
    match decision:
        case Duplicate(same, why):
            await posting.also_came_through(unit, same.post, incoming.mail)
            await posting.record(unit, mail, "duplicate", why, ticket=same.ticket, same_as=same.mail)
        case OpenNew(why):
            ticket, post = await posting.open_ticket(unit, tickets, incoming, decision)
            await posting.record(unit, mail, incoming.outcome or "new", why, ticket=ticket, post=post)
        case AddTo(_, why, reopen):
            ticket, post = await posting.add_to_ticket(unit, tickets, incoming, decision)
            await merging.gather(unit, decision.gathers, ticket, posting.actor_of(incoming))
            outcome = incoming.outcome or ("reopen" if reopen else "append")
            await posting.record(unit, mail, outcome, why, ticket=ticket, post=post)
        case HoldOn(ticket, why):
            await posting.hold(unit, incoming, ticket, why, until=unit.now + HELD_FOR)
            await posting.record(unit, mail, "held", why, ticket=ticket)
        case Drop(ticket, why):
            await posting.record(unit, mail, incoming.outcome or "automatic", why, ticket=ticket)
            notices.tell_return(unit, mail)


@ticketing.on(DecideHeldMail)
async def decide_held(message: DecideHeldMail, units: Units, people: People, blobs: BlobStore) -> None:
    held = await changing.held_mail(units, message.tenant, message.held)
    incoming = await changing.incoming_of(held, people, blobs) if held else None
    async with units.handling(message) as unit:
        if incoming is None or not await changing.close_held(unit, message.held, joined=message.belongs):
            unit.answer({"refused": "somebody has decided about this mail already"})
            return
        decision = await changing.decision_on(unit, message.held, belongs=message.belongs)
        if isinstance(decision, AddTo):
            await participating.take_back(unit, decision.ticket, incoming.mail.submitter, message)
        await keep(unit, incoming, decision)
        unit.answer({"ok": True})


@ticketing.on(OpenTicket)
async def open_ticket(message: OpenTicket, units: Units, people: People, blobs: BlobStore) -> None:
    who = await people.who_is(message.tenant, message.contact)
    draft = Draft.model_validate_json(await blobs.get(message.tenant, message.body))
    async with units.handling(message) as unit:
        unit.answer(await changing.open_by_person(unit, message, who, draft))


@ticketing.on(AddNote)
async def add_note(message: AddNote, units: Units, blobs: BlobStore) -> None:
    draft = Draft.model_validate_json(await blobs.get(message.tenant, message.body))
    async with units.handling(message) as unit:
        unit.answer(await changing.note(unit, message, draft))


@ticketing.on(EditNote)
async def edit_note(message: EditNote, units: Units, blobs: BlobStore) -> None:
    draft = Draft.model_validate_json(await blobs.get(message.tenant, message.body))
    async with units.handling(message) as unit:
        unit.answer(await noting.edit(unit, message, draft))


@ticketing.on(WithdrawNote)
async def withdraw_note(message: WithdrawNote, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await noting.withdraw(unit, message))


@ticketing.on(ChangeTicket)
async def change_ticket(message: ChangeTicket, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await changing.change(unit, message))


@ticketing.on(WriteNote)
async def write_note(message: WriteNote, units: Units, blobs: BlobStore) -> None:
    draft = Draft.model_validate_json(await blobs.get(message.tenant, message.body))
    async with units.handling(message) as unit:
        unit.answer(await acting.write_note(unit, message, draft, message.body))


@ticketing.on(WriteNoteInWords)
async def write_note_in_words(message: WriteNoteInWords, units: Units, blobs: BlobStore) -> None:
    draft = Draft(text=message.text)
    body = await blobs.put(message.tenant, draft.model_dump_json().encode())
    async with units.handling(message) as unit:
        unit.answer(await acting.write_note(unit, message, draft, body))


@ticketing.on(TagTicket)
async def tag_ticket(message: TagTicket, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await acting.tag(unit, message))


@ticketing.on(AssignInTurn)
async def assign_in_turn(message: AssignInTurn, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await acting.assign_in_turn(unit, message))


@ticketing.on(MergeTickets)
async def merge_tickets(message: MergeTickets, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await merging.merge(unit, message))


@ticketing.on(UndoMerge)
async def undo_merge(message: UndoMerge, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await merging.undo(unit, message))


@ticketing.on(SplitTicket)
async def split_ticket(message: SplitTicket, units: Units, people: People) -> None:
    writer = await splitting.first_writer(units, message)
    who = await people.who_is(message.tenant, writer) if writer else None
    async with units.handling(message) as unit:
        unit.answer(await splitting.split(unit, message, who))


@ticketing.on(LinkTickets)
async def link_tickets(message: LinkTickets, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await linking.link(unit, message))


@ticketing.on(UnlinkTickets)
async def unlink_tickets(message: UnlinkTickets, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await linking.unlink(unit, message))


@ticketing.on(AddParticipant)
async def add_participant(message: AddParticipant, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await participating.add(unit, message))


@ticketing.on(RemoveParticipant)
async def remove_participant(message: RemoveParticipant, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await participating.remove(unit, message))


@ticketing.on(MailAccepted)
async def show_outgoing(message: MailAccepted, units: Units, blobs: BlobStore) -> None:
    draft = Draft.model_validate_json(await blobs.get(message.tenant, message.body))
    async with units.handling(message) as unit:
        await outgoing.show(unit, message, draft)


@ticketing.on(MailSent)
async def know_sent(message: MailSent, units: Units) -> None:
    async with units.handling(message) as unit:
        await outgoing.know_id(unit, message)


@ticketing.on(MailFailed)
async def tell_failure(message: MailFailed, units: Units) -> None:
    async with units.handling(message) as unit:
        await outgoing.tell_failure(unit, message)


@ticketing.on(NoticeSent)
async def know_notice(message: NoticeSent, units: Units) -> None:
    async with units.handling(message) as unit:
        await notices.remember(unit, message)
