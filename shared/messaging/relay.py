"""Outbox rows to the transport: fair by tenant, only while the target queues have room, deleted when kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import delete, func, insert, select, union
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.base import Message
from shared.failpoints import crash_point
from shared.messaging.bodies import body_of
from shared.messaging.topology import BACKLOG, OUTBOX_CHANNEL, takers
from shared.storage.messages import outbox

log = structlog.get_logger()

BATCH = 200
WINDOW = 5_000
"""How many of the oldest and of the newest rows the relay looks through for tenants that wait behind a
flood: whoever comes after one is among the newest."""


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


async def relay_once(engine: AsyncEngine, transport: Forwarder) -> int:
    """Forward one batch and say how many rows went. A crash in between forwards some of them again.

    Any number of processes may relay: rows that another one has taken are passed over.
    """
    async with engine.begin() as db:
        waiting = list(await db.scalars(select(outbox.c.contract).distinct()))
        if not waiting:
            return 0
        rows = await _front(db, await _full(db, transport, waiting))
        if not rows:
            return 0
        kept = await transport.forward(db, rows)
        crash_point("relay.forwarded")
        await db.execute(delete(outbox).where(outbox.c.id.in_(kept)))
    transport.forwarded(rows)
    if len(kept) < len(rows):
        log.warning("relay.refused", refused=len(rows) - len(kept))
    return len(kept)


async def _full(db: AsyncConnection, transport: Forwarder, waiting: Sequence[str]) -> list[str]:
    """Name the contracts with a queue that has no room."""
    queues = {name: takers(name) for name in waiting}
    ready = await transport.backlog(db, sorted({queue for each in queues.values() for queue in each}))
    return [name for name, heard in queues.items() if any(ready.get(queue, 0) >= BACKLOG for queue in heard)]


async def _front(db: AsyncConnection, full: list[str]) -> list[Outgoing]:
    """Take the next batch, one row of each tenant in turn."""
    c = outbox.c
    waiting = select(c.id, c.tenant).where(c.contract.not_in(full))
    oldest, newest = (waiting.order_by(order).limit(WINDOW).subquery() for order in (c.id, c.id.desc()))
    seen = union(select(oldest), select(newest)).subquery()
    turn = func.row_number().over(partition_by=seen.c.tenant, order_by=seen.c.id)
    ranked = select(seen.c.id, turn.label("turn")).subquery()
    chosen = select(ranked.c.id).order_by(ranked.c.turn, ranked.c.id).limit(BATCH)
    found = await db.execute(
        select(c.id, c.tenant, c.contract, c.message_id, c.body)
        .where(c.id.in_(chosen))
        .order_by(c.id)
        .with_for_update(skip_locked=True)
    )
    return [Outgoing(*row) for row in found]
