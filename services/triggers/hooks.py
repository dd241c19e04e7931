"""Webhooks on their way: laid ready with their event, sent by whoever claims them, repeated for hours."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from pydantic import JsonValue
from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.triggers.calling import Told, post
from services.triggers.handlers import triggers
from services.triggers.signing import signed
from shared.contracts.errors import Permanent
from shared.contracts.hooks import HookState, ReplayHook
from shared.failpoints import crash_point
from shared.messaging.unit import Unit, Units
from shared.plugins.sealing import box_of
from shared.storage import due
from shared.storage.engine import in_tenant
from shared.storage.secrets import Opener
from shared.storage.triggers import attempts, effects, silenced

log = structlog.get_logger()

AT_ONCE = 8
SECONDS, MINUTES, HOURS = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
LADDER = (
    *(5 * SECONDS, 30 * SECONDS, 2 * MINUTES, 10 * MINUTES, 30 * MINUTES),
    *(1 * HOURS, 2 * HOURS, 4 * HOURS, 8 * HOURS),
)
"""The waits between attempts: about 16 hours until it is given up."""
JITTER = 0.2
FINAL = {"address_refused", "secret"}
"""What the next attempt would meet as well."""


@dataclass(frozen=True)
class Hooks:
    """What sending works with. `private`: whether addresses of our own network may be called."""

    opener: Opener
    private: bool


def next_attempt(told: Told, attempts_made: int, now: datetime, jitter: float) -> datetime | None:
    """Return when to try again, None to give up. `jitter`: from -1 to 1, so that not all come at once."""
    if told.code in FINAL or told.code == "gone" or attempts_made > len(LADDER):
        return None
    wait = LADDER[attempts_made - 1] * (1 + JITTER * jitter)
    return now + max(wait, told.wait or wait)


@triggers.each_due(effects, every=SECONDS, at_once=AT_ONCE)
async def call(claimed: due.Claimed, units: Units, hooks: Hooks) -> None:
    """Make one attempt, and record how it ended. A crash between the two repeats it under the same id."""
    async with in_tenant(units.engine, claimed.tenant) as db:
        row = await due.hold(db, effects, claimed)
    if row is None:
        return
    crash_point("triggers.hook_claimed")
    begun = units.clock()
    try:
        async with units.watchdog(claimed):
            told = await _attempt(row, hooks, begun)
    except TimeoutError:
        told = Told("timeout")
    crash_point("triggers.hook_called")
    await _record(units, claimed, told, begun)


# Any: the columns of triggers.effect
async def _attempt(row: Row[Any], hooks: Hooks, now: datetime) -> Told:
    box = box_of(str(row.payload["secret"]))
    body = str(row.payload["body"]).encode()
    try:
        fields = signed(row.id, now, body, hooks.opener.open(box or b""))
    except (Permanent, ValueError):
        return Told("secret")
    return await post(str(row.payload["url"]), body, fields, private=hooks.private)


async def _record(units: Units, claimed: due.Claimed, told: Told, begun: datetime) -> None:
    async with units.sweeping(claimed, effects) as (unit, row):
        again = None if told.done else next_attempt(told, claimed.attempts, unit.now, random.uniform(-1, 1))  # noqa: S311 - spreads, hides nothing
        state = _state(told, again)
        made = {"effect": row.id, "code": told.code, "status": told.status, "begun_at": begun}
        await unit.db.execute(insert(attempts).values(tenant=unit.tenant, at=unit.now, **made))
        await due.finish(unit.db, effects, claimed, due_at=again, state=state)
        await _mark(unit, row, state)
    log.info("webhook.called", delivery=str(claimed.id), code=told.code, state=state)


def _state(told: Told, again: datetime | None) -> HookState:
    if told.done:
        return HookState.DONE
    if again is not None:
        return HookState.WAITING
    return HookState.GONE if told.code == "gone" else HookState.PARKED


# Any: as above
async def _mark(unit: Unit, row: Row[Any], state: HookState) -> None:
    """Remember a receiver that is gone, until it answers again."""
    url = str(row.payload["url"])
    if state is HookState.GONE:
        gone = {"tenant": unit.tenant, "trigger": row.trigger, "url": url, "at": unit.now}
        await unit.db.execute(upsert(silenced).values(gone).on_conflict_do_nothing())
    elif state is HookState.DONE:
        c = silenced.c
        same = (c.tenant == unit.tenant, c.trigger == row.trigger, c.url == url)
        await unit.db.execute(delete(silenced).where(*same))


@triggers.on(ReplayHook)
async def replay(message: ReplayHook, units: Units) -> None:
    async with units.handling(message) as unit:
        unit.answer(await _again(unit, message.delivery))


async def _again(unit: Unit, delivery: UUID) -> dict[str, JsonValue]:
    mine = (effects.c.tenant == unit.tenant, effects.c.id == delivery)
    row = (await unit.db.execute(select(effects).where(*mine).with_for_update())).one_or_none()
    if row is None or "url" not in row.payload:
        return {"refused": "there is no such delivery"}
    if row.lease is not None and row.lease_until > unit.now:
        return {"refused": "it is being sent now"}
    afresh = {"lease": None, "lease_until": None, "attempts": 0}
    await unit.db.execute(
        update(effects).where(*mine).values(state=HookState.WAITING, due_at=unit.now, **afresh)
    )
    unit.wake()
    return {"ok": True, "delivery": str(delivery)}
