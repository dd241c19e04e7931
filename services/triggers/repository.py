"""Every query of triggers: who is active, what was seen, decided and done."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.mail import Address
from shared.contracts.tickets import TicketEvent
from shared.messaging.unit import Unit
from shared.storage.config import memberships, triggers, users
from shared.storage.triggers import effects, events, verdicts

TriggerRow = Row[Any]  # Any: the columns of config.trigger


async def active(db: AsyncConnection, tenant: str) -> Sequence[TriggerRow]:
    """Return the tenant's triggers that are switched on, in their order."""
    found = await db.execute(
        select(triggers)
        .where(triggers.c.tenant == tenant, triggers.c.enabled, triggers.c.archived_at.is_(None))
        .order_by(triggers.c.position, triggers.c.created_at, triggers.c.id)
    )
    return found.all()


async def remember_event(unit: Unit, event: TicketEvent) -> None:
    row = {
        "id": event.id,
        "tenant": unit.tenant,
        "ticket": event.ticket.id,
        "contract": event.name,
        "payload": event.model_dump(mode="json"),
        "at": unit.now,
    }
    await unit.db.execute(insert(events).values(row).on_conflict_do_nothing())


async def remember_verdict(
    unit: Unit, event: UUID, trigger: UUID, outcome: str, why: dict[str, JsonValue]
) -> None:
    row = {
        "event": event,
        "trigger": trigger,
        "tenant": unit.tenant,
        "outcome": outcome,
        "why": why,
        "at": unit.now,
    }
    await unit.db.execute(insert(verdicts).values(row).on_conflict_do_nothing())


async def first_time(unit: Unit, effect: UUID, event: UUID, trigger: TriggerRow, target: str) -> bool:
    """Record an effect under its key; False when it was done before."""
    row = {
        "id": effect,
        "tenant": unit.tenant,
        "event": event,
        "trigger": trigger.id,
        "action": trigger.action,
        "target": target,
        "state": "handed_on",
        "payload": {},
        "at": unit.now,
    }
    done = await unit.db.execute(insert(effects).values(row).on_conflict_do_nothing().returning(effects.c.id))
    return done.first() is not None


async def address_of(db: AsyncConnection, user: UUID | None) -> Address | None:
    found = await db.execute(select(users.c.address, users.c.name).where(users.c.id == user))
    row = found.one_or_none()
    return Address(address=row.address, name=row.name) if row else None


async def members(db: AsyncConnection, department: UUID | None) -> tuple[Address, ...]:
    found = await db.execute(
        select(users.c.address, users.c.name)
        .join(memberships, memberships.c.user == users.c.id)
        .where(memberships.c.department == department, users.c.archived_at.is_(None))
        .order_by(users.c.address)
    )
    return tuple(Address(address=row.address, name=row.name) for row in found)
