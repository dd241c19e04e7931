"""Outbox rows to the transport: fair by tenant, only while the target queues have room, deleted when kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import case, delete, func, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.base import Message
from shared.failpoints import crash_point
from shared.messaging.bodies import body_of
from shared.messaging.topology import BACKLOG, OUTBOX_CHANNEL, filled_by
from shared.storage.messages import outbox

log = structlog.get_logger()

BATCH = 200
WINDOW = 5_000
"""How many of the oldest and of the newest rows the relay looks through for tenants that wait behind a
flood: whoever comes after one is among the newest."""

MANY = 10_000
"""A tenant that has as many rows waiting floods the outbox: what can wait tells no more until some went."""


@dataclass(frozen=True)
class Outgoing:
    """One row of the outbox."""

    id: int
    tenant: str
    contract: str
    message_id: UUID
    body: str


class Forwarder(Protocol):
    """Where the relay forwards to: a transport."""

    async def backlog(self, db: AsyncConnection, queues: Sequence[str]) -> dict[str, int]:
        """Say how many messages are ready in each of these queues; one that is missing has none."""

    async def forward(self, db: AsyncConnection, rows: Sequence[Outgoing]) -> list[int]:
        """Keep the messages in every queue that hears them; park those that no queue takes. Return the ids
        of the rows that are done with: what could not be kept now stays in the outbox."""

    def forwarded(self, rows: Sequence[Outgoing]) -> None:
        """Be told that these are committed where they went."""


async def keep(db: AsyncConnection, messages: Sequence[Message], at: datetime) -> None:
    """Put messages into the outbox, in the caller's transaction, and wake the relay.

    Raises:
        Permanent: one of them is too large.
    """
    if not messages:
        return
    rows = [
        {
            "tenant": message.tenant,
            "contract": message.name,
            "message_id": message.id,
            "body": body_of(message),
            "created_at": at,
        }
        for message in messages
    ]
    await db.execute(insert(outbox), rows)
    await db.execute(select(func.pg_notify(OUTBOX_CHANNEL, "")))


async def floods(db: AsyncConnection, tenant: str) -> bool:
    """Say whether the tenant has MANY rows among the newest twice as many; more are not looked through."""
    newest = select(outbox.c.tenant).order_by(outbox.c.id.desc()).limit(2 * MANY).subquery()
    own = select(func.count()).select_from(newest).where(newest.c.tenant == tenant)
    return int((await db.execute(own)).scalar_one()) >= MANY


@dataclass(frozen=True)
class Relayed:
    """What one look at the outbox came to."""

    moved: int
    held_back: bool = False
    """Some wait for room in a queue, and nobody tells when there is."""


async def relay_once(engine: AsyncEngine, transport: Forwarder) -> int:
    """Forward one batch and say how many rows went. A crash in between forwards some of them again.

    Any number of processes may relay: rows that another one has taken are passed over.
    """
    return (await relayed(engine, transport)).moved


async def relayed(engine: AsyncEngine, transport: Forwarder) -> Relayed:
    """Forward one batch, as `relay_once` does, and say more about it."""
    async with engine.begin() as db:
        waiting = list(await db.scalars(select(outbox.c.contract).distinct()))
        if not waiting:
            return Relayed(0)
        rooms = await _rooms(db, transport, waiting)
        held_back = len(rooms) < len(waiting)
        rows = await _front(db, rooms) if rooms else []
        if not rows:
            return Relayed(0, held_back)
        kept = await transport.forward(db, rows)
        crash_point("relay.forwarded")
        await db.execute(delete(outbox).where(outbox.c.id.in_(kept)))
    transport.forwarded(rows)
    if len(kept) < len(rows):
        log.warning("relay.refused", refused=len(rows) - len(kept))
    return Relayed(len(kept), held_back)


async def _rooms(db: AsyncConnection, transport: Forwarder, waiting: Sequence[str]) -> dict[str, int]:
    """Say how many messages of each contract have room now; without those that wait until half of it is."""
    queues = {name: filled_by(name) for name in waiting}
    ready = await transport.backlog(db, sorted({queue for each in queues.values() for queue in each}))
    fullest = {
        name: max((ready.get(queue, 0) for queue in heard), default=0) for name, heard in queues.items()
    }
    return {name: BACKLOG - there for name, there in fullest.items() if there <= BACKLOG // 2}


async def _front(db: AsyncConnection, rooms: dict[str, int]) -> list[Outgoing]:
    """Take the next batch, one row of each tenant in turn, of each contract as many as have room."""
    c = outbox.c
    waiting = select(c.id, c.tenant, c.contract).where(c.contract.in_(rooms))
    oldest, newest = (waiting.order_by(order).limit(WINDOW).subquery() for order in (c.id, c.id.desc()))
    seen = union(select(oldest), select(newest)).subquery()
    turn = func.row_number().over(partition_by=(seen.c.contract, seen.c.tenant), order_by=seen.c.id)
    turns = select(seen.c.id, seen.c.contract, turn.label("turn")).subquery()
    place = func.row_number().over(partition_by=turns.c.contract, order_by=(turns.c.turn, turns.c.id))
    ranked = select(turns, place.label("place")).subquery()
    fits = ranked.c.place <= case(rooms, value=ranked.c.contract)
    chosen = select(ranked.c.id).where(fits).order_by(ranked.c.turn, ranked.c.id).limit(BATCH)
    found = await db.execute(
        select(c.id, c.tenant, c.contract, c.message_id, c.body)
        .where(c.id.in_(chosen))
        .order_by(c.id)
        .with_for_update(skip_locked=True)
    )
    return [Outgoing(*row) for row in found]
