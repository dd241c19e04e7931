"""What ticketing knows of one contact, and forgetting it: their mails become stubs, their tickets stay."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import String, and_, case, cast, delete, func, literal, null, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.people import known_answers
from shared.storage.tickets import (
    contacts,
    held,
    history,
    participants,
    placements,
    posts,
    thread_ids,
    tickets,
    words,
)

ERASED = "Erased"


@dataclass(frozen=True)
class Traces:
    """Where a contact is found, by ids, and the blobs of their own mails."""

    tickets: tuple[UUID, ...] = ()
    posts: tuple[UUID, ...] = ()
    mails: tuple[UUID, ...] = ()
    raw: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()


async def traces_of(db: AsyncConnection, tenant: str, address: str) -> Traces:
    """Find a contact's own tickets and mails, also those that are held or came a second time."""
    p, h = posts.c, held.c
    mine = (p.tenant == tenant, p.kind == "mail_in", func.lower(p.author_address) == address)
    own = (await db.execute(select(p.id, p.mail, p.raw, p.body).where(*mine))).all()
    message = h.message
    kept = select(h.mail, message["raw"].astext.label("raw"), message["document"].astext.label("document"))
    senders = [func.lower(message[one]["address"].astext) == address for one in ("sender", "submitter")]
    waiting = (await db.execute(kept.where(h.tenant == tenant, or_(*senders)))).all()
    of_posts = placements.c.post.in_([row.id for row in own])
    placed = (await db.execute(select(placements.c.mail, placements.c.document).where(of_posts))).all()
    of_contact = select(contacts.c.id).where(contacts.c.tenant == tenant, contacts.c.address == address)
    their = select(tickets.c.id).where(tickets.c.tenant == tenant, tickets.c.contact.in_(of_contact))
    return Traces(
        tickets=tuple(await db.scalars(their)),
        posts=tuple(row.id for row in own),
        mails=tuple({row.mail for row in (*own, *waiting, *placed) if row.mail}),
        raw=tuple({row.raw for row in (*own, *waiting) if row.raw}),
        documents=tuple(
            {*(row.body for row in own), *(row.document for row in (*waiting, *placed))} - {None, ""}
        ),
    )


async def forget(
    db: AsyncConnection,
    tenant: str,
    address: str,
    traces: Traces,
    *,
    outgoing: Sequence[UUID],
    now: datetime,
) -> None:
    """Forget a contact. `outgoing`: our mails to nobody else. Again, it finds nothing more to do."""
    p = posts.c
    theirs = or_(
        p.id.in_(traces.posts),
        p.outgoing.in_(outgoing),
        and_(p.kind == "system", func.lower(p.preview).contains(address, autoescape=True)),
    )
    gone = list(await db.scalars(select(p.id).where(p.tenant == tenant, theirs).with_for_update()))
    ids = select(p.message_id).where(p.id.in_(gone), p.message_id.is_not(None))
    await db.execute(
        delete(thread_ids).where(thread_ids.c.tenant == tenant, thread_ids.c.message_id.in_(ids))
    )
    await db.execute(delete(words).where(words.c.id.in_(gone)))
    await db.execute(update(posts).where(p.id.in_(gone)).values(**_stub(now)))
    await db.execute(delete(held).where(held.c.tenant == tenant, held.c.mail.in_(traces.mails)))
    placed = update(placements).where(placements.c.mail.in_(traces.mails))
    await db.execute(placed.values(document=""))
    asked = (known_answers.c.tenant == tenant, func.lower(known_answers.c.asked) == address)
    await db.execute(delete(known_answers).where(*asked))
    them = (participants.c.tenant == tenant, func.lower(participants.c.address) == address)
    await db.execute(delete(participants).where(*them))
    await _forget_tickets(db, tenant, address, traces)


async def _forget_tickets(db: AsyncConnection, tenant: str, address: str, traces: Traces) -> None:
    """Their tickets stay, without a word of theirs."""
    h = history.c
    told = (h.tenant == tenant, h.ticket.in_(traces.tickets), h.field.in_(("subject", "contact")))
    await db.execute(update(history).where(*told).values(old=null(), new=null()))
    by_mail = (h.tenant == tenant, h.actor["mail"].astext.in_([str(mail) for mail in traces.mails]))
    nobody = h.actor.op("||")(cast(func.jsonb_build_object("name", ERASED), JSONB))
    await db.execute(update(history).where(*by_mail).values(actor=nobody))
    t = tickets.c
    emptied = {"subject": ERASED, "contact": None, "version": t.version + 1}
    await db.execute(update(tickets).where(t.tenant == tenant, t.id.in_(traces.tickets)).values(**emptied))
    await db.execute(delete(contacts).where(contacts.c.tenant == tenant, contacts.c.address == address))


def _stub(now: datetime) -> dict[str, object]:
    """What is left of a post."""
    p, on = posts.c, f"{now:%Y-%m-%d}"
    said = literal(f"{ERASED} on {on}.", String)
    return {
        "author_address": "",
        "author_name": case((p.kind == "mail_in", ERASED), else_=p.author_name),
        "subject": "",
        "body": None,
        "raw": None,
        "preview": said,
        "message_id": None,
        "fingerprint": None,
        "has_files": False,
        "details": {"event": "erased", "on": on},
    }
