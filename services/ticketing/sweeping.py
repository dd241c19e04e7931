"""What ticketing does by time: close the inactive, remind before that, open tickets for undecided mail."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
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
from shared.messaging.unit import Unit, Units
from shared.storage import due as due_rows
from shared.storage.config import tenants
from shared.storage.engine import in_tenant, sweeping
from shared.storage.options import Scope, scopes_of
from shared.storage.silence import PLACE, due_now, silent
from shared.storage.tickets import held, tickets

BATCH = 100


@dataclass(frozen=True)
class Pruned:
    """What inactivity did for a tenant."""

    on: bool
    """Whether the tenant, or a department of it, closes inactive tickets."""
    reminded: int
    closed: int


@ticketing.every(timedelta(minutes=1))
async def prune(units: Units) -> int:
    """Close and remind, for every tenant that wants it."""
    async with sweeping(units.engine) as db:
        everybody = [row.id for row in await db.execute(select(tenants.c.id).where(~tenants.c.suspended))]
    counts = [await prune_tenant(units, tenant) for tenant in everybody]
    return sum(done.reminded + done.closed for done in counts)


async def prune_tenant(units: Units, tenant: str) -> Pruned:
    """Do what is due for one tenant, in batches."""
    async with in_tenant(units.engine, tenant) as db:
        scopes = [scope for scope in await scopes_of(db, tenant) if scope.options.close_inactive_tickets]
    counts = [await _prune_scope(units, tenant, scope) for scope in scopes]
    return Pruned(bool(scopes), sum(reminded for reminded, _ in counts), sum(closed for _, closed in counts))


async def _prune_scope(units: Units, tenant: str, scope: Scope) -> tuple[int, int]:
    reminded = closed = 0
    after = (datetime.min.replace(tzinfo=UTC), UUID(int=0))
    while True:
        async with units.acting(tenant) as unit:
            rows = await _silent(unit, scope, after)
            for row in rows:
                done = await _prune_one(unit, row, scope.options)
                reminded += isinstance(done, Remind)
                closed += isinstance(done, Close)
        if len(rows) < BATCH:
            return reminded, closed
        after = (rows[-1].last_person_post_at, rows[-1].id)


async def _silent(unit: Unit, scope: Scope, after: tuple[datetime, UUID]) -> list[Row[Any]]:
    """Lock the next tickets that are due something; skip those that others work on."""
    found = await unit.db.execute(
        select(tickets)
        .where(
            *silent(unit.tenant, scope, unit.now),
            due_now(scope.options, unit.now),
            tuple_(*PLACE) > tuple_(*after),
        )
        .order_by(*PLACE)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    return list(found)


async def _prune_one(unit: Unit, row: Row[Any], options: Options) -> Wait | Remind | Close:
    rows = Tickets(unit.db, unit.tenant, unit.now)
    actor = Actor(name="Inactivity")
    decision = due(Silence(row.last_person_post_at, row.reminded_at), options, unit.now)
    match decision:
        case Remind(closes_at):
            await rows.touch(row.id, reminded_at=unit.now)
            snapshot = await rows.snapshot(row.id)
            unit.emit(ReminderDue(tenant=unit.tenant, ticket=snapshot, actor=actor, closes_at=closes_at))
        case Close():
            changes = await rows.change(row, {"status": "closed"}, actor, None)
            snapshot = await rows.snapshot(row.id)
            unit.emit(
                InactiveTicketClosed(
                    tenant=unit.tenant, ticket=snapshot, actor=actor, status_before=row.status
                )
            )
            unit.emit(TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=actor, changes=changes))
        case Wait():
            pass
    return decision


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
