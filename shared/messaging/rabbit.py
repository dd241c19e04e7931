"""The transport of real installations: FastStream on RabbitMQ quorum queues, a ladder of waiting queues,
and one queue of parked messages. Every publish is persistent, mandatory and confirmed."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from aio_pika.exceptions import AMQPError, PublishError
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitExchange, RabbitMessage
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.base import Message
from shared.failpoints import crash_point
from shared.messaging.dispatch import Assembly, Delivery
from shared.messaging.failures import Done, Later, Park
from shared.messaging.parked import ParkedMessage, park
from shared.messaging.queues import main_exchange, main_queue, parked_queue, waiting_exchange, waiting_queue
from shared.messaging.relay import Outgoing
from shared.messaging.topology import EXCHANGE, LADDER, PARKED, all_queues, queue_name
from shared.messaging.unit import now

log = structlog.get_logger()

CONTRACT, ATTEMPTS, ERROR, FIRST, QUEUE = (
    f"x-postroom-{name}" for name in ("contract", "attempts", "error", "first-error", "queue")
)
TENANT = "x-postroom-tenant"
PREFETCH = 10
DEFAULT_EXCHANGE = RabbitExchange()


class RabbitTransport:
    """Runs assemblies on RabbitMQ."""

    def __init__(self, url: str, *, prefetch: int = PREFETCH, drain_into: AsyncEngine | None = None) -> None:
        """`drain_into`: also move the parked queue into `messages.parked` there; one process does that."""
        self.prefetch = prefetch
        self.drain_into = drain_into
        self.broker = RabbitBroker(
            url,
            default_channel=Channel(on_return_raises=True),
            logger=None,
            graceful_timeout=30,
            ack_policy=AckPolicy.MANUAL,
        )
        self._heard: list[str] = []

    async def start(self, assemblies: Sequence[Assembly]) -> None:
        """Declare the whole topology, then consume what these services hear."""
        await self.broker.connect()
        await self._declare()
        for assembly in assemblies:
            for contract in assembly.service.handlers:
                self._subscribe(assembly, contract)
        if self.drain_into is not None:
            self._subscribe_drain(self.drain_into)
        await self.broker.start()

    async def stop(self) -> None:
        """Let running handlers finish and be acknowledged, then leave."""
        await self.broker.stop()

    async def unready(self) -> str | None:
        """Say why this transport would not handle a message now: the connection may be up and every
        consumer gone, so the broker is asked for its count of consumers."""
        try:
            for name in self._heard:
                queue = await self.broker.declare_queue(main_queue(name, all_queues()[name].name))
                fresh = await queue.declare(timeout=5)
                if not fresh.consumer_count:
                    return f"no consumer for {name}"
        except (AMQPError, OSError, TimeoutError) as error:
            return f"broker unreachable: {type(error).__name__}"
        return None

    async def backlog(self, _db: AsyncConnection) -> dict[str, int]:
        ready: dict[str, int] = {}
        for name, contract in all_queues().items():
            queue = await self.broker.declare_queue(main_queue(name, contract.name))
            ready[name] = (await queue.declare(timeout=5)).message_count or 0
        return ready

    async def forward(self, db: AsyncConnection, rows: Sequence[Outgoing]) -> list[int]:
        """Publish with confirms; a message that no queue takes is parked, visibly."""
        kept = await asyncio.gather(*(self._forward(row) for row in rows))
        for row, problem in zip(rows, kept, strict=True):
            if problem is not None:
                delivery = Delivery(EXCHANGE, row.contract, row.body, 0, str(row.message_id))
                await park(db, delivery, tenant=row.tenant, error=problem, at=now())
        return [row.id for row in rows]

    async def replay(self, message: ParkedMessage) -> None:
        """Put a parked message back into the one queue that gave it up."""
        await self._to_queue(
            message.queue,
            message.body,
            {CONTRACT: message.contract or "", TENANT: message.tenant or "", ATTEMPTS: 0},
            message.message_id or "",
        )

    async def _declare(self) -> None:
        await self.broker.declare_queue(parked_queue())
        exchange = await self.broker.declare_exchange(main_exchange())
        for step in LADDER:
            waiting = await self.broker.declare_queue(waiting_queue(step))
            await waiting.bind(await self.broker.declare_exchange(waiting_exchange(step)))
        for name, contract in all_queues().items():
            queue = await self.broker.declare_queue(main_queue(name, contract.name))
            await queue.bind(exchange, routing_key=contract.name)

    def _subscribe(self, assembly: Assembly, contract: type[Message]) -> None:
        name = queue_name(assembly.service.name, contract)
        self._heard.append(name)

        async def consume(message: RabbitMessage) -> None:
            delivery = Delivery(
                name,
                str(message.headers.get(CONTRACT, "")) or None,
                message.body,
                _attempts(message),
                message.message_id,
            )
            await self._consume(assembly, delivery, message)

        self.broker.subscriber(
            main_queue(name, contract.name),
            main_exchange(),
            channel=Channel(prefetch_count=self.prefetch),
            decoder=_as_bytes,
            no_reply=True,
        )(consume)

    async def _consume(self, assembly: Assembly, delivery: Delivery, message: RabbitMessage) -> None:
        """Handle, keep what became of it, then acknowledge; when that cannot be kept, hand it back."""
        handled = await assembly.handle(delivery)
        headers = dict(message.headers)
        try:
            match handled.outcome:
                case Done():
                    for emitted in handled.emitted:
                        await self._emit(emitted)
                case Later(after, error):
                    log.warning(
                        "message.later", queue=delivery.queue, after=after.total_seconds(), error=error
                    )
                    again = headers | {
                        ATTEMPTS: delivery.attempts + 1,
                        FIRST: headers.get(FIRST, error),
                        ERROR: error,
                    }
                    await self._to_queue(delivery.queue, delivery.body, again, message.message_id, after)
                case Park(error):
                    log.error("message.parked", queue=delivery.queue, error=error)
                    marked = headers | {QUEUE: delivery.queue, ERROR: error, ATTEMPTS: delivery.attempts}
                    await self._to_queue(PARKED, delivery.body, marked, message.message_id)
        except (AMQPError, OSError, TimeoutError) as error:
            log.warning("message.returned", queue=delivery.queue, error=type(error).__name__)
            await message.reject(requeue=True)
            return
        crash_point("rabbit.handled")
        await message.ack()

    async def _forward(self, row: Outgoing) -> str | None:
        headers = {CONTRACT: row.contract, TENANT: row.tenant}
        try:
            await self._publish(main_exchange(), row.contract, row.body, headers, str(row.message_id))
        except PublishError:
            return f"no queue takes {row.contract}"
        return None

    async def _emit(self, message: Message) -> None:
        headers = {CONTRACT: message.name, TENANT: message.tenant}
        await self._publish(
            main_exchange(), message.name, message.model_dump_json(), headers, str(message.id)
        )

    async def _to_queue(
        self,
        queue: str,
        body: bytes | str,
        headers: dict[str, Any],  # Any: AMQP header values
        message_id: str | None,
        after: timedelta | None = None,
    ) -> None:
        exchange = waiting_exchange(after) if after else DEFAULT_EXCHANGE
        await self._publish(exchange, queue, body, headers, message_id)

    async def _publish(
        self,
        exchange: RabbitExchange,
        routing_key: str,
        body: bytes | str,
        headers: dict[str, Any],  # Any: AMQP header values
        message_id: str | None,
    ) -> None:
        """Publish as every message of ours is: to disk, to a queue that exists, confirmed."""
        await self.broker.publish(
            body.encode() if isinstance(body, str) else body,
            exchange=exchange,
            routing_key=routing_key,
            persist=True,
            mandatory=True,
            headers=headers,
            message_id=message_id,
            content_type="application/json",
        )

    def _subscribe_drain(self, engine: AsyncEngine) -> None:
        async def drain(message: RabbitMessage) -> None:
            tenant, error, delivery = _parked(message)
            async with engine.begin() as db:
                await park(
                    db, delivery, tenant=tenant, error=error, at=now(), headers=_texts(message.headers)
                )
            await message.ack()

        self.broker.subscriber(
            parked_queue(), channel=Channel(prefetch_count=1), decoder=_as_bytes, no_reply=True
        )(drain)


async def _as_bytes(message: RabbitMessage) -> bytes:
    return message.body


def _attempts(message: RabbitMessage) -> int:
    value = message.headers.get(ATTEMPTS, 0)
    return value if isinstance(value, int) and value >= 0 else 0


def _texts(headers: dict[str, Any]) -> dict[str, str]:  # Any: AMQP header values
    return {name: str(value) for name, value in headers.items()}


def _parked(message: RabbitMessage) -> tuple[str | None, str, Delivery]:
    """Read a parked message: one of ours says why; one that the broker dead-lettered says from where."""
    headers = message.headers
    deaths = headers.get("x-death") or [{}]
    queue = str(headers.get(QUEUE) or deaths[0].get("queue") or PARKED)
    error = str(headers.get(ERROR) or f"returned by a dying consumer: {deaths[0].get('reason', 'unknown')}")
    contract = str(headers.get(CONTRACT, "")) or None
    delivery = Delivery(queue, contract, message.body, _attempts(message), message.message_id)
    return (str(headers.get(TENANT, "")) or None, error, delivery)
