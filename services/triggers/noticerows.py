"""Every query on notices: laid down, read with their tickets, ended."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triggers.gathering import Waiting
from services.triggers.lookups import clock_of
from services.triggers.noticing import LONG_AGO, Notice, Person, apart, goes_at, may_be_told, noticed
from shared.contracts.notices import NoticeKind
from shared.contracts.references import written
from shared.contracts.statuses import ENDED
from shared.contracts.tickets import TicketEvent
from shared.messaging.unit import Unit
from shared.storage.config import ADMINS, users
from shared.storage.lists import among
from shared.storage.notices import choices_of
from shared.storage.options import options_of
from shared.storage.seeing import hidden_departments
from shared.storage.tickets import posts, tickets
from shared.storage.triggers import notices, notified

KEPT = timedelta(days=30)
"""How long a notice is known after it was told: the same event tells it no second time."""


async def person_named(db: AsyncConnection, tenant: str, user: UUID) -> Person | None:
    """Return somebody who may be told of tickets; None when they are not there any more."""
    found = await db.execute(
        select(users.c.address, users.c.name, users.c.role).where(
            users.c.tenant == tenant, users.c.id == user, users.c.archived_at.is_(None)
        )
    )
    row = found.one_or_none()
    if row is None:
        return None
    hidden = frozenset(each.department for each in await db.execute(hidden_departments(tenant, user)))
    return Person(user, row.address, row.name, row.role in ADMINS, hidden)


async def lay_down(unit: Unit, event: TicketEvent) -> None:
    """Keep whom an event is to tell of what, and say when they are told."""
    for notice in noticed(event):
        person = await person_named(unit.db, unit.tenant, notice.user)
        choices = await choices_of(unit.db, unit.tenant, notice.user)
        if not may_be_told(notice, person, event, choices) or not await _lay(unit, notice):
            continue
        options = await options_of(unit.db, unit.tenant)
        told_at = await last_told(unit.db, notice.user)
        not_before = told_at + apart(options) if told_at else LONG_AGO
        clock = await clock_of(unit.db, unit.tenant)
        moment = goes_at(choices.way(notice.kind), unit.now, choices.digest_hour, clock, not_before)
        await _wake_at(unit, notice.user, moment)


async def _lay(unit: Unit, notice: Notice) -> bool:
    """Keep a notice until it is told; False: it was there before."""
    row = {
        "id": notice.id,
        "tenant": unit.tenant,
        "user": notice.user,
        "kind": notice.kind,
        "ticket": notice.ticket,
        "post": notice.post,
        "who": notice.who,
        "at": unit.now,
    }
    made = upsert(notices).values(row).on_conflict_do_nothing().returning(notices.c.id)
    return (await unit.db.execute(made)).first() is not None


async def last_told(db: AsyncConnection, user: UUID) -> datetime | None:
    told: datetime | None = await db.scalar(select(notified.c.told_at).where(notified.c.id == user))
    return told


async def _wake_at(unit: Unit, user: UUID, moment: datetime) -> None:
    """Tell somebody at that moment, or when they are to be told before."""
    made = upsert(notified).values(id=user, tenant=unit.tenant, due_at=moment)
    sooner = func.least(notified.c.due_at, made.excluded.due_at)
    await unit.db.execute(made.on_conflict_do_update(index_elements=["id"], set_={"due_at": sooner}))


async def waiting_for(db: AsyncConnection, tenant: str, user: UUID, how: str) -> list[Waiting]:
    """Return what somebody is still to be told, oldest first. `how`: the tenant writes numbers."""
    n, t, p = notices.c, tickets.c, posts.c
    found = await db.execute(
        select(n.id, n.kind, n.who, n.at, n.post, n.ticket, p.preview, p.author_name, p.author_address)
        .add_columns(t.number, t.subject, t.department, t.assignee, t.mailbox, t.category, t.created_at)
        .select_from(notices.join(tickets, t.id == n.ticket).outerjoin(posts, p.id == n.post))
        .where(n.tenant == tenant, n.user == user, n.ended_at.is_(None))
        .order_by(n.at, n.id)
    )
    return [
        Waiting(
            id=row.id,
            kind=NoticeKind(row.kind),
            who=row.who or row.author_name or row.author_address or "",
            at=row.at,
            ticket=row.ticket,
            number=row.number,
            reference=written(how, row.number, row.created_at),
            subject=row.subject,
            department=row.department,
            assignee=row.assignee,
            mailbox=row.mailbox,
            is_done=row.category in ENDED,
            post=row.post,
            words=row.preview or "",
        )
        for row in found
    ]


async def end(unit: Unit, them: Sequence[UUID], outcome: str, effect: UUID | None = None) -> int:
    """Say what became of notices that wait; return of how many."""
    these = (among(notices.c.id, them), notices.c.ended_at.is_(None))
    ended = update(notices).where(*these).values(ended_at=unit.now, outcome=outcome, effect=effect)
    return (await unit.db.execute(ended)).rowcount


async def forget_old(unit: Unit, user: UUID) -> None:
    c = notices.c
    old = (c.tenant == unit.tenant, c.user == user, c.ended_at < unit.now - KEPT)
    await unit.db.execute(delete(notices).where(*old))
