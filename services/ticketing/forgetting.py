"""What ticketing knows of one contact, and forgetting it: their mails become stubs, their tickets stay."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    String,
    Text,
    and_,
    case,
    cast,
    delete,
    func,
    literal,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import JSONB, TSQUERY
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.lists import among
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
from shared.storage.wording import fold, lexeme, quoted, words_of

ERASED = "Erased"
GONE = json.dumps(ERASED)


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
    of_posts = among(placements.c.post, [row.id for row in own])
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
        among(p.id, traces.posts),
        among(p.outgoing, outgoing),
        and_(p.kind == "system", func.lower(p.preview).contains(address, autoescape=True)),
    )
    gone = list(await db.scalars(select(p.id).where(p.tenant == tenant, theirs).with_for_update()))
    ids = select(p.message_id).where(among(p.id, gone), p.message_id.is_not(None))
    await db.execute(
        delete(thread_ids).where(thread_ids.c.tenant == tenant, thread_ids.c.message_id.in_(ids))
    )
    await db.execute(delete(words).where(among(words.c.id, gone)))
    await db.execute(update(posts).where(among(p.id, gone)).values(**_stub(now)))
    await db.execute(delete(held).where(held.c.tenant == tenant, among(held.c.mail, traces.mails)))
    placed = update(placements).where(among(placements.c.mail, traces.mails))
    await db.execute(placed.values(document=""))
    asked = (known_answers.c.tenant == tenant, func.lower(known_answers.c.asked) == address)
    await db.execute(delete(known_answers).where(*asked))
    them = (participants.c.tenant == tenant, func.lower(participants.c.address) == address)
    await db.execute(delete(participants).where(*them))
    await _forget_tickets(db, tenant, address, traces, now)
    await _forget_values(db, tenant, address)


async def left_by_others(db: AsyncConnection, tenant: str, address: str, traces: Traces) -> tuple[int, int]:
    """Count what stays and may speak of a contact: posts on tickets of others that say the address, by their
    words (what a mail only quotes has none); and notes on their own tickets."""
    said = " <-> ".join(quoted(lexeme(tenant, "any", word)) for word in words_of(address))
    got = quoted(lexeme(tenant, "recipient", fold(address)))
    asked = cast(literal(f"({said}) | {got}", Text), TSQUERY)
    p, w = posts.c, words.c
    says = (w.tenant == tenant, w.words.op("@@", is_comparison=True)(asked))
    elsewhere = (not_(among(w.ticket, traces.tickets)), not_(among(w.id, traces.posts)))
    notes = (p.tenant == tenant, among(p.ticket, traces.tickets), p.kind == "note")
    counts = [select(func.count()).where(*where) for where in ((*says, *elsewhere), notes)]
    row = (await db.execute(select(*(count.scalar_subquery() for count in counts)))).one()
    return row[0], row[1]


async def _forget_values(db: AsyncConnection, tenant: str, address: str) -> None:
    """Take the address out of what was told of any ticket: values of history and of custom fields."""
    h, t = history.c, tickets.c
    for value in (h.old, h.new):
        says = func.lower(cast(value, Text)).contains(address, autoescape=True)
        gone = update(history).where(h.tenant == tenant, says).values({value: cast(literal(GONE), JSONB)})
        await db.execute(gone)
    says = func.lower(cast(t.fields, Text)).contains(address, autoescape=True)
    without = func.regexp_replace(cast(t.fields, Text), re.escape(address), ERASED, "gi")
    values = {"fields": cast(without, JSONB), "version": t.version + 1}
    await db.execute(update(tickets).where(t.tenant == tenant, says).values(values))


async def _forget_tickets(
    db: AsyncConnection, tenant: str, address: str, traces: Traces, now: datetime
) -> None:
    """Their tickets stay, without a word of theirs."""
    h = history.c
    told = (h.tenant == tenant, among(h.ticket, traces.tickets), h.field.in_(("subject", "contact")))
    await db.execute(update(history).where(*told).values(old=null(), new=null()))
    them = func.to_jsonb(cast(address, String))
    took_part = (h.tenant == tenant, h.field == "participants", or_(h.old == them, h.new == them))
    await db.execute(update(history).where(*took_part).values(old=null(), new=null()))
    by_mail = (h.tenant == tenant, among(h.actor["mail"].astext, map(str, traces.mails)))
    nobody = h.actor.op("||")(cast(func.jsonb_build_object("name", ERASED), JSONB))
    await db.execute(update(history).where(*by_mail).values(actor=nobody))
    t = tickets.c
    emptied = {"subject": ERASED, "contact": None, "version": t.version + 1}
    await db.execute(update(tickets).where(t.tenant == tenant, among(t.id, traces.tickets)).values(**emptied))
    # the words of every post of a ticket hold its subject and its contact
    again = update(words).where(words.c.tenant == tenant, among(words.c.ticket, traces.tickets))
    await db.execute(again.values(due_at=now))
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
