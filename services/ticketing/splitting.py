"""Split some posts off a ticket: they, and answers to their mail, are on a ticket of their own from then on.

It is undone by merging the new ticket into the old one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, update

from services.ticketing.belonging import belonging
from services.ticketing.defined import defined_by
from services.ticketing.indexing import read_again
from services.ticketing.lifecycle import Refused, checked, status_after_answer
from services.ticketing.locking import lock_ids
from services.ticketing.merging import conflict, merged_away
from services.ticketing.participating import takes_along
from services.ticketing.people import Who
from services.ticketing.repository import TicketRow, Tickets
from services.ticketing.telling import tell
from shared.contracts.mail import Address
from shared.contracts.statuses import Category
from shared.contracts.tickets import FieldChange, Kind, SplitTicket, TicketCreated
from shared.messaging.unit import Unit, Units
from shared.storage.engine import in_tenant
from shared.storage.merging import leads_to
from shared.storage.tickets import contacts, posts, thread_ids

Answer = dict[str, Any]  # Any: JSON
PostRow = Row[Any]  # Any: the columns of ticketing.post

SYSTEM = "system"


@dataclass(frozen=True)
class Clocks:
    """What the posts of a ticket say of its clocks."""

    written: datetime | None
    """The last post by a person."""
    waiting: datetime | None
    answered: bool


def clocks_of(rows: Iterable[PostRow], *, imported_count: bool) -> Clocks:
    """Read the clocks off the posts. `imported_count`: whether an answer to imported mail is waited for."""
    rows = list(rows)
    asked = [row for row in rows if row.kind == "mail_in" and row.automatic is None]
    answers = [row for row in rows if row.kind == "mail_out" and row.details.get("written_by") == "person"]
    notes = [row for row in rows if row.kind == "note" and "trigger" not in row.details]
    answered_at = max((row.created_at for row in answers), default=None)
    waited_for = [
        row.created_at
        for row in asked
        if (imported_count or not row.details.get("imported"))
        and (answered_at is None or row.created_at > answered_at)
    ]
    written = max((row.created_at for row in (*asked, *answers, *notes)), default=None)
    return Clocks(written, min(waited_for, default=None), bool(answers))


def may_split(row: TicketRow, here: Sequence[PostRow], wanted: frozenset[UUID]) -> Refused | None:
    """Refuse what would leave a ticket without a post."""
    if merged := merged_away(row):
        return merged
    chosen = [post for post in here if post.id in wanted]
    if not wanted:
        return Refused("no post is chosen: choose those that are another matter")
    if len(chosen) < len(wanted):
        return Refused("a chosen post is not on this ticket any more: read it again")
    if any(post.kind == SYSTEM for post in chosen):
        return Refused("an entry of the system stays where it is: choose mails and notes")
    if not any(post.id not in wanted and post.kind != SYSTEM for post in here):
        return Refused("at least one mail or note stays: to rename a ticket, change its subject")
    return None


async def first_writer(units: Units, message: SplitTicket) -> Address | None:
    """Return who wrote the first of the chosen mails; None when none is from outside."""
    p = posts.c
    first = (
        select(p.author_address, p.author_name)
        .where(p.tenant == message.tenant, p.ticket == message.ticket, p.id.in_(message.posts))
        .where(p.kind == "mail_in", p.automatic.is_(None), p.author_address != "")
        .order_by(p.shown_at, p.created_at, p.id)
    )
    async with in_tenant(units.engine, message.tenant) as db:
        row = (await db.execute(first.limit(1))).one_or_none()
    return Address(address=row.author_address, name=row.author_name) if row else None


async def split(unit: Unit, message: SplitTicket, who: Who | None) -> Answer:
    """Make the chosen posts a ticket of their own, and let both tickets tell."""
    tickets, wanted = Tickets(unit.db, unit.tenant, unit.now), frozenset(message.posts)
    await _lock_thread(unit, wanted)
    row = await tickets.locked(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    if message.expected_version not in (None, row.version):
        return conflict(row)
    here = await _posts_of(unit, row.id)
    subject = checked("subject", message.subject, await defined_by(unit.db, unit.tenant))
    refused = subject if isinstance(subject, Refused) else may_split(row, here, wanted)
    if refused is not None:
        return {"refused": refused.why}
    moved = [post for post in here if post.id in wanted]
    own = await _open(unit, tickets, row, moved, subject=str(subject), who=who)
    await _move(unit, row, own.id, moved)
    await _tell_both(unit, message, row, own, moved)
    left = clocks_of([post for post in here if post.id not in wanted], imported_count=_counts(row))
    clocks = {"last_person_post_at": left.written or row.created_at, "waiting_since": left.waiting}
    await tell(unit, tickets, row, (FieldChange(field="split", new=own.number),), message, **clocks)
    return {"ok": True, "number": own.number, "version": row.version + 1}


def _counts(row: TicketRow) -> bool:
    return row.imported_at is None or row.waiting_since is not None


async def _lock_thread(unit: Unit, wanted: frozenset[UUID]) -> None:
    """Let an answer that comes now wait until it is known where its mail is."""
    names = select(posts.c.message_id).where(
        posts.c.tenant == unit.tenant, posts.c.id.in_(wanted), posts.c.message_id.is_not(None)
    )
    await lock_ids(unit.db, unit.tenant, list(await unit.db.scalars(names)))


async def _posts_of(unit: Unit, ticket: UUID) -> Sequence[PostRow]:
    of_ticket = select(posts).where(posts.c.tenant == unit.tenant, posts.c.ticket == ticket)
    return (await unit.db.execute(of_ticket)).all()


async def _open(
    unit: Unit, tickets: Tickets, old: TicketRow, moved: Sequence[PostRow], *, subject: str, who: Who | None
) -> TicketRow:
    """Open the ticket of the moved posts: beside the old one in all but whom it belongs to."""
    clocks = clocks_of(moved, imported_count=_counts(old))
    theirs: dict[str, object] = {name: getattr(old, name) for name in ("contact", "organization", "kind")}
    contact = await unit.db.scalar(select(contacts.c.address).where(contacts.c.id == old.contact))
    if who is not None and who.address.address != contact:
        belongs = await belonging(unit, who)
        kind = Kind.INTERNAL if who.employee else Kind.EXTERNAL
        theirs = {"contact": belongs.contact, "organization": belongs.organization, "kind": kind}
    beside = ("department", "mailbox", "receiving_address", "priority", "tags")
    ticket = await tickets.open(
        subject=subject,
        status=status_after_answer("new", Category.NEW) if clocks.answered else "new",
        split_from=old.id,
        waiting_since=clocks.waiting,
        last_person_post_at=clocks.written or unit.now,
        **theirs,
        **{name: getattr(old, name) for name in beside},
    )
    row = await tickets.locked(ticket)
    assert row is not None, "it was opened above"
    return row


async def _move(unit: Unit, old: TicketRow, ticket: UUID, moved: Sequence[PostRow]) -> None:
    """Move the posts, with the ids that lead to them and the people of their mail. They belong here from now
    on: no undone merge takes them back."""
    ids = [post.id for post in moved]
    await unit.db.execute(update(posts).where(posts.c.id.in_(ids)).values(ticket=ticket, origin=None))
    await read_again(unit.db, ticket, now=unit.now)
    t = thread_ids.c
    of_old = (t.tenant == unit.tenant, t.ticket.in_(leads_to(unit.tenant, old.id)), t.seen)
    names = [post.message_id for post in moved if post.message_id]
    known = update(thread_ids).where(*of_old, t.message_id.in_(names))
    await unit.db.execute(known.values(ticket=ticket))
    await takes_along(unit, old.id, ticket, moved)


async def _tell_both(
    unit: Unit, message: SplitTicket, old: TicketRow, own: TicketRow, moved: Sequence[PostRow]
) -> None:
    """Say on both what happened, and announce the new one as what it is."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    by, many = message.actor.name or "somebody", "1 post" if len(moved) == 1 else f"{len(moved)} posts"
    told = (
        (old, f"{by} split {many} off to #{own.number}", own),
        (own, f"{by} split this off #{old.number}", old),
    )
    for row, preview, other in told:
        details = {"event": "split", "other": other.number}
        await tickets.add_post(row.id, SYSTEM, preview=preview, shown_at=unit.now, details=details)
    change = FieldChange(field="split_from", new=old.number)
    await tickets.remember(own, (change,), message.actor, message.id)
    snapshot = await tickets.snapshot(own.id)
    unit.emit(TicketCreated(tenant=unit.tenant, ticket=snapshot, actor=message.actor, split_from=old.id))
