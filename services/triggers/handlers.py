"""What triggers hear: every event that one of the four types waits for."""

import asyncio

from services.triggers import noticerows, repository
from services.triggers.conditions import Fires
from services.triggers.deciding import WAITS_FOR, Around, decide, heard, is_heard
from services.triggers.firing import carry_out
from shared.blobs.store import BlobStore
from shared.contracts.notices import PeopleMentioned
from shared.contracts.tickets import (
    InactiveTicketClosed,
    PostAdded,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketEvent,
)
from shared.messaging.topology import Service
from shared.messaging.unit import Units

triggers = Service("triggers")


@triggers.on(TicketCreated)
async def hear_created(event: TicketCreated, units: Units, blobs: BlobStore) -> None:
    await hear(event, units, blobs)


@triggers.on(TicketChanged)
async def hear_changed(event: TicketChanged, units: Units, blobs: BlobStore) -> None:
    await hear(event, units, blobs)


@triggers.on(InactiveTicketClosed)
async def hear_closed(event: InactiveTicketClosed, units: Units, blobs: BlobStore) -> None:
    await hear(event, units, blobs)


@triggers.on(ReminderDue)
async def hear_reminder(event: ReminderDue, units: Units, blobs: BlobStore) -> None:
    await hear(event, units, blobs)


@triggers.on(PostAdded)
async def hear_post(event: PostAdded, units: Units) -> None:
    """No trigger waits for posts: employees are told of them."""
    async with units.handling(event) as unit:
        await noticerows.lay_down(unit, event)


@triggers.on(PeopleMentioned)
async def hear_mentions(event: PeopleMentioned, units: Units) -> None:
    async with units.handling(event) as unit:
        await noticerows.lay_down(unit, event)


async def hear(event: TicketEvent, units: Units, blobs: BlobStore) -> None:
    """Let every active trigger look at the event, and employees be told of it. Who is around the ticket is
    read when a trigger fires."""
    async with units.handling(event) as unit:
        await repository.remember_event(unit, event)
        await noticerows.lay_down(unit, event)
        if not is_heard(event):
            return
        triggers = await repository.active(unit.db, unit.tenant, WAITS_FOR[type(event)])
        if not triggers:
            return
        clock = await repository.clock(unit.db, unit.tenant, triggers)
        said = await asyncio.to_thread(heard, triggers, event, clock)
        if any(isinstance(one, Fires) for one in said):
            around = await repository.around(unit.db, unit.tenant, event.ticket, unit.now)
        else:
            around = Around()
        kept = [
            (verdict, await carry_out(unit, event, verdict, blobs))
            for verdict in await asyncio.to_thread(decide, triggers, event, around, unit.now, said)
        ]
        await repository.remember_verdicts(unit, event.id, kept)
