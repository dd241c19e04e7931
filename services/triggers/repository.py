"""Every query of triggers: who is active, what was seen, decided and done."""

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime, timedelta
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triggers import lookups
from services.triggers.deciding import MOST_IN_AN_HOUR, Around, Saved, Verdict
from shared.contracts.hours import BusinessClock
from shared.contracts.mail import Address
from shared.contracts.tickets import TicketEvent, TicketSnapshot
from shared.contracts.triggers import TriggerType
from shared.messaging.unit import Unit
from shared.storage.config import memberships, triggers, users
from shared.storage.defined import custom_fields_of
from shared.storage.triggers import VERDICTS_KEPT, effects, events, verdicts

ASKS_TIME = "time."
"""Begins the name of each fact of the clock."""
SAVED = [triggers.c[one.name] for one in fields(Saved)]


async def active(db: AsyncConnection, tenant: str, type_: TriggerType) -> list[Saved]:
    """Return the tenant's triggers of a type that are switched on, in their order."""
    found = await db.execute(
        select(*SAVED)
        .where(
            triggers.c.tenant == tenant,
            triggers.c.type == type_,
            triggers.c.enabled,
            triggers.c.archived_at.is_(None),
        )
        .order_by(triggers.c.position, triggers.c.created_at, triggers.c.id)
    )
    return [Saved(**row) for row in found.mappings()]


async def clock(db: AsyncConnection, tenant: str, waiting: Sequence[Saved]) -> BusinessClock:
    """Return the tenant's clock when a trigger may ask the time; else nobody looks at it."""
    asked = any(ASKS_TIME in str(one.conditions) for one in waiting)
    return await lookups.clock_of(db, tenant) if asked else BusinessClock()


async def around(db: AsyncConnection, tenant: str, ticket: TicketSnapshot, now: datetime) -> Around:
    """Return who is around a ticket, and how much triggers did to it within the last hour."""
    lately = select(effects.c.id).where(
        effects.c.tenant == tenant, effects.c.ticket == ticket.id, effects.c.at > now - timedelta(hours=1)
    )
    many = await db.scalar(select(func.count()).select_from(lately.limit(MOST_IN_AN_HOUR).subquery()))
    return replace(
        await people_around(db, tenant, ticket.assignee, ticket.department),
        participants=await lookups.participants_of(db, tenant, ticket.id),
        effects_in_an_hour=many or 0,
    )


async def people_around(
    db: AsyncConnection, tenant: str, assignee: UUID | None, department: UUID | None
) -> Around:
    return Around(
        assignee=await address_of(db, assignee) if assignee else None,
        department_members=await members(db, department) if department else (),
        users=await lookups.users_of(db, tenant),
        custom_fields=await custom_fields_of(db, tenant),
    )


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


async def last_event(
    db: AsyncConnection, tenant: str, ticket: UUID, contract: type[TicketEvent]
) -> TicketEvent | None:
    """Return the last event of a kind that a ticket had, of those that are kept."""
    c = events.c
    found = await db.scalar(
        select(c.payload)
        .where(c.tenant == tenant, c.ticket == ticket, c.contract == contract.name)
        .order_by(c.at.desc(), c.id)
        .limit(1)
    )
    return contract.model_validate(found) if found else None


async def remember_verdicts(
    unit: Unit, event: UUID, kept: Sequence[tuple[Verdict, dict[str, JsonValue]]]
) -> None:
    """Keep what each trigger made of an event."""
    rows = [
        {
            "event": event,
            "trigger": verdict.trigger.id,
            "tenant": unit.tenant,
            "outcome": verdict.outcome,
            "why": why,
            "at": unit.now,
        }
        for verdict, why in kept
    ]
    await unit.db.execute(insert(verdicts).on_conflict_do_nothing(), rows)


async def forget_verdicts(unit: Unit, at_most: int) -> int:
    """Remove old verdicts; return how many those were."""
    c = verdicts.c
    old = select(c.event, c.trigger).where(c.tenant == unit.tenant, c.at < unit.now - VERDICTS_KEPT)
    gone = delete(verdicts).where(tuple_(c.event, c.trigger).in_(old.order_by(c.at).limit(at_most)))
    return (await unit.db.execute(gone)).rowcount


async def first_time(unit: Unit, effect: UUID, event: TicketEvent, trigger: Saved, target: str) -> bool:
    """Record an effect under its key; False when it was done before."""
    row = {
        "id": effect,
        "tenant": unit.tenant,
        "event": event.id,
        "trigger": trigger.id,
        "ticket": event.ticket.id,
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
