"""Notes that people change or withdraw after they wrote them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, select, update

from services.ticketing import mentioning
from services.ticketing.indexing import NOTHING_SAID, Said, keep_words
from services.ticketing.lifecycle import Refused
from services.ticketing.posting import PREVIEW
from services.ticketing.repository import TicketRow, Tickets
from shared.contracts.notes import EditNote, WithdrawNote, changeable_until
from shared.contracts.sending import Draft
from shared.contracts.tickets import FieldChange
from shared.messaging.unit import Unit
from shared.storage.config import ADMINS, users
from shared.storage.tickets import posts

Answer = dict[str, JsonValue]


@dataclass(frozen=True)
class Written:
    """A post as somebody wants to change it."""

    kind: str
    author: UUID | None
    written_at: datetime
    version: int
    withdrawn: bool


@dataclass(frozen=True)
class Wish:
    """Who wants a note changed, or withdrawn, and which version of it they read."""

    user: UUID | None
    is_admin: bool
    withdraws: bool
    version: int | None


@dataclass(frozen=True)
class Found:
    """A note that may be changed, and the ticket that shows it; both are locked."""

    ticket: TicketRow
    post: Row[Any]  # the columns of ticketing.post


def refusal(note: Written, wish: Wish, now: datetime) -> Refused | None:
    """Say why a note stays as it is, or None."""
    if note.kind != "note":
        return Refused("only internal notes can be changed or withdrawn, never a mail")
    if note.withdrawn:
        return Refused("this note was withdrawn before")
    if wish.version not in (None, note.version):
        return Refused("this note was changed a moment ago: read it again, then repeat what still holds")
    if wish.withdraws and wish.is_admin:
        return None
    if wish.user is None or wish.user != note.author:
        who = "only who wrote a note, or an administrator, may withdraw it"
        return Refused(who if wish.withdraws else "only who wrote a note may change it")
    until = changeable_until(note.written_at)
    if now > until:
        since = f"{until:%Y-%m-%d %H:%M} UTC"
        return Refused(f"this note has stood since {since} and cannot be changed: write another one")
    return None


async def edit(unit: Unit, message: EditNote, draft: Draft) -> Answer:
    """Change the words of a note, or say why not."""
    rows = Tickets(unit.db, unit.tenant, unit.now)
    found = await _found(rows, message)
    if isinstance(found, Refused):
        return {"refused": found.why}
    post = found.post
    if post.body == message.body:
        return {"ok": True, "version": version_of(post)}
    preview = " ".join(draft.text.split())[:PREVIEW]
    details = {"edits": version_of(post), "edited_at": unit.now.isoformat()}
    facts = {"body": message.body, "preview": preview, "details": {**post.details, **details}}
    names = tuple(file["name"] for file in post.details.get("files", ()))
    await _keep(rows, message, found, facts, Said(draft.text, names))
    unit.touch(found.ticket.id)
    snapshot = await rows.snapshot(found.ticket.id)
    await mentioning.tell(unit, draft.text, post.id, snapshot, message.actor)
    return {"ok": True, "version": version_of(post) + 1}


async def withdraw(unit: Unit, message: WithdrawNote) -> Answer:
    """Take the words of a note and its files away, or say why not."""
    rows = Tickets(unit.db, unit.tenant, unit.now)
    found = await _found(rows, message)
    if isinstance(found, Refused):
        return {"refused": found.why}
    withdrawn = {"by": message.actor.name, "at": unit.now.isoformat()}
    details = {name: value for name, value in found.post.details.items() if name != "files"}
    facts = {"body": None, "preview": "", "has_files": False, "details": {**details, "withdrawn": withdrawn}}
    await _keep(rows, message, found, facts, NOTHING_SAID)
    unit.touch(found.ticket.id)
    return {"ok": True}


def version_of(post: Row[Any]) -> int:  # Row[Any]: the columns of ticketing.post
    return 1 + int(post.details.get("edits", 0))


async def _found(rows: Tickets, message: EditNote | WithdrawNote) -> Refused | Found:
    """Lock the note where it is shown now, unless it stays as it is."""
    ticket = await rows.end_of(message.ticket)
    mine = (posts.c.tenant == rows.tenant, posts.c.id == message.post)
    post = (await rows.db.execute(select(posts).where(*mine).with_for_update())).one_or_none()
    if ticket is None or post is None or post.ticket != ticket.id:
        return Refused("there is no such note on this ticket")
    withdrawn = "withdrawn" in post.details
    note = Written(post.kind, post.user, post.created_at, version_of(post), withdrawn)
    withdraws = isinstance(message, WithdrawNote)
    user = message.actor.user
    is_admin = withdraws and await _is_admin(rows, user)
    wish = Wish(user, is_admin, withdraws, message.expected_version)
    return refusal(note, wish, rows.now) or Found(ticket, post)


async def _keep(
    rows: Tickets,
    message: EditNote | WithdrawNote,
    found: Found,
    facts: dict[str, Any],  # Any: columns of ticketing.post
    said: Said,
) -> None:
    ticket, post = found.ticket, found.post
    await rows.db.execute(update(posts).where(posts.c.id == post.id).values(**facts))
    after = {**post._asdict(), **facts}
    await keep_words(rows.db, after, said)
    old: JsonValue = {"post": str(post.id), "blob": post.body}
    new: JsonValue = {"post": str(post.id), "blob": facts["body"]} if facts["body"] else None
    change = FieldChange(field="note", old=old, new=new)
    await rows.write_history(ticket.id, ticket.version, [change], message.actor, message.id)


async def _is_admin(rows: Tickets, user: UUID | None) -> bool:
    admins = (users.c.tenant == rows.tenant, users.c.role.in_(ADMINS), users.c.archived_at.is_(None))
    found = await rows.db.execute(select(users.c.id).where(*admins, users.c.id == user))
    return found.first() is not None
