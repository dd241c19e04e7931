"""The timeline of a ticket: a window of posts with what happened between them."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue, ValidationError
from sqlalchemy import Row, func, literal, select, tuple_
from sqlalchemy.sql.elements import ColumnElement

from services.desk.composing.planning import can_undo, late_by
from services.desk.languages import gettext
from services.desk.queries.changes import Change, changes_within
from services.desk.queries.reading import Reading
from services.desk.queries.unseen import UNSEEN, unseen
from shared.contracts.mail import MailParsed
from shared.storage.merging import leads_to
from shared.storage.sending import attempts
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import held, posts

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 1, 1, tzinfo=UTC)

PLACE = (posts.c.shown_at, posts.c.created_at, posts.c.id)
"""Where a post stands in its ticket: of two mails of one second, the first to come is first."""

LATEST_FIRST = tuple(column.desc() for column in PLACE)
Place = tuple[datetime, datetime, UUID]


@dataclass(frozen=True)
class Outgoing:
    """Where a mail that left, or will leave, is."""

    id: UUID
    state: str
    reason: str | None
    code: str | None
    subject: str
    body: str
    recipients: dict[str, list[dict[str, str]]]
    actor: dict[str, JsonValue]
    written_by: str
    sent_from: dict[str, str] | None
    send_at: datetime | None
    sent_at: datetime | None
    created_at: datetime
    unless_customer_writes: bool
    files: list[dict[str, JsonValue]]
    last_attempt: str | None = None
    warning: str | None = None
    written: str | None = None
    """The blob of what a person wrote, where a signature was put below it."""

    def late_by(self, now: datetime) -> timedelta | None:
        """How long after its time it left, or waits by now."""
        waits = self.state in {"planned", "queued", "sending"}
        return late_by(self.send_at, self.sent_at, now) if waits or self.sent_at else None

    @property
    def can_undo(self) -> bool:
        return self.state == "planned" and can_undo(self.send_at, self.created_at)


@dataclass(frozen=True)
class Post:
    id: UUID
    ticket: UUID
    kind: str
    mail: UUID | None
    user: UUID | None
    author_address: str
    author_name: str
    subject: str
    body: str | None
    raw: str | None
    preview: str
    automatic: str | None
    has_files: bool
    details: dict[str, JsonValue]
    shown_at: datetime
    created_at: datetime
    outgoing: Outgoing | None = None

    @property
    def splits(self) -> int | None:
        """The other ticket of a split that an entry of the system tells of."""
        other = self.details.get("other") if self.details.get("event") == "split" else None
        return other if isinstance(other, int) else None


@dataclass(frozen=True)
class Held:
    """A mail that may belong here, until a person says so."""

    id: UUID
    mail: UUID
    reason: str
    message: MailParsed | None
    at: datetime


@dataclass(frozen=True)
class Window:
    """Some posts of a timeline, oldest first, with the changes and held mails of their time."""

    posts: list[Post]
    changes: list[Change]
    held: list[Held]
    older: int
    newer: bool
    pending: list[Outgoing] = field(default_factory=list)
    """Outgoing mails that have no post yet: the mailer knows them, the ticket does not."""


async def window(reading: Reading, ticket: UUID, size: int, before: UUID | None = None) -> Window:
    """Return the newest `size` posts, or the newest of those older than the post `before`."""
    end = await _place(reading, ticket, before)
    rows = await _posts(reading, ticket, size, end)
    found = await _outgoing_of(reading, [row.outgoing for row in rows if row.outgoing])
    shown = await _as_seen(reading, [_post(row, found.get(row.outgoing)) for row in reversed(rows)])
    older = await _older(reading, ticket, rows[-1]) if shown else 0
    start = shown[0].shown_at if older else BEGINNING
    until = end[0] if end else END
    newest = end is None
    return Window(
        posts=shown,
        changes=await changes_within(reading, ticket, start, until),
        held=await held_on(reading, ticket) if newest else [],
        older=older,
        newer=not newest,
        pending=await _pending(reading, ticket) if newest else [],
    )


async def one_post(reading: Reading, post: UUID) -> Post | None:
    found = await reading.db.execute(
        select(posts).where(reading.own(posts), reading.shown(posts.c.ticket), posts.c.id == post)
    )
    row = found.first()
    if row is None:
        return None
    mails = await _outgoing_of(reading, [row.outgoing] if row.outgoing else [])
    [seen] = await _as_seen(reading, [_post(row, mails.get(row.outgoing))])
    return seen


async def last_posts(reading: Reading, ticket: UUID, size: int) -> list[Post]:
    """Return the newest mails and notes of a ticket, oldest first, without where our own mails are."""
    rows = await _posts(reading, ticket, size, None)
    return [_post(row, None) for row in reversed(rows) if row.kind != "system"]


async def last_incoming(reading: Reading, ticket: UUID) -> Post | None:
    """Return the last mail that a person sent us: what a reply answers."""
    found = await reading.db.execute(
        select(posts)
        .where(
            reading.own(posts),
            posts.c.ticket == ticket,
            posts.c.kind == "mail_in",
            posts.c.automatic.is_(None),
        )
        .order_by(*LATEST_FIRST)
        .limit(1)
    )
    row = found.first()
    return _post(row, None) if row else None


async def _as_seen(reading: Reading, found: list[Post]) -> list[Post]:
    """Entries of a split without the numbers of tickets that the reader does not see."""
    hidden = await unseen(reading, (post.splits for post in found))
    return [
        replace(post, preview=post.preview.replace(f"#{post.splits}", gettext(UNSEEN)))
        if post.splits in hidden
        else post
        for post in found
    ]


async def _place(reading: Reading, ticket: UUID, post: UUID | None) -> Place | None:
    if post is None:
        return None
    found = await reading.db.execute(
        select(*PLACE).where(reading.own(posts), posts.c.ticket == ticket, posts.c.id == post)
    )
    row = found.one_or_none()
    return (row.shown_at, row.created_at, row.id) if row else None


# Row[Any]: the columns of the table, read by name below
async def _posts(reading: Reading, ticket: UUID, size: int, end: Place | None) -> list[Row[Any]]:
    query = select(posts).where(reading.own(posts), posts.c.ticket == ticket)
    if end is not None:
        query = query.where(_before(end))
    return list(await reading.db.execute(query.order_by(*LATEST_FIRST).limit(size)))


async def _older(reading: Reading, ticket: UUID, first: Row[Any]) -> int:
    place = _before((first.shown_at, first.created_at, first.id))
    query = select(func.count()).where(reading.own(posts), posts.c.ticket == ticket, place)
    return int((await reading.db.execute(query)).scalar_one())


def _before(place: Place) -> ColumnElement[bool]:
    return tuple_(*PLACE) < tuple_(*(literal(each) for each in place))


async def _outgoing_of(reading: Reading, ids: list[UUID]) -> dict[UUID | None, Outgoing]:
    if not ids:
        return {}
    found = await reading.db.execute(select(outgoing).where(reading.own(outgoing), outgoing.c.id.in_(ids)))
    tried = await reading.db.execute(
        select(attempts.c.mail, attempts.c.text)
        .where(reading.own(attempts), attempts.c.mail.in_(ids))
        .order_by(attempts.c.id)
    )
    last: dict[UUID, str | None] = {row.mail: row.text for row in tried}
    return {row.id: outgoing_mail(row, last.get(row.id)) for row in found}


async def _pending(reading: Reading, ticket: UUID) -> list[Outgoing]:
    known = select(posts.c.outgoing).where(reading.own(posts), posts.c.outgoing == outgoing.c.id)
    family = outgoing.c.ticket.in_(leads_to(reading.tenant, ticket))
    found = await reading.db.execute(
        select(outgoing)
        .where(reading.own(outgoing), family, ~known.exists())
        .order_by(outgoing.c.created_at)
        .limit(20)
    )
    return [outgoing_mail(row) for row in found]


async def is_held_on(reading: Reading, mail: UUID, ticket: UUID) -> bool:
    """Whether a held mail, decided about or not, stands on a ticket."""
    found = await reading.db.execute(
        select(held.c.id).where(reading.own(held), held.c.id == mail, held.c.ticket == ticket)
    )
    return found.first() is not None


async def held_on(reading: Reading, ticket: UUID) -> list[Held]:
    found = await reading.db.execute(
        select(held.c.id, held.c.mail, held.c.reason, held.c.message, held.c.created_at)
        .where(reading.own(held), held.c.ticket == ticket, held.c.state == "open")
        .order_by(held.c.created_at)
    )
    return [Held(row.id, row.mail, row.reason, _message(row.message), row.created_at) for row in found]


def _message(facts: object) -> MailParsed | None:
    try:
        return MailParsed.model_validate(facts)
    except ValidationError:
        return None


def _post(row: Row[Any], mail: Outgoing | None) -> Post:
    names = [name for name in Post.__dataclass_fields__ if name not in {"outgoing", "details"}]
    return Post(**{name: getattr(row, name) for name in names}, details=row.details or {}, outgoing=mail)


def outgoing_mail(row: Row[Any], last_attempt: str | None = None) -> Outgoing:
    """Read a row of the mailer's table."""
    names = [name for name in Outgoing.__dataclass_fields__ if name != "last_attempt"]
    return Outgoing(**{name: getattr(row, name) for name in names}, last_attempt=last_attempt)
