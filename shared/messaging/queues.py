"""Exchanges and queues as RabbitMQ sees them: quorum queues, each with its way out."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiormq.abc
from aio_pika.abc import AbstractConnection, UnderlayConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from aiormq import Channel
from faststream.rabbit import ExchangeType, QueueType, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas.queue import QuorumQueueArgs

from shared.messaging.topology import DELIVERY_LIMIT, EXCHANGE, PARKED, Ladder, all_queues

TIMEOUT_SECONDS = 10


@dataclass(frozen=True)
class Depth:
    """What the broker counts in a queue."""

    ready: int
    consumers: int


async def declare(connection: AbstractConnection, ladder: Ladder) -> None:
    """Declare everything, on a channel of its own: the library hands a queue that was declared before to
    whoever consumes it, with the channel it was declared on."""
    async with _channel(connection) as channel:
        await _declare_exchange(channel, main_exchange())
        await _declare_queue(channel, parked_queue())
        for step in ladder:
            await _declare_exchange(channel, waiting_exchange(step))
            await _declare_queue(channel, waiting_queue(step))
            await channel.queue_bind(waiting_queue(step).name, waiting_exchange(step).name)
        for name, contract in all_queues().items():
            await _declare_queue(channel, main_queue(name, contract.name))
            await channel.queue_bind(name, EXCHANGE, contract.name)


async def depths(connection: AbstractConnection, names: Sequence[str]) -> dict[str, Depth]:
    """Ask the broker about queues; a missing one is left out. On a channel of its own, since asking for a
    missing queue closes the channel."""
    found: dict[str, Depth] = {}
    waiting = list(names)
    while waiting:
        async with _channel(connection) as channel:
            with suppress(ChannelNotFoundEntity):
                while waiting:
                    name = waiting.pop(0)
                    told = await channel.queue_declare(name, passive=True, timeout=TIMEOUT_SECONDS)
                    found[name] = Depth(told.message_count or 0, told.consumer_count or 0)
    return found


def consumers_here(connection: AbstractConnection) -> int:
    """Count the consumers of this connection alone: the broker's count is of every process together."""
    transport = connection.transport
    return sum(len(channel.consumers) for channel in _channels(transport)) if transport else 0


def main_exchange() -> RabbitExchange:
    return RabbitExchange(EXCHANGE, type=ExchangeType.TOPIC, durable=True)


def main_queue(name: str, routing_key: str) -> RabbitQueue:
    """A queue of ours; what a dying consumer returns too often goes to the parked queue."""
    return _quorum(name, PARKED, routing_key=routing_key, extra={"x-delivery-limit": DELIVERY_LIMIT})


def waiting_exchange(step: timedelta) -> RabbitExchange:
    return RabbitExchange(_waiting(step), type=ExchangeType.FANOUT, durable=True)


def waiting_queue(step: timedelta) -> RabbitQueue:
    """A rung of the ladder: it keeps the routing key, which is the name of the queue to return to."""
    return _quorum(_waiting(step), None, extra={"x-message-ttl": round(step.total_seconds() * 1000)})


def parked_queue() -> RabbitQueue:
    return RabbitQueue(PARKED, queue_type=QueueType.QUORUM, durable=True)


def _waiting(step: timedelta) -> str:
    return f"{EXCHANGE}.later.{step.total_seconds():g}"


def _quorum(name: str, dead_to: str | None, *, extra: dict[str, Any], routing_key: str = "") -> RabbitQueue:
    arguments: QuorumQueueArgs = {
        "x-dead-letter-exchange": "",
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        **extra,  # type: ignore[typeddict-item]  # a quorum queue's own arguments, by name
    }
    if dead_to:
        arguments["x-dead-letter-routing-key"] = dead_to
    return RabbitQueue(
        name, queue_type=QueueType.QUORUM, durable=True, routing_key=routing_key, arguments=arguments
    )


def _channels(transport: UnderlayConnection) -> list[Channel]:
    return [channel for channel in transport.connection.channels.values() if isinstance(channel, Channel)]


@asynccontextmanager
async def _channel(connection: AbstractConnection) -> AsyncIterator[aiormq.abc.AbstractChannel]:
    """A channel that nothing restores.

    Raises:
        ConnectionError: there is no connection now.
    """
    transport = connection.transport
    if transport is None or transport.connection.is_closed:
        raise ConnectionError("no connection to the broker")
    channel = await transport.connection.channel(publisher_confirms=False, timeout=TIMEOUT_SECONDS)
    try:
        yield channel
    finally:
        if not channel.is_closed:
            await channel.close()


async def _declare_exchange(channel: aiormq.abc.AbstractChannel, exchange: RabbitExchange) -> None:
    await channel.exchange_declare(
        exchange.name, exchange_type=exchange.type.value, durable=True, timeout=TIMEOUT_SECONDS
    )


async def _declare_queue(channel: aiormq.abc.AbstractChannel, queue: RabbitQueue) -> None:
    await channel.queue_declare(queue.name, durable=True, arguments=queue.arguments, timeout=TIMEOUT_SECONDS)
