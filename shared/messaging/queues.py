"""Exchanges and queues as RabbitMQ sees them: quorum queues, each with its way out."""

from datetime import timedelta
from typing import Any

from faststream.rabbit import ExchangeType, QueueType, RabbitExchange, RabbitQueue
from faststream.rabbit.schemas.queue import QuorumQueueArgs

from shared.messaging.topology import DELIVERY_LIMIT, EXCHANGE, PARKED


def main_exchange() -> RabbitExchange:
    return RabbitExchange(EXCHANGE, type=ExchangeType.TOPIC, durable=True)


def main_queue(name: str, routing_key: str) -> RabbitQueue:
    """A queue of ours; what a dying consumer returns too often goes to the parked queue."""
    return _quorum(name, PARKED, routing_key=routing_key, extra={"x-delivery-limit": DELIVERY_LIMIT})


def waiting_exchange(step: timedelta) -> RabbitExchange:
    return RabbitExchange(
        f"{EXCHANGE}.later.{int(step.total_seconds())}", type=ExchangeType.FANOUT, durable=True
    )


def waiting_queue(step: timedelta) -> RabbitQueue:
    """A rung of the ladder: it keeps the routing key, which is the name of the queue to return to."""
    name = f"{EXCHANGE}.later.{int(step.total_seconds())}"
    return _quorum(name, None, extra={"x-message-ttl": int(step.total_seconds() * 1000)})


def parked_queue() -> RabbitQueue:
    return RabbitQueue(PARKED, queue_type=QueueType.QUORUM, durable=True)


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
