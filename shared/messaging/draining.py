"""The parked queue of the broker, moved into the table that people see."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from faststream.rabbit import RabbitMessage
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.dispatch import Delivery
from shared.messaging.failures import Done, Park, outcome_of
from shared.messaging.parked import park
from shared.messaging.publishing import ATTEMPTS, CONTRACT, ERROR, QUEUE, TENANT, Headers
from shared.messaging.topology import PARKED
from shared.messaging.unit import now

log = structlog.get_logger()

PAUSE_SECONDS = 1.0
MOST_ATTEMPTS = 1000
"""More than any ladder has rungs: who says so is not one of us."""


def draining(engine: AsyncEngine) -> Callable[[RabbitMessage], Awaitable[None]]:
    """Make the consumer of the parked queue: what the database does not take now is tried again, for as
    long as the message is ours."""

    async def drain(message: RabbitMessage) -> None:
        while not await _kept(engine, message):
            if message.raw_message.channel.is_closed:
                return
            await asyncio.sleep(PAUSE_SECONDS)
        await message.ack()

    return drain


async def _kept(engine: AsyncEngine, message: RabbitMessage) -> bool:
    """Keep a message; when what it says of itself cannot be kept, its body alone: one message must not
    stand in the way of all that are parked after it."""
    outcome = await outcome_of(_keep(engine, message), 0)
    if isinstance(outcome, Park):
        log.error("parked.bare", error=outcome.error)
        outcome = await outcome_of(_keep_bare(engine, message, outcome.error), 0)
    if not isinstance(outcome, Done):
        log.warning("parked.undrained", error=outcome.error)
    return isinstance(outcome, Done)


async def _keep(engine: AsyncEngine, message: RabbitMessage) -> None:
    tenant, error, delivery = parked_from(message.headers, message.body, message.raw_message.message_id)
    headers = {_text(name): _text(value) for name, value in message.headers.items()}
    async with engine.begin() as db:
        await park(db, delivery, tenant=tenant, error=error, at=now(), headers=headers)


async def _keep_bare(engine: AsyncEngine, message: RabbitMessage, why: str) -> None:
    error = f"what it says of itself cannot be kept: {why}"
    async with engine.begin() as db:
        await park(db, Delivery(PARKED, None, message.body, 0), tenant=None, error=error, at=now())


def parked_from(headers: Headers, body: bytes, message_id: str | None) -> tuple[str | None, str, Delivery]:
    """Read a parked message: one that we parked says why; one that the broker gave up says from where."""
    if QUEUE in headers:
        queue, error = headers[QUEUE], headers.get(ERROR, "unknown")
    else:
        queue, error = _death(headers.get("x-death"))
    contract, tenant = _text(headers.get(CONTRACT, "")), _text(headers.get(TENANT, ""))
    attempts = attempts_of(headers)
    message_id = _text(message_id) if message_id else None
    return tenant or None, _text(error), Delivery(_text(queue), contract or None, body, attempts, message_id)


def _death(told: object) -> tuple[object, str]:
    """Say from which queue the broker took a message, and why."""
    match told:
        case [{"queue": queue, "reason": reason}, *_]:
            return queue, f"returned by a dying consumer: {reason}"
    return PARKED, "a stranger put it here"


def attempts_of(headers: Headers) -> int:
    value = headers.get(ATTEMPTS, 0)
    return value if isinstance(value, int) and 0 <= value <= MOST_ATTEMPTS else 0


def deaths_of(headers: Headers) -> int:
    """Read how often the broker got a message back without a word."""
    value = headers.get("x-delivery-count", 0)
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    """PostgreSQL holds no NUL in a text; a message that is not ours may."""
    return str(value).replace("\0", "")
