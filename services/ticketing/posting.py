"""Keep what placement decided: a new ticket, a post, a held mail, or nothing but the record of why."""

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ticketing.belonging import belonging
from services.ticketing.indexing import NOTHING_SAID, Said
from services.ticketing.lifecycle import status_after_mail
from services.ticketing.locking import answered
from services.ticketing.people import Who
from services.ticketing.placement import AddTo, OpenNew
from services.ticketing.repository import Tickets
from shared.connecting import MailboxRow
from shared.contracts.documents import Document
from shared.contracts.languages import language_tag
from shared.contracts.mail import Address, FileDecision, MailFile, MailParsed
from shared.contracts.mailboxes import ImportAs
from shared.contracts.references import without_references
from shared.contracts.thread_tokens import plain_address
from shared.contracts.tickets import Actor, Kind, PostAdded, PostFacts, TicketChanged, TicketCreated
from shared.messaging.unit import Unit
from shared.storage.addresses import own_addresses
from shared.storage.config import mailboxes
from shared.storage.options import formats_of
from shared.storage.tickets import held, placements, posts

PREVIEW = 140
MOST_FILES = 20
LONGEST_NAME = 255
"""Of the files that an event carries; one with a longer name stays with its mail."""


@dataclass(frozen=True)
class Incoming:
    """A parsed mail, what it says, and who its submitter is."""

    mail: MailParsed
    preview: str
    who: Who
    said: Said = NOTHING_SAID
    files: tuple[MailFile, ...] = ()
    """Attachments that events tell of."""

    @property
    def outcome(self) -> str | None:
        """The outcome of automatic mail, whatever its place."""
        if self.mail.automatic is None:
            return None
        return "bounce" if self.mail.automatic.kind == "bounce" else "automatic"

    @property
    def language(self) -> str | None:
        """What its submitter writes in, as it says; neither a program nor a forwarder says it for them."""
        says_it = self.mail.automatic is None and self.mail.forwarded is None
        return language_tag(self.said.language) if says_it and self.said.language else None

    @property
    def shown_at(self) -> datetime:
        """When it was written; a clock that is ahead counts as when it came."""
        return min(self.mail.date or self.mail.received_at, self.mail.received_at)


def preview_of(document: Document) -> str:
    """Return the first words of the mail's own text."""
    return " ".join(document.body.reply_text.split())[:PREVIEW]


def files_told(document: Document) -> tuple[MailFile, ...]:
    """Return the files that an event carries: those that were kept, and not so many that it grows large."""
    own = (file for file in document.files if file.listed and not file.inline)
    kept = (file for file in own if file.decision is FileDecision.KEPT)
    return tuple(islice((file for file in kept if len(file.name) <= LONGEST_NAME), MOST_FILES))


async def open_ticket(
    unit: Unit, tickets: Tickets, incoming: Incoming, decision: OpenNew
) -> tuple[UUID, UUID]:
    """Open a ticket with the mail as its first post, and tell."""
    mail, who = incoming.mail, incoming.who
    box = await _mailbox(unit, mail.mailbox)
    belongs = await belonging(unit, who, incoming.language)
    ticket = await tickets.open(
        subject=without_references(mail.subject, await formats_of(unit.db, unit.tenant)) or "(no subject)",
        kind=Kind.INTERNAL if who.employee else Kind.EXTERNAL,
        department=box.department if box else None,
        contact=belongs.contact,
        organization=belongs.organization,
        mailbox=mail.mailbox,
        receiving_address=mail.mailbox_address,
        follows=decision.follows,
        **(_clocks_of_import(unit, incoming, box) if mail.imported else _clocks(unit, incoming)),
    )
    post = await _add(unit, tickets, ticket, incoming)
    unit.emit(
        TicketCreated(
            tenant=unit.tenant,
            ticket=await tickets.snapshot(ticket),
            actor=actor_of(incoming),
            post=facts_of(incoming, post),
            silent=mail.imported,
        )
    )
    return ticket, post


def _clocks(unit: Unit, incoming: Incoming) -> dict[str, object]:
    return {"waiting_since": None if incoming.mail.automatic else unit.now}


def _clocks_of_import(unit: Unit, incoming: Incoming, box: MailboxRow | None) -> dict[str, object]:
    """An old mail makes an old ticket, in the status that people chose for such."""
    at, status = incoming.shown_at, box.import_as if box else ImportAs.NEW
    waiting = at if status == ImportAs.NEW and incoming.mail.automatic is None else None
    clocks = dict.fromkeys(("created_at", "changed_at", "last_person_post_at"), at)
    return {**clocks, "status": str(status), "waiting_since": waiting, "imported_at": unit.now}


async def add_to_ticket(
    unit: Unit, tickets: Tickets, incoming: Incoming, decision: AddTo
) -> tuple[UUID, UUID]:
    """Add the mail to a ticket, change its status when it must, and tell."""
    row = await tickets.end_of(decision.ticket)
    assert row is not None, "tickets are never deleted"
    automatic = incoming.mail.automatic
    post = await _add(unit, tickets, row.id, incoming)
    if incoming.mail.imported:
        await tickets.began_by(row, incoming.shown_at)
        return row.id, post
    asks = automatic is None and not decision.stays_done
    status = status_after_mail(row.status, row.category, reopen=decision.reopen, automatic=not asks)
    cause = unit.cause.id if unit.cause else None
    changes = await tickets.change(row, {"status": status}, actor_of(incoming), cause)
    if automatic is None:
        waiting = row.waiting_since or (unit.now if asks else None)
        await tickets.touch(row.id, last_person_post_at=unit.now, waiting_since=waiting)
    snapshot = await tickets.snapshot(row.id)
    facts = facts_of(incoming, post)
    unit.emit(PostAdded(tenant=unit.tenant, ticket=snapshot, actor=actor_of(incoming), post=facts))
    if changes:
        unit.emit(
            TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=actor_of(incoming), changes=changes)
        )
    return row.id, post


async def hold(unit: Unit, incoming: Incoming, ticket: UUID, why: str, *, until: object) -> None:
    """Show a doubtful mail on the ticket; undecided `until` then, it opens its own."""
    mail = incoming.mail
    row = {
        "id": uuid4(),
        "tenant": unit.tenant,
        "ticket": ticket,
        "mail": mail.mail,
        "reason": why,
        "message": mail.model_dump(mode="json"),
        "state": "open",
        "due_at": until,
        "created_at": unit.now,
    }
    await unit.db.execute(upsert(held).values(row).on_conflict_do_nothing())
    unit.touch(ticket)


async def also_came_through(unit: Unit, post: UUID, mail: MailParsed) -> None:
    """Name a second mailbox that the same mail came through."""
    found = await unit.db.execute(select(posts.c.details).where(posts.c.id == post).with_for_update())
    details = dict(found.scalar_one())
    also = details.setdefault("also_through", [])
    if mail.mailbox_address not in also and details.get("mailbox") != mail.mailbox_address:
        also.append(mail.mailbox_address)
        await unit.db.execute(update(posts).where(posts.c.id == post).values(details=details))


async def record(unit: Unit, mail: MailParsed, outcome: str, why: str, **at: UUID | None) -> None:
    """Record where a mail went and why; a later decision about the same mail replaces it.
    `at`: the ticket, the post, and the mail that it is the same as."""
    row = {
        "mail": mail.mail,
        "tenant": unit.tenant,
        "outcome": outcome,
        "reason": why,
        "document": mail.document,
        "at": unit.now,
        **at,
    }
    await unit.db.execute(
        upsert(placements).values(row).on_conflict_do_update(index_elements=["mail"], set_=row)
    )


async def _add(unit: Unit, tickets: Tickets, ticket: UUID, incoming: Incoming) -> UUID:
    mail = incoming.mail
    post = await tickets.add_post(
        ticket,
        "mail_in",
        mail=mail.mail,
        author_address=mail.submitter.address,
        author_name=mail.submitter.name,
        subject=mail.subject,
        body=mail.document,
        raw=mail.raw,
        preview=incoming.preview,
        automatic=mail.automatic.kind if mail.automatic else None,
        message_id=mail.message_id,
        fingerprint=mail.fingerprint,
        has_files=mail.has_files,
        shown_at=incoming.shown_at,
        said=incoming.said,
        **({"created_at": mail.received_at} if mail.imported else {}),
        details={
            "mailbox": mail.mailbox_address,
            "to": [one.model_dump() for one in mail.to],
            "cc": [one.model_dump() for one in mail.cc],
            "forwarded_by": mail.forwarded.by.model_dump() if mail.forwarded else None,
            "imported": mail.imported,
            **incoming.who.told(),
        },
    )
    await tickets.know_ids(ticket, [mail.message_id], answered(mail) if mail.automatic is None else ())
    await tickets.add_participants(ticket, await _people(unit, mail))
    return post


async def _people(unit: Unit, mail: MailParsed) -> list[tuple[Address, str]]:
    if mail.automatic is not None:
        return []
    own = await own_addresses(unit.db, unit.tenant) | {mail.mailbox_address}
    people = [(mail.submitter, "sender")]
    people += [(mail.sender, "forwarder")] if mail.forwarded else []
    people += [(one, "cc") for one in (*mail.to, *mail.cc)]
    return [(person, role) for person, role in people[:50] if plain_address(person.address) not in own]


async def _mailbox(unit: Unit, mailbox: UUID) -> MailboxRow | None:
    found = await unit.db.execute(select(mailboxes).where(mailboxes.c.id == mailbox))
    return found.one_or_none()


def actor_of(incoming: Incoming) -> Actor:
    """The mail itself, under the name of who sent it."""
    sender = incoming.mail.submitter
    return Actor(mail=incoming.mail.mail, name=sender.name or sender.address)


def facts_of(incoming: Incoming, post: UUID) -> PostFacts:
    """Describe the post without its words."""
    mail = incoming.mail
    return PostFacts(
        id=post,
        kind="mail_in",
        author=mail.submitter,
        automatic=mail.automatic.kind if mail.automatic else None,
        bounced_message_id=mail.bounce.message_id if mail.bounce else None,
        bounced_recipient=mail.bounce.recipient if mail.bounce else None,
        bounce_permanent=mail.bounce.permanent if mail.bounce else True,
        by_person=mail.automatic is None and not mail.imported,
        files=incoming.files,
    )
