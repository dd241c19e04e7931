"""Load all that placement wants to know of a mail; the only queries that look across tickets."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ticketing.locking import answered
from services.ticketing.notices import notice_behind
from services.ticketing.placement import Candidate, Evidence, SamePost
from services.ticketing.repository import TicketRow, lock_end
from shared.contracts.mail import MailParsed, SenderCheck
from shared.contracts.references import Reference, named_in, without_references
from shared.contracts.statuses import Category
from shared.contracts.thread_tokens import read_reply_address, read_token
from shared.domains import is_free_mail
from shared.storage.config import users
from shared.storage.merging import leads_to
from shared.storage.options import formats_of, options_of
from shared.storage.participating import people_of
from shared.storage.references import referred_to
from shared.storage.secrets import ThreadKeys
from shared.storage.tickets import history, posts, thread_ids, tickets

MOST_SUBJECTS = 20
"""Of how many posts, the newest, a mail's subject is looked for."""

MOST_AWAITING = 10
LATE = timedelta(days=7)
"""So long after its answer a mail may still come as what was answered."""

DONE = (Category.RESOLVED, Category.CLOSED)


class Candidates:
    """The tickets that one mail points to. Most answers point to one ticket in several ways: it is described
    once."""

    def __init__(self, db: AsyncConnection, mail: MailParsed, formats: Sequence[str]) -> None:
        self._db = db
        self._formats = formats
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
            self._known[row.id] = await _candidate(self._db, self._mail, row, self._formats)
        return self._known[row.id]


async def gather(db: AsyncConnection, mail: MailParsed, keys: ThreadKeys) -> Evidence:
    """Load the evidence for one mail, whose thread is locked."""
    ids = answered(mail)
    signed = await _signed(db, mail, [*ids, mail.message_id], keys)
    known = await _known(db, mail, ids)
    formats = await formats_of(db, mail.tenant)
    candidates = Candidates(db, mail, formats)
    notice = await notice_behind(db, mail, keys)
    return Evidence(
        notice=notice is not None,
        noticed=await candidates.of(notice.ticket if notice else None),
        same=await _same(db, mail),
        split=await _split(db, mail, candidates, [signed.get(name) or known.get(name) for name in ids]),
        token=await candidates.of(next(iter(signed.values()), None)),
        address=await candidates.of(await _by_number(db, mail, _number_of_address(mail, keys))),
        thread=await candidates.of(next((known[name] for name in ids if name in known), None)),
        awaited=await _awaiting(db, mail, candidates, [mail.message_id, *ids]),
        number=await candidates.of(await _by_reference(db, mail, named_in(mail.subject, formats))),
        automatic=mail.automatic.kind if mail.automatic else None,
        reports_abuse=mail.abuse_report is not None,
        probe=mail.automatic is not None and mail.automatic.probe,
        imported=mail.imported,
        unproven=mail.sender_check is SenderCheck.FAILED,
        only_thanks=mail.only_thanks,
        subject=without_references(mail.subject, formats),
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


async def _signed(
    db: AsyncConnection, mail: MailParsed, names: Sequence[str], keys: ThreadKeys
) -> dict[str, UUID]:
    """Return the tickets of ids that we signed, in their order: where the mail is now, else where it was
    written."""
    refs = {name: ref for name in names if (ref := read_token(name, keys.keys)) and not ref.is_notice}
    if not refs:
        return {}
    rows = await db.execute(
        select(posts.c.outgoing, posts.c.ticket).where(
            posts.c.tenant == mail.tenant, posts.c.outgoing.in_([ref.mail for ref in refs.values()])
        )
    )
    now = {row.outgoing: row.ticket for row in rows}
    return {name: now.get(ref.mail, ref.ticket) for name, ref in refs.items()}


async def _known(db: AsyncConnection, mail: MailParsed, ids: Sequence[str]) -> dict[str, UUID]:
    """Return the tickets of ids that we have seen."""
    if not ids:
        return {}
    rows = await db.execute(
        select(thread_ids.c.message_id, thread_ids.c.ticket).where(
            thread_ids.c.tenant == mail.tenant,
            thread_ids.c.message_id.in_(ids),
            thread_ids.c.seen,
        )
    )
    return {row.message_id: row.ticket for row in rows}


async def _split(
    db: AsyncConnection, mail: MailParsed, candidates: Candidates, homes: Sequence[UUID | None]
) -> Candidate | None:
    """Return the ticket of the nearest id that we know, if it was split or split off another: its mails name
    ids of both, and an older one must not win because we signed it."""
    nearest = await candidates.of(next((home for home in homes if home is not None), None))
    if nearest is None:
        return None
    family = leads_to(mail.tenant, nearest.ticket)
    parted = select(tickets.c.id).where(
        tickets.c.tenant == mail.tenant,
        tickets.c.split_from.is_not(None),
        or_(tickets.c.id.in_(family), tickets.c.split_from.in_(family)),
    )
    return nearest if (await db.execute(parted.limit(1))).first() else None


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
            sender_takes_part=one.sender_takes_part
            or (not one.removed and await _went_to_author(db, mail, one.ticket, at)),
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


async def _by_reference(db: AsyncConnection, mail: MailParsed, said: Sequence[Reference]) -> UUID | None:
    """Find the one ticket that a reference names; formats that lead to different ones prove nothing."""
    found = await db.execute(select(tickets.c.id).where(tickets.c.tenant == mail.tenant, referred_to(said)))
    rows = found.scalars().all()
    return rows[0] if len(rows) == 1 else None


async def _candidate(
    db: AsyncConnection, mail: MailParsed, row: TicketRow, formats: Sequence[str]
) -> Candidate:
    takes_part, colleague, removed = await _standing(db, mail, row.id)
    return Candidate(
        row.id,
        row.category == Category.CLOSED,
        takes_part,
        colleague,
        await _done_for(db, mail, row.id) if row.category in DONE else None,
        tuple(without_references(one, formats) for one in (row.subject, *await _subjects(db, row.id))),
        (await options_of(db, mail.tenant, row.department)).response_to_closed_ticket_action,
        removed,
    )


async def _standing(db: AsyncConnection, mail: MailParsed, ticket: UUID) -> tuple[bool, bool, bool]:
    """Say whether the submitter takes part in a ticket or is an employee, whether a colleague does, and
    whether the submitter was removed."""
    address, domain = mail.submitter.address, mail.submitter.domain
    if not address:
        return False, False, False
    employee = select(users.c.id).where(
        users.c.tenant == mail.tenant, users.c.address == address, users.c.archived_at.is_(None)
    )
    # whoever took part in a ticket that was merged into this one takes part in this one
    everybody = (await db.execute(people_of(mail.tenant, ticket))).all()
    known = {row.address for row in everybody if row.removed_at is None}
    if address in known or (await db.execute(employee)).first() is not None:
        return True, False, False
    if any(row.address == address for row in everybody):
        return False, False, True
    return False, not is_free_mail(domain) and any(one.rpartition("@")[2] == domain for one in known), False


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
