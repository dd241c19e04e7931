"""Saved views of the list, private and shared, and the columns that a person chose."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.listing import Asked, with_saved
from services.desk.queries.counts import COUNTED_TO
from services.desk.queries.defined import custom_fields_of
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.search import find
from services.desk.queries.tickets import count_of
from shared.storage.desk import layouts, views

MOST = 50
"""As many views one person has, and as many are shared."""
COUNTED = 12
"""So many of the first are counted beside the navigation."""


@dataclass(frozen=True)
class SavedView:
    id: UUID
    owner: UUID
    name: str
    shared: bool
    position: int
    asked: dict[str, str]
    columns: list[str]

    def may_change(self, user: User) -> bool:
        return user.may_write and (self.owner == user.id or (self.shared and user.is_admin))


@dataclass(frozen=True)
class CountedView:
    """A view as the navigation shows it; no count: it was not counted."""

    view: SavedView
    count: int | None


async def views_of(reading: Reading, user: UUID) -> list[SavedView]:
    """Return the views that a person sees, in their order: the shared ones first."""
    c = views.c
    found = await reading.db.execute(
        select(*(c[name] for name in SavedView.__dataclass_fields__))
        .where(reading.own(views), or_(c.owner == user, c.shared))
        .order_by(c.shared.desc(), c.position, c.name, c.id)
        .limit(2 * MOST)
    )
    return [SavedView(**row) for row in found.mappings()]


async def view_named(reading: Reading, user: UUID, view: UUID) -> SavedView | None:
    c = views.c
    found = await reading.db.execute(
        select(*(c[name] for name in SavedView.__dataclass_fields__)).where(
            reading.own(views), or_(c.owner == user, c.shared), c.id == view
        )
    )
    row = found.mappings().one_or_none()
    return SavedView(**row) if row else None


async def counted_views(reading: Reading, user: UUID, now: datetime) -> list[CountedView]:
    """Return the views with how many tickets are in them, up to one more than the navigation tells apart."""
    kept = await views_of(reading, user)
    defined = await custom_fields_of(reading) if kept else []
    counted = []
    for number, view in enumerate(kept):
        count = None
        if number < COUNTED:
            asked = with_saved(Asked(), view.asked)
            found = await find(reading, asked.searched(), user)
            filters = asked.filters(defined, now)
            count = await count_of(reading, filters, user, found, at_most=COUNTED_TO)
        counted.append(CountedView(view, count))
    return counted


async def add_view(db: AsyncConnection, user: User, name: str, at: datetime, **kept: object) -> UUID | None:
    """Keep a private view behind the others of the person; None when they have too many. `kept`: what it
    asks for, and its columns."""
    mine = (views.c.tenant == user.tenant, views.c.owner == user.id)
    counted = select(func.count(), func.coalesce(func.max(views.c.position), 0)).where(*mine)
    count, last = (await db.execute(counted)).one()
    if count >= MOST:
        return None
    view = uuid4()
    row = {"id": view, "tenant": user.tenant, "owner": user.id, "name": name, "position": last + 1}
    await db.execute(insert(views).values(**row, **kept, changed_at=at, shared=False))
    return view


async def change_view(
    db: AsyncConnection, user: User, view: SavedView, at: datetime, **values: object
) -> None:
    if values:
        await db.execute(update(views).where(*_this(user, view)).values(**values, changed_at=at))


async def remove_view(db: AsyncConnection, user: User, view: SavedView) -> None:
    mine = (layouts.c.tenant == user.tenant, layouts.c.view == str(view.id))
    await db.execute(delete(layouts).where(*mine))
    await db.execute(delete(views).where(*_this(user, view)))


async def move_view(
    db: AsyncConnection, user: User, among: Sequence[SavedView], moved: UUID, by: int
) -> None:
    """Move a view one place up or down among those of its kind, and number these anew."""
    ids = [one.id for one in among]
    at = ids.index(moved)
    there = min(max(at + by, 0), len(ids) - 1)
    ids.insert(there, ids.pop(at))
    for position, one in enumerate(ids):
        mine = (views.c.tenant == user.tenant, views.c.id == one)
        await db.execute(update(views).where(*mine).values(position=position))


async def chosen_columns(reading: Reading, user: UUID, view: str) -> list[str] | None:
    """Return the columns that a person chose for a view; None when they did not."""
    found = await reading.db.execute(
        select(layouts.c.columns).where(reading.own(layouts), layouts.c.user == user, layouts.c.view == view)
    )
    chosen: list[str] | None = found.scalar_one_or_none()
    return chosen


async def choose_columns(db: AsyncConnection, user: User, view: str, columns: Sequence[str]) -> None:
    """Keep what a person chose; with none, the usual ones are shown again."""
    if not columns:
        mine = (layouts.c.tenant == user.tenant, layouts.c.user == user.id, layouts.c.view == view)
        await db.execute(delete(layouts).where(*mine))
        return
    made = upsert(layouts).values(user=user.id, view=view, tenant=user.tenant, columns=list(columns))
    changed = {"columns": list(columns)}
    await db.execute(made.on_conflict_do_update(index_elements=["user", "view"], set_=changed))


def _this(user: User, view: SavedView) -> tuple[ColumnElement[bool], ...]:
    return (views.c.tenant == user.tenant, views.c.id == view.id)
