"""Webhooks: what was sent to whom, how each attempt ended, and receivers that are gone."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, func, select, true

from services.desk.queries.paging import latest
from services.desk.queries.reading import Reading
from shared.contracts.hooks import HookState
from shared.storage.config import triggers
from shared.storage.tickets import tickets
from shared.storage.triggers import attempts, effects

DeliveryRow = Row[Any]  # Any: the columns of _deliveries


async def deliveries(
    reading: Reading,
    state: HookState | None,
    trigger: UUID | None,
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Sequence[DeliveryRow]:
    """Return the latest first, from before a place in the list."""
    query = _deliveries(reading.tenant)
    if state is not None:
        query = query.where(effects.c.state == state)
    if trigger is not None:
        query = query.where(effects.c.trigger == trigger)
    query = latest(query, effects.c.at, effects.c.id, before, limit)
    found: Sequence[DeliveryRow] = (await reading.db.execute(query)).all()
    return found


async def delivery_row(reading: Reading, delivery: UUID) -> DeliveryRow | None:
    query = _deliveries(reading.tenant).where(effects.c.id == delivery)
    found: DeliveryRow | None = (await reading.db.execute(query)).one_or_none()
    return found


# Any: the columns of triggers.attempt
async def attempts_of(reading: Reading, delivery: UUID) -> Sequence[Row[Any]]:
    """Return how each attempt ended, the first one first."""
    mine = (attempts.c.tenant == reading.tenant, attempts.c.effect == delivery)
    return (await reading.db.execute(select(attempts).where(*mine).order_by(attempts.c.id))).all()


async def triggers_that_call(reading: Reading, actions: Collection[str]) -> dict[UUID, str]:
    """Return the names of the triggers with such actions; archived ones too: what they sent is listed."""
    c = triggers.c
    asked = select(c.id, c.name).where(reading.own(triggers), c.action.in_(actions)).order_by(c.name, c.id)
    return {row.id: row.name for row in await reading.db.execute(asked)}


def is_delivery() -> ColumnElement[bool]:
    """Of effects, those that are webhooks, whatever action asked for them."""
    return and_(effects.c.state != "handed_on", effects.c.payload.has_key("url"))


# Any: as above
def _deliveries(tenant: str) -> Select[Any]:
    last = (
        select(attempts.c.code, attempts.c.status)
        .where(attempts.c.effect == effects.c.id)
        .order_by(attempts.c.id.desc())
        .limit(1)
        .lateral("last")
    )
    made = select(func.count()).where(attempts.c.effect == effects.c.id, attempts.c.tenant == tenant)
    return (
        select(
            effects.c.id,
            effects.c.trigger,
            effects.c.event,
            effects.c.state,
            effects.c.at,
            effects.c.due_at,
            effects.c.payload["url"].astext.label("url"),
            triggers.c.name.label("trigger_name"),
            tickets.c.number.label("ticket"),
            last.c.code,
            last.c.status,
            made.scalar_subquery().label("attempts_made"),
        )
        .outerjoin(triggers, and_(triggers.c.id == effects.c.trigger, triggers.c.tenant == tenant))
        .outerjoin(tickets, and_(tickets.c.id == effects.c.ticket, tickets.c.tenant == tenant))
        .outerjoin(last, true())
        .where(effects.c.tenant == tenant, is_delivery())
    )
