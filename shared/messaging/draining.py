"""The parked queue of the broker, moved into the table that people see."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from faststream.rabbit import RabbitMessage
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.messaging.dispatch import Delivery
from shared.messaging.failures import DATABASE_ERRORS
from shared.messaging.parked import park
from shared.messaging.publishing import ATTEMPTS, CONTRACT, ERROR, QUEUE, TENANT, Headers
from shared.messaging.topology import PARKED
from shared.messaging.unit import now

log = structlog.get_logger()

PAUSE_SECONDS = 1.0


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
    tenant, error, delivery = parked_from(message.headers, message.body, message.raw_message.message_id)
    try:
        async with engine.begin() as db:
            headers = {name: _text(value) for name, value in message.headers.items()}
            await park(db, delivery, tenant=tenant, error=error, at=now(), headers=headers)
    except DATABASE_ERRORS as problem:
        log.warning("parked.undrained", error=type(problem).__name__)
        return False
    return True


def parked_from(headers: Headers, body: bytes, message_id: str | None) -> tuple[str | None, str, Delivery]:
    """Read a parked message: one that we parked says why; one that the broker gave up says from where."""
    deaths = headers.get("x-death") or [{}]
    if QUEUE in headers:
        queue, error = _text(headers[QUEUE]), _text(headers.get(ERROR, "unknown"))
    else:
        queue = _text(deaths[0].get("queue") or PARKED)
        error = f"returned by a dying consumer: {_text(deaths[0].get('reason', 'unknown'))}"
    contract, tenant = _text(headers.get(CONTRACT, "")), _text(headers.get(TENANT, ""))
    attempts = attempts_of(headers)
    message_id = _text(message_id) if message_id else None
    return tenant or None, error, Delivery(queue, contract or None, body, attempts, message_id)


def attempts_of(headers: Headers) -> int:
    value = headers.get(ATTEMPTS, 0)
    return value if isinstance(value, int) and value >= 0 else 0


def _text(value: object) -> str:
    """PostgreSQL holds no NUL in a text; a message that is not ours may."""
    return str(value).replace("\0", "")
