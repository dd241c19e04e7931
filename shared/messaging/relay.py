"""Outbox rows to the transport: fair by tenant, only while the target queues have room, deleted when kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

import structlog
from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.base import CONTRACTS, Message
from shared.failpoints import crash_point
from shared.messaging.topology import BACKLOG, OUTBOX_CHANNEL, queues_of
from shared.storage.messages import outbox

log = structlog.get_logger()

BATCH = 200
WINDOW = 2_000
"""How far the relay looks past the front of the outbox for tenants that wait behind a flood."""


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

    async def backlog(self, db: AsyncConnection) -> dict[str, int]:
        """Say how many messages are ready in each queue."""

    async def forward(self, db: AsyncConnection, rows: Sequence[Outgoing]) -> list[int]:
        """Keep the messages in every queue that hears them; return the ids of the rows that are kept."""


async def keep(db: AsyncConnection, messages: Sequence[Message], at: datetime) -> None:
    """Put messages into the outbox, in the caller's transaction, and wake the relay."""
    if not messages:
        return
    rows = [
        {
            "tenant": message.tenant,
            "contract": message.name,
            "message_id": message.id,
            "body": message.model_dump_json(),
            "created_at": at,
        }
        for message in messages
    ]
    await db.execute(insert(outbox), rows)
    await db.execute(select(func.pg_notify(OUTBOX_CHANNEL, "")))


async def relay_once(engine: AsyncEngine, transport: Forwarder) -> int:
    """Forward one batch and say how many rows went. A crash in between forwards some of them again."""
    async with engine.begin() as db:
        ready = await transport.backlog(db)
        full = [name for name, contract in CONTRACTS.items() if _is_full(ready, queues_of(contract))]
        rows = await _front(db, full)
        if not rows:
            return 0
        kept = await transport.forward(db, rows)
        crash_point("relay.forwarded")
        await db.execute(delete(outbox).where(outbox.c.id.in_(kept)))
    if len(kept) < len(rows):
        log.warning("relay.refused", refused=len(rows) - len(kept))
    return len(kept)


def _is_full(ready: dict[str, int], queues: list[str]) -> bool:
    return any(ready.get(queue, 0) >= BACKLOG for queue in queues)


async def _front(db: AsyncConnection, full: list[str]) -> list[Outgoing]:
    """Take the next batch, one row of each tenant in turn."""
    window = select(outbox.c.id, outbox.c.tenant).where(outbox.c.contract.not_in(full))
    near = window.order_by(outbox.c.id).limit(WINDOW).subquery()
    turn = func.row_number().over(partition_by=near.c.tenant, order_by=near.c.id)
    ranked = select(near.c.id, turn.label("turn")).subquery()
    chosen = select(ranked.c.id).order_by(ranked.c.turn, ranked.c.id).limit(BATCH)
    found = await db.execute(
        select(outbox.c.id, outbox.c.tenant, outbox.c.contract, outbox.c.message_id, outbox.c.body)
        .where(outbox.c.id.in_(chosen))
        .order_by(outbox.c.id)
        .with_for_update(skip_locked=True)
    )
    return [Outgoing(*row) for row in found]
