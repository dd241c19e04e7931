"""Every stage of one mail, with each decision and its reason."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, literal, select, true

from services.desk.queries.reading import Reading
from services.desk.queries.timeline import Outgoing, outgoing_mail
from services.desk.queries.verdicts import Verdict, of_mail
from shared.storage.config import mailboxes
from shared.storage.ingest import folders
from shared.storage.ingest import mails as ledger
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import held, placements, tickets


@dataclass(frozen=True)
class LedgerEntry:
    id: UUID
    mailbox_address: str | None
    provider_id: str
    state: str
    reason: str | None
    detail: str | None
    blob: str | None
    size: int | None
    attempts: int
    listed_at: datetime
    received_at: datetime | None
    stored_at: datetime | None
    settled_at: datetime | None
    receipt: dict[str, str | None] | None
    """What was done in the mailbox, and where the mail is since."""
    dropped_by: str | None
    dropped_at: datetime | None
    folder_path: str | None
    """How people call that folder."""


@dataclass(frozen=True)
class Placement:
    outcome: str
    reason: str
    at: datetime
    number: int | None
    ticket: UUID | None
    post: UUID | None
    document: str
    """Blob of what the parser found, whatever became of the mail."""


@dataclass(frozen=True)
class Passport:
    ledger: LedgerEntry
    placement: Placement | None
    held: str | None
    """The state of the mail when it is, or was, held."""
    verdicts: list[Verdict] = field(default_factory=list)
    outgoing: list[Outgoing] = field(default_factory=list)


async def passport(reading: Reading, mail: UUID) -> Passport | None:
    entry = await ledger_entry(reading, mail)
    if entry is None:
        return None
    placement = await _placement(reading, mail)
    kept = await reading.db.execute(select(held.c.state).where(reading.own(held), held.c.mail == mail))
    return Passport(
        ledger=entry,
        placement=placement,
        held=kept.scalar_one_or_none(),
        verdicts=await of_mail(reading, mail),
        outgoing=await _outgoing_after(reading, placement) if placement else [],
    )


async def ledger_entry(reading: Reading, mail: UUID) -> LedgerEntry | None:
    names = LedgerEntry.__dataclass_fields__.keys() & ledger.c.keys()
    of_others = (mailboxes.c.address.label("mailbox_address"), folders.c.path.label("folder_path"))
    is_in = and_(folders.c.mailbox == ledger.c.mailbox, folders.c.id == ledger.c.receipt["folder"].astext)
    found = await reading.db.execute(
        select(*(ledger.c[name] for name in names), *of_others)
        .select_from(
            ledger.outerjoin(mailboxes, mailboxes.c.id == ledger.c.mailbox).outerjoin(folders, is_in)
        )
        .where(reading.own(ledger), ledger.c.id == mail, mail_seen(reading))
    )
    row = found.mappings().first()
    return LedgerEntry(**row) if row else None


def mail_seen(reading: Reading) -> ColumnElement[bool]:
    """Of the ledger's mails, those of tickets that the reader sees; one that is on none, by its mailbox."""
    if not reading.hidden:
        return true()
    c = placements.c
    placed = select(literal(1)).where(reading.own(placements), c.mail == ledger.c.id, c.ticket.is_not(None))
    return case(
        (placed.exists(), placed.where(reading.shown(c.ticket)).exists()),
        else_=reading.seen_mailbox(ledger.c.mailbox),
    )


async def _placement(reading: Reading, mail: UUID) -> Placement | None:
    c = placements.c
    found = await reading.db.execute(
        select(c.outcome, c.reason, c.at, c.ticket, c.post, tickets.c.number, c.document)
        .select_from(placements.outerjoin(tickets, and_(tickets.c.id == c.ticket, reading.seen())))
        .where(reading.own(placements), c.mail == mail)
    )
    row = found.mappings().first()
    return Placement(**row) if row else None


async def _outgoing_after(reading: Reading, placement: Placement) -> list[Outgoing]:
    """Return what left on the ticket since the mail was placed."""
    found = await reading.db.execute(
        select(outgoing)
        .where(
            reading.own(outgoing),
            outgoing.c.ticket == placement.ticket,
            reading.shown(outgoing.c.ticket),
            outgoing.c.created_at >= placement.at,
        )
        .order_by(outgoing.c.created_at)
        .limit(20)
    )
    return [outgoing_mail(row) for row in found]
