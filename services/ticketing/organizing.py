"""What people do to organizations and contacts; and a domain applied to the tickets that are there."""

from datetime import timedelta
from typing import Any

from sqlalchemy import Row, update

from services.ticketing import organizations
from services.ticketing.handlers import ticketing
from services.ticketing.repository import Tickets
from shared.contracts.people import ApplyDomain, ChangeContact, ChangeOrganization, CreateOrganization
from shared.contracts.tickets import Actor, TicketChanged
from shared.messaging.unit import Unit, Units
from shared.storage import due
from shared.storage.people import regroupings
from shared.storage.regrouping import Owners, contacts_to_move, owners_of, tickets_to_move
from shared.storage.tickets import contacts, tickets

BATCH = 100
"""Tickets, or contacts, that one transaction moves."""


@ticketing.on(CreateOrganization)
async def create_organization(message: CreateOrganization, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await organizations.create(unit, message))


@ticketing.on(ChangeOrganization)
async def change_organization(message: ChangeOrganization, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await organizations.change(unit, message))


@ticketing.on(ChangeContact)
async def change_contact(message: ChangeContact, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await organizations.change_contact(unit, message))


@ticketing.on(ApplyDomain)
async def apply_domain(message: ApplyDomain, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await organizations.apply(unit, message))


@ticketing.each_due(regroupings, every=timedelta(seconds=30), at_once=1)
async def regroup(claimed: due.Claimed, units: Units) -> None:
    """Move a batch: the tickets first, since they tell which contacts are done. What moved is not found
    again, so whoever goes on after a crash goes on where it stopped."""
    async with units.sweeping(claimed, regroupings) as (unit, row):
        owners = await owners_of(unit.db, unit.tenant, row.domain)
        moved = await _move_tickets(unit, owners, row)
        placed = 0 if moved == BATCH else await _move_contacts(unit, owners)
        goes_on = BATCH in {moved, placed}
        await due.finish(
            unit.db,
            regroupings,
            claimed,
            due_at=unit.now if goes_on else None,
            finished_at=None if goes_on else unit.now,
            attempts=0,
            tickets=row.tickets + moved,
            contacts=row.contacts + placed,
        )
        if goes_on:
            unit.wake()


async def _move_tickets(unit: Unit, owners: Owners, regrouping: Row[Any]) -> int:
    rows = Tickets(unit.db, unit.tenant, unit.now)
    actor = Actor.model_validate(regrouping.actor)
    batch = tickets_to_move(owners).order_by(tickets.c.id).limit(BATCH).with_for_update(of=tickets)
    found = (await unit.db.execute(batch)).all()
    for row in found:
        wanted = {"organization": row.target}
        changes = await rows.change(row, wanted, actor, regrouping.cause)
        snapshot = await rows.snapshot(row.id)
        unit.emit(
            TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=actor, changes=changes, silent=True)
        )
    return len(found)


async def _move_contacts(unit: Unit, owners: Owners) -> int:
    batch = contacts_to_move(owners).limit(BATCH).with_for_update(of=contacts).cte("batch")
    moved = update(contacts).where(contacts.c.id == batch.c.id).values(organization=batch.c.target)
    return (await unit.db.execute(moved)).rowcount
