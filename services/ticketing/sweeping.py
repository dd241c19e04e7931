"""What ticketing does by time: close the inactive, remind before that, open tickets for undecided mail."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from sqlalchemy import Row, select, tuple_

from services.ticketing import changing
from services.ticketing.handlers import keep, ticketing
from services.ticketing.people import People
from services.ticketing.remembering import forget
from services.ticketing.repository import Tickets
from shared.blobs.store import BlobStore
from shared.contracts.inactivity import Close, Remind, Silence, Wait, due
from shared.contracts.options import Options
from shared.contracts.tickets import Actor, InactiveTicketClosed, ReminderDue, TicketChanged
from shared.messaging import keeping
from shared.messaging.relay import floods
from shared.messaging.unit import Unit, Units
from shared.storage import due as due_rows
from shared.storage.config import tenants
from shared.storage.engine import in_tenant, sweeping
from shared.storage.options import scopes_of
from shared.storage.silence import Walk, due_now
from shared.storage.tickets import held, tickets

BATCH = 100


@dataclass(frozen=True)
class Pruned:
    """What inactivity did for a tenant."""

    on: bool
    """Whether the tenant, or a department of it, closes inactive tickets."""
    reminded: int
    closed: int
    paused: bool = False
    """More is due, and waits until what was told so far has been carried on."""

    def then(self, later: Self) -> Self:
        """Return both together."""
        return replace(later, reminded=self.reminded + later.reminded, closed=self.closed + later.closed)


@ticketing.every(timedelta(minutes=1))
async def prune(units: Units) -> int:
    """Close and remind, for every tenant that wants it."""
    async with sweeping(units.engine) as db:
        everybody = [row.id for row in await db.execute(select(tenants.c.id).where(~tenants.c.suspended))]
    counts = [await prune_tenant(units, tenant) for tenant in everybody]
    return sum(done.reminded + done.closed for done in counts)


async def prune_tenant(units: Units, tenant: str) -> Pruned:
    """Do what is due for one tenant, in batches, until it floods the outbox."""
    async with in_tenant(units.engine, tenant) as db:
        scopes = [scope for scope in await scopes_of(db, tenant) if scope.options.close_inactive_tickets]
    done = Pruned(bool(scopes), 0, 0)
    for scope in scopes:
        for walk in due_now(tenant, scope, units.clock()):
            done = done.then(await _walk(units, tenant, scope.options, walk))
            if done.paused:
                return done
    return done


async def _walk(units: Units, tenant: str, options: Options, walk: Walk) -> Pruned:
    done = Pruned(on=True, reminded=0, closed=0)
    after: tuple[datetime, UUID] = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
    while True:
        async with units.acting(tenant) as unit:
            if await floods(unit.db, tenant):
                return replace(done, paused=True)
            rows = await _next(unit, walk, after)
            decisions = await _done(unit, rows, options) if rows else []
        done = done.then(
            Pruned(
                on=True,
                reminded=sum(isinstance(each, Remind) for each in decisions),
                closed=sum(isinstance(each, Close) for each in decisions),
            )
        )
        if len(rows) < BATCH:
            return done
        after = (getattr(rows[-1], walk.place[0].name), rows[-1].id)


async def _next(unit: Unit, walk: Walk, after: tuple[datetime, UUID]) -> list[Row[Any]]:
    """Lock the next tickets of a walk; skip those that others work on."""
    found = await unit.db.execute(
        select(tickets)
        .where(*walk.conditions, tuple_(*walk.place) > tuple_(*after))
        .order_by(*walk.place)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list(found)


async def _done(unit: Unit, rows: Sequence[Row[Any]], options: Options) -> list[Wait | Remind | Close]:
    """Do what is due for each, and say what that was."""
    kept, actor = Tickets(unit.db, unit.tenant, unit.now), Actor(name="Inactivity")
    decisions = [due(Silence(row.last_person_post_at, row.reminded_at), options, unit.now) for row in rows]
    both = list(zip(rows, decisions, strict=True))
    await kept.touch(*(row.id for row, each in both if isinstance(each, Remind)), reminded_at=unit.now)
    changes = {
        row.id: await kept.change(row, {"status": "closed"}, actor, None)
        for row, each in both
        if isinstance(each, Close)
    }
    snapshots = await kept.snapshots([row.id for row in rows])
    for row, decision in both:
        about = {"tenant": unit.tenant, "ticket": snapshots[row.id], "actor": actor}
        match decision:
            case Remind(closes_at):
                unit.emit(ReminderDue.model_validate({**about, "closes_at": closes_at}))
            case Close():
                unit.emit(InactiveTicketClosed.model_validate({**about, "status_before": row.status}))
                unit.emit(TicketChanged.model_validate({**about, "changes": changes[row.id]}))
            case Wait():
                pass
    return decisions


@ticketing.every(timedelta(hours=6))
async def forget_answers(units: Units) -> int:
    """Remove what resources of others said of people that nobody asked about in a long time."""
    async with sweeping(units.engine) as db:
        everybody = [row.id for row in await db.execute(select(tenants.c.id))]
    forgotten = 0
    for tenant in everybody:
        async with units.acting(tenant) as unit:
            forgotten += await forget(unit.db, tenant, unit.now)
    return forgotten


@ticketing.every(timedelta(hours=1))
async def forget_handled(units: Units) -> int:
    """Remove what the inboxes of all services remember of messages of long ago."""
    return await keeping.forget_handled(units.engine, units.clock())


@ticketing.every(timedelta(seconds=30))
async def open_undecided(units: Units, people: People, blobs: BlobStore) -> int:
    """Open a ticket, linked to the other, for a held mail that nobody decided about."""
    claimed = await due_rows.claim(units.engine, held, now=units.clock(), limit=20, lease_for=units.lease)
    for each in claimed:
        row = await changing.held_mail(units, each.tenant, each.id)
        if row is None:
            continue
        incoming = await changing.incoming_of(row, people, blobs)
        async with units.sweeping(each, held) as (unit, _):
            if await changing.close_held(unit, each.id, joined=False):
                await keep(unit, incoming, await changing.decision_on(unit, each.id, belongs=False))
    return len(claimed)
