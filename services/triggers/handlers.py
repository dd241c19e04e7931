"""What triggers hear: every event that one of the four types waits for."""

from services.triggers import repository
from services.triggers.firing import consider
from shared.contracts.tickets import (
    InactiveTicketClosed,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketEvent,
)
from shared.messaging.topology import Service
from shared.messaging.unit import Units

triggers = Service("triggers")


@triggers.on(TicketCreated)
async def hear_created(event: TicketCreated, units: Units) -> None:
    await hear(event, units)


@triggers.on(TicketChanged)
async def hear_changed(event: TicketChanged, units: Units) -> None:
    await hear(event, units)


@triggers.on(InactiveTicketClosed)
async def hear_closed(event: InactiveTicketClosed, units: Units) -> None:
    await hear(event, units)


@triggers.on(ReminderDue)
async def hear_reminder(event: ReminderDue, units: Units) -> None:
    await hear(event, units)


async def hear(event: TicketEvent, units: Units) -> None:
    """Let every active trigger look at the event; an import fires nothing."""
    async with units.handling(event) as unit:
        await repository.remember_event(unit, event)
        if isinstance(event, TicketCreated) and event.silent:
            return
        for trigger in await repository.active(unit.db, unit.tenant):
            await consider(unit, event, trigger)
