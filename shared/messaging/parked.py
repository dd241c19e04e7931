"""Messages that were given up: kept with body and reason, shown, replayed to the one queue, or dropped."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from sqlalchemy import Column, delete, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Permanent
from shared.messaging.dispatch import Delivery
from shared.messaging.topology import EXCHANGE, all_queues, takers
from shared.storage.messages import parked

NAMES = UUID("6f3a3c0e-8f0f-5c0b-9a52-6d3f2d1b7c11")
"""Where the ids of parked messages are named."""


@dataclass(frozen=True)
class ParkedMessage:
    id: UUID
    tenant: str | None
    queue: str
    contract: str | None
    message_id: str | None
    body: bytes
    error: str
    attempts: int
    parked_at: datetime


async def park(
    db: AsyncConnection,
    delivery: Delivery,
    *,
    tenant: str | None,
    error: str,
    at: datetime,
    headers: Mapping[str, str] | None = None,
) -> None:
    """Keep a message that was given up; parked again, also by a repeated delivery, it is the same row."""
    body = delivery.body.encode() if isinstance(delivery.body, str) else delivery.body
    told = {
        "headers": dict(headers or {}),
        "error": error,
        "attempts": delivery.attempts + 1,
        "parked_at": at,
    }
    row = {
        "id": _id_of(delivery, body),
        "tenant": tenant,
        "queue": delivery.queue,
        "contract": delivery.contract,
        "message_id": delivery.message_id,
        "body": body,
    }
    added = upsert(parked).values(row | told)
    await db.execute(added.on_conflict_do_update(index_elements=[parked.c.id], set_=told))


async def parked_messages(db: AsyncConnection, limit: int = 500) -> list[ParkedMessage]:
    """Return what is parked, newest first."""
    rows = await db.execute(select(*_columns()).order_by(parked.c.parked_at.desc()).limit(limit))
    return [ParkedMessage(*row) for row in rows]


async def take(db: AsyncConnection, parked_id: UUID) -> ParkedMessage | None:
    """Take one message out, to replay or drop it. It was never handled: its inbox row was rolled back."""
    found = await db.execute(delete(parked).where(parked.c.id == parked_id).returning(*_columns()))
    row = found.first()
    if row is None:
        return None
    return ParkedMessage(*row)


def destinations(message: ParkedMessage) -> list[str]:
    """Name the queues that a replay reaches: the one that gave the message up; when no queue took it, every
    queue that takes it now.

    Raises:
        Permanent: there is no such queue.
    """
    if message.queue == EXCHANGE:
        contract = message.contract or ""
        if not takers(contract):
            raise Permanent(f"no queue takes {contract}", code="unheard")
        return takers(contract)
    if message.queue not in all_queues():
        raise Permanent(f"nothing reads the queue {message.queue}", code="unheard")
    return [message.queue]


def _id_of(delivery: Delivery, body: bytes) -> UUID:
    if delivery.message_id is None:
        return uuid4()
    return uuid5(NAMES, f"{delivery.queue}/{delivery.message_id}/{hashlib.sha256(body).hexdigest()}")


def _columns() -> tuple[Column[Any], ...]:
    c = parked.c
    return c.id, c.tenant, c.queue, c.contract, c.message_id, c.body, c.error, c.attempts, c.parked_at
