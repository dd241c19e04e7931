"""What ticketing does by time: close the inactive, remind before that, open tickets for undecided mail."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, or_, select, tuple_

from services.ticketing import changing
from services.ticketing.handlers import keep, ticketing
from services.ticketing.inactivity import Close, Remind, Silence, Wait, due, earliest
from services.ticketing.people import People
from services.ticketing.remembering import forget
from services.ticketing.repository import Tickets
from shared.blobs.store import BlobStore
from shared.contracts.options import Options
from shared.contracts.tickets import Actor, InactiveTicketClosed, ReminderDue, TicketChanged
from shared.messaging.unit import Unit, Units
from shared.storage import due as due_rows
from shared.storage.config import tenants
from shared.storage.engine import sweeping
from shared.storage.options import options_of
from shared.storage.tickets import held, tickets

BATCH = 100


@ticketing.every(timedelta(minutes=1))
async def prune(units: Units) -> int:
    """Close and remind, for every tenant that wants it."""
    async with sweeping(units.engine) as db:
        everybody = [row.id for row in await db.execute(select(tenants.c.id).where(~tenants.c.suspended))]
    counts = [await prune_tenant(units, tenant) for tenant in everybody]
    return sum(reminded + closed for reminded, closed in counts)


async def prune_tenant(units: Units, tenant: str) -> tuple[int, int]:
    """Do what is due for one tenant, in batches; return how many were reminded and closed."""
    reminded = closed = 0
    after = (datetime.min.replace(tzinfo=units.clock().tzinfo), UUID(int=0))
    while True:
        async with units.acting(tenant) as unit:
            options = await options_of(unit.db, tenant)
            rows = await _silent(unit, options, after) if options.close_inactive_tickets else []
            for row in rows:
                done = await _prune_one(unit, row, options)
                reminded += isinstance(done, Remind)
                closed += isinstance(done, Close)
        if len(rows) < BATCH:
            return reminded, closed
        after = (rows[-1].last_person_post_at, rows[-1].id)


async def _silent(unit: Unit, options: Options, after: tuple[datetime, UUID]) -> list[Row[Any]]:
    """Lock the next open tickets that nobody wrote on for long enough; skip those that others work on."""
    place = (tickets.c.last_person_post_at, tickets.c.id)
    found = await unit.db.execute(
        select(tickets)
        .where(
            tickets.c.tenant == unit.tenant,
            tickets.c.status != "closed",
            tickets.c.last_person_post_at <= earliest(options, unit.now),
            or_(tickets.c.imported_at.is_(None), tickets.c.last_person_post_at > tickets.c.imported_at),
            tuple_(*place) > tuple_(*after),
        )
        .order_by(*place)
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
