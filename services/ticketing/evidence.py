"""Load all that placement wants to know of a mail; the only queries that look across tickets."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ticketing.placement import Candidate, Evidence, SamePost, number_in
from services.ticketing.repository import TicketRow, lock_end
from shared.contracts.mail import MailParsed, SenderCheck
from shared.contracts.statuses import Category
from shared.contracts.thread_tokens import read_reply_address, read_token
from shared.domains import is_free_mail
from shared.storage.config import users
from shared.storage.merging import leads_to
from shared.storage.options import options_of
from shared.storage.secrets import ThreadKeys
from shared.storage.tickets import history, participants, posts, thread_ids, tickets

MOST_IDS = 20
"""How many references count: the newest; a mail may name thousands."""

MOST_SUBJECTS = 20
"""Of how many posts, the newest, a mail's subject is looked for."""

MOST_AWAITING = 10
LATE = timedelta(days=7)
"""So long after its answer a mail may still come as what was answered."""

DONE = (Category.RESOLVED, Category.CLOSED)


async def lock_thread(db: AsyncConnection, mail: MailParsed) -> None:
    """Let mails of one thread be placed one after the other: lock its ids, in an order that all keep."""
    for name in sorted({mail.message_id, *answered(mail)}):
        key = func.hashtextextended(f"{mail.tenant}/{name}", 0)
        await db.execute(select(func.pg_advisory_xact_lock(key)))


def answered(mail: MailParsed) -> list[str]:
    """Return the ids that a mail answers, the nearest first."""
    named = [*mail.in_reply_to, *reversed(mail.references)]
    if mail.bounce is not None and mail.bounce.message_id:
        named.insert(0, mail.bounce.message_id)
    return [name for name in dict.fromkeys(named) if name != mail.message_id][:MOST_IDS]


class Candidates:
    """The tickets that one mail points to. Most answers point to one ticket in several ways: it is described
    once."""

    def __init__(self, db: AsyncConnection, mail: MailParsed) -> None:
        self._db = db
        self._mail = mail
        self._known: dict[UUID, Candidate] = {}

    async def of(self, ticket: UUID | None) -> Candidate | None:
        """Describe a ticket, or the one that it was merged into, and lock it against others who add to it."""
        if ticket is None:
            return None
        if ticket in self._known:
            return self._known[ticket]
        row = await lock_end(self._db, self._mail.tenant, ticket)
        if row is None:
            return None
        if row.id not in self._known:
            self._known[row.id] = await _candidate(self._db, self._mail, row)
        return self._known[row.id]


async def gather(db: AsyncConnection, mail: MailParsed, keys: ThreadKeys) -> Evidence:
    """Load the evidence for one mail, whose thread is locked."""
    ids = answered(mail)
    signed = [ref.ticket for name in (*ids, mail.message_id) if (ref := read_token(name, keys.keys))]
    candidates = Candidates(db, mail)
    return Evidence(
        same=await _same(db, mail),
        token=await candidates.of(signed[0] if signed else None),
        address=await candidates.of(await _by_number(db, mail, _number_of_address(mail, keys))),
        thread=await candidates.of(await _by_ids(db, mail, ids)),
        awaited=await _awaiting(db, mail, candidates, [mail.message_id, *ids]),
        number=await candidates.of(await _by_number(db, mail, number_in(mail.subject))),
        automatic=mail.automatic.kind if mail.automatic else None,
        probe=mail.automatic is not None and mail.automatic.probe,
        imported=mail.imported,
        unproven=mail.sender_check is SenderCheck.FAILED,
        only_thanks=mail.only_thanks,
        subject=mail.subject,
    )


def _number_of_address(mail: MailParsed, keys: ThreadKeys) -> int | None:
    named = (*mail.delivered_to, *(one.address for one in (*mail.to, *mail.cc)))
    found = (read_reply_address(address, mail.tenant, keys.keys) for address in named)
    return next((number for number in found if number is not None), None)


async def _same(db: AsyncConnection, mail: MailParsed) -> SamePost | None:
    found = await db.execute(
        select(posts.c.id, posts.c.ticket, posts.c.mail)
        .where(
            posts.c.tenant == mail.tenant,
            posts.c.message_id == mail.message_id,
            posts.c.fingerprint == mail.fingerprint,
            posts.c.mail != mail.mail,
        )
        .limit(1)
    )
    row = found.first()
    return SamePost(row.id, row.ticket, row.mail) if row else None


async def _by_ids(db: AsyncConnection, mail: MailParsed, ids: Sequence[str]) -> UUID | None:
    if not ids:
        return None
    rows = await db.execute(
        select(thread_ids.c.message_id, thread_ids.c.ticket).where(
            thread_ids.c.tenant == mail.tenant,
            thread_ids.c.message_id.in_(ids),
            thread_ids.c.seen,
        )
    )
    known = {row.message_id: row.ticket for row in rows}
    return next((known[name] for name in ids if name in known), None)


async def _awaiting(
    db: AsyncConnection, mail: MailParsed, candidates: Candidates, ids: Sequence[str]
) -> tuple[Candidate, ...]:
    """Find tickets that wait for this mail, or for one that it answers too; the first opened first."""
    rows = await db.execute(
        select(tickets.c.id, func.max(thread_ids.c.at).label("at"))
        .join(thread_ids, thread_ids.c.ticket == tickets.c.id)
        .where(
            thread_ids.c.tenant == mail.tenant, thread_ids.c.message_id.in_(ids), thread_ids.c.seen.is_(False)
        )
        .group_by(tickets.c.id)
        .order_by(tickets.c.number)
        .limit(MOST_AWAITING)
    )
    found = [(await candidates.of(row.id), row.at) for row in rows.all()]
    waiting = {
        one.ticket: replace(
            one,
            sender_takes_part=one.sender_takes_part or await _went_to_author(db, mail, one.ticket, at),
            worked_on=await _is_worked_on(db, one.ticket),
        )
        for one, at in found
        if one is not None
    }
    return tuple(waiting.values())


async def _went_to_author(db: AsyncConnection, mail: MailParsed, ticket: UUID, at: datetime) -> bool:
    """Say whether a mail went to somebody who answered it before it came here: it is older than that answer,
    and comes soon after it."""
    if mail.received_at - at >= LATE:
        return False
    answer = select(posts.c.id).where(
        posts.c.ticket == ticket,
        posts.c.mail.is_not(None),
        posts.c.author_address.in_({one.address for one in (*mail.to, *mail.cc)}),
        posts.c.shown_at >= (mail.date or mail.received_at),
    )
    return (await db.execute(answer.limit(1))).first() is not None


async def _is_worked_on(db: AsyncConnection, ticket: UUID) -> bool:
    """Say whether people of ours did anything to a ticket."""
    ours = select(posts.c.id).where(posts.c.ticket == ticket, posts.c.kind.in_(("mail_out", "note")))
    by_user = history.c.actor["user"].as_string().is_not(None)
    changed = select(history.c.id).where(history.c.ticket == ticket, by_user)
    worked: bool = (await db.execute(select(or_(exists(ours), exists(changed))))).scalar_one()
    return worked


async def _by_number(db: AsyncConnection, mail: MailParsed, number: int | None) -> UUID | None:
    if not number:
        return None
    found = await db.execute(
        select(tickets.c.id).where(tickets.c.tenant == mail.tenant, tickets.c.number == number)
    )
    ticket: UUID | None = found.scalar_one_or_none()
    return ticket


async def _candidate(db: AsyncConnection, mail: MailParsed, row: TicketRow) -> Candidate:
    takes_part, colleague = await _standing(db, mail, row.id)
    return Candidate(
        row.id,
        row.category == Category.CLOSED,
        takes_part,
        colleague,
        await _done_for(db, mail, row.id) if row.category in DONE else None,
        (row.subject, *await _subjects(db, row.id)),
        (await options_of(db, mail.tenant, row.department)).response_to_closed_ticket_action,
    )


async def _standing(db: AsyncConnection, mail: MailParsed, ticket: UUID) -> tuple[bool, bool]:
    """Say whether the submitter takes part in a ticket or is an employee, and whether a colleague does."""
    address, domain = mail.submitter.address, mail.submitter.domain
    if not address:
        return False, False
    # whoever took part in a ticket that was merged into this one takes part in this one
    family = leads_to(mail.tenant, ticket)
    rows = await db.execute(select(participants.c.address).where(participants.c.ticket.in_(family)))
    known = {row.address for row in rows}
    employee = select(users.c.id).where(
        users.c.tenant == mail.tenant, users.c.address == address, users.c.archived_at.is_(None)
    )
    takes_part = address in known or (await db.execute(employee)).first() is not None
    return takes_part, not is_free_mail(domain) and any(one.rpartition("@")[2] == domain for one in known)


async def _done_for(db: AsyncConnection, mail: MailParsed, ticket: UUID) -> timedelta | None:
    """How long ago its status was last changed, seen from when the mail came."""
    found = await db.execute(
        select(history.c.at)
        .where(history.c.ticket == ticket, history.c.field == "status")
        .order_by(history.c.id.desc())
        .limit(1)
    )
    since = found.scalar_one_or_none()
    return mail.received_at - since if since else None


async def _subjects(db: AsyncConnection, ticket: UUID) -> list[str]:
    newest = (
        select(posts.c.subject)
        .where(posts.c.ticket == ticket, posts.c.kind != "system")
        .order_by(posts.c.shown_at.desc())
        .limit(MOST_SUBJECTS)
    )
    return [row.subject for row in await db.execute(newest) if row.subject]
