"""Keep a change of a ticket that was decided, and tell of it."""

from collections.abc import Sequence
from typing import Protocol
from uuid import UUID

from services.ticketing.repository import TicketRow, Tickets
from shared.contracts.tickets import Actor, FieldChange, TicketChanged
from shared.messaging.unit import Unit


class Asked(Protocol):
    """A command of a person."""

    @property
    def id(self) -> UUID: ...

    @property
    def actor(self) -> Actor: ...


async def tell(
    unit: Unit,
    tickets: Tickets,
    row: TicketRow,
    changes: Sequence[FieldChange],
    command: Asked,
    **values: object,
) -> None:
    """Make a new version, with `values` as its columns, whose history says what was changed."""
    await tickets.remember(row, changes, command.actor, command.id, **values)
    snapshot = await tickets.snapshot(row.id)
    unit.emit(TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=command.actor, changes=tuple(changes)))
