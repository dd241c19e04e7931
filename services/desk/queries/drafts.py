"""What people have begun to write: kept, shown again, and gone when it was sent."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import Text, cast, delete, exists, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.queries.reading import Reading
from services.desk.queries.uploads import KEPT
from shared.storage.desk import drafts, uploads
from shared.storage.lists import among
from shared.storage.merging import leads_to
from shared.storage.tickets import tickets

Kind = Literal["reply", "note", "forward", "new"]
REMEMBERED = timedelta(days=1)
"""How long it is known that a draft has ended: a page may save it once more when it is left."""


@dataclass(frozen=True)
class Draft:
    id: UUID
    kind: str
    ticket: UUID | None = None
    text: str = ""
    html: str = ""
    fields: Mapping[str, list[str]] = field(default_factory=dict)
    """The other fields of its form, by their names."""
    files: Sequence[UUID] = ()
    version: int = 0
    """The one that it is made from; 0: it is new."""
    changed_at: datetime | None = None


COLUMNS = tuple(drafts.c[name] for name in Draft.__dataclass_fields__)


@dataclass(frozen=True)
class Kept:
    version: int


@dataclass(frozen=True)
class Newer:
    """Another page was faster: nothing was kept, and this is what it wrote."""

    draft: Draft


@dataclass(frozen=True)
class Ended:
    """It was sent or thrown away."""


async def keep(
    db: AsyncConnection, tenant: str, user: UUID, draft: Draft, at: datetime
) -> Kept | Newer | Ended:
    d = drafts.c
    mine = (d.tenant == tenant, d.user == user, d.id == draft.id)
    found = (await db.execute(select(*COLUMNS, d.ended_at).where(*mine).with_for_update())).first()
    words = {"text": draft.text, "html": draft.html, "fields": dict(draft.fields), "files": [*draft.files]}
    if found is None:
        row = {"id": draft.id, "tenant": tenant, "user": user, "ticket": draft.ticket, "kind": draft.kind}
        added = insert(drafts).values(**row, **words, version=1, changed_at=at).on_conflict_do_nothing()
        if (await db.execute(added.returning(d.id))).first() is None:
            return Ended()
    elif found.ended_at is not None:
        return Ended()
    elif found.version != draft.version:
        return Newer(Draft(*found[:-1]))
    else:
        changed = (
            update(drafts)
            .where(*mine)
            .values(**words, ticket=draft.ticket, version=d.version + 1, changed_at=at)
        )
        await db.execute(changed)
        await _let_go(db, tenant, user, set(found.files) - set(draft.files), at)
    await _hold(db, tenant, user, draft.files)
    return Kept(draft.version + 1 if found is not None else 1)


async def end(db: AsyncConnection, tenant: str, user: UUID, draft: UUID, at: datetime) -> None:
    """Forget the words of a draft, and that it may not come back: also of one that was never saved."""
    d = drafts.c
    mine = (d.tenant == tenant, d.user == user, d.id == draft)
    named = (await db.execute(select(d.files).where(*mine))).scalar_one_or_none()
    nothing = {"text": "", "html": "", "fields": {}, "files": [], "ended_at": at, "due_at": at + REMEMBERED}
    row = {"id": draft, "tenant": tenant, "user": user, "kind": "", "version": 0, "changed_at": at}
    ended = insert(drafts).values(**row, **nothing)
    await db.execute(ended.on_conflict_do_update(index_elements=[d.id], set_=nothing, where=(d.user == user)))
    await _let_go(db, tenant, user, named or (), at)


async def drafts_on(reading: Reading, user: UUID, ticket: UUID | None, kind: Kind) -> list[Draft]:
    """Return what a person has begun on a ticket, the newest first; on none: new tickets.

    What was begun on one that was merged into it is begun on it.
    """
    d = drafts.c
    on = d.ticket.in_(leads_to(reading.tenant, ticket)) if ticket else d.ticket.is_(None)
    mine = (reading.own(drafts), d.user == user, on, d.kind == kind, d.ended_at.is_(None))
    found = await reading.db.execute(select(*COLUMNS).where(*mine).order_by(d.changed_at.desc()).limit(10))
    return [Draft(*row) for row in found]


async def begun_among(reading: Reading, user: UUID, of: Collection[UUID]) -> set[UUID]:
    """Return those of some tickets on which a person has begun to write: the mark of a list."""
    d = drafts.c
    mine = (reading.own(drafts), d.user == user, d.ended_at.is_(None), d.ticket.in_(of))
    return set((await reading.db.execute(select(d.ticket).where(*mine))).scalars())


async def count_of_drafts(reading: Reading, user: UUID) -> int:
    """Count what a person has begun to write, on tickets that they see and on new ones."""
    d = drafts.c
    seen = exists().where(reading.own(tickets), tickets.c.id == d.ticket, reading.seen())
    mine = (reading.own(drafts), d.user == user, d.ended_at.is_(None), or_(d.ticket.is_(None), seen))
    return int((await reading.db.execute(select(func.count()).where(*mine))).scalar_one())


async def remove_draft(db: AsyncConnection, tenant: str, draft: UUID) -> None:
    await db.execute(delete(drafts).where(drafts.c.tenant == tenant, drafts.c.id == draft))


async def forget_drafts(db: AsyncConnection, tenant: str, address: str, of: Collection[UUID]) -> None:
    """Remove what was begun on tickets of a contact, and what was to go to their address."""
    d = drafts.c
    named = func.lower(cast(d.fields, Text)).contains(address.lower(), autoescape=True)
    await db.execute(delete(drafts).where(d.tenant == tenant, or_(among(d.ticket, of), named)))


async def _hold(db: AsyncConnection, tenant: str, user: UUID, files: Collection[UUID]) -> None:
    """Keep the uploads of a draft for as long as there is the draft."""
    u = uploads.c
    mine = (u.tenant == tenant, u.user == user, u.id.in_(files))
    await db.execute(update(uploads).where(*mine).values(due_at=None))


async def _let_go(
    db: AsyncConnection, tenant: str, user: UUID, files: Collection[UUID], at: datetime
) -> None:
    u = uploads.c
    mine = (u.tenant == tenant, u.user == user, u.id.in_(files))
    await db.execute(update(uploads).where(*mine).values(due_at=at + KEPT))
