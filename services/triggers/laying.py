"""Lay a webhook ready: its row is due at once, unless its receiver is gone."""

from uuid import UUID

from sqlalchemy import select, update

from services.triggers.signing import body_for
from shared.contracts.hooks import HookState
from shared.contracts.tickets import TicketEvent
from shared.messaging.unit import Unit
from shared.plugins.actions import CallHook
from shared.storage.triggers import effects, silenced


async def lay_ready(unit: Unit, key: UUID, event: TicketEvent, trigger: UUID, effect: CallHook) -> None:
    """Complete the row that was made for the effect."""
    c = silenced.c
    gone = await unit.db.scalar(
        select(c.at).where(c.tenant == unit.tenant, c.trigger == trigger, c.url == effect.url)
    )
    values: dict[str, object] = {
        "payload": {"url": effect.url, "secret": effect.secret, "body": body_for(event)},
        "state": HookState.GONE if gone else HookState.WAITING,
        "due_at": None if gone else unit.now,
    }
    await unit.db.execute(update(effects).where(effects.c.id == key).values(values))
    if gone is None:
        unit.wake()
