"""The transport of real installations: FastStream on RabbitMQ quorum queues, a ladder of waiting queues,
and one queue of parked messages."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import PublishError
from faststream import AckPolicy
from faststream.rabbit import Channel, RabbitBroker, RabbitMessage
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.base import Message
from shared.contracts.errors import Permanent, Transient
from shared.failpoints import crash_point
from shared.messaging.dispatch import Assembly, Delivery, Handled
from shared.messaging.draining import attempts_of, deaths_of, draining
from shared.messaging.failures import Done, Later, Park
from shared.messaging.parked import ParkedMessage, destinations, park
from shared.messaging.publishing import (
    ATTEMPTS,
    BROKER_ERRORS,
    CONTRACT,
    ERROR,
    FIRST,
    QUEUE,
    TENANT,
    Publisher,
)
from shared.messaging.queues import (
    consumers_here,
    declare,
    depths,
    main_exchange,
    main_queue,
    parked_queue,
    waiting_queue,
)
from shared.messaging.relay import Outgoing
from shared.messaging.topology import EXCHANGE, LADDER, PARKED, Ladder, all_queues, queue_name, takers
from shared.messaging.unit import now

log = structlog.get_logger()

PREFETCH = 10
"""Messages of one queue handled at once."""

PAUSE_SECONDS = 1.0
"""Between attempts to keep what became of a message, while the broker does not take it."""

UNREADY_SECONDS = 5


class RabbitTransport:
    """Runs assemblies on RabbitMQ."""

    def __init__(
        self,
        url: str,
        *,
        prefetch: int = PREFETCH,
        drain_into: AsyncEngine | None = None,
        ladder: Ladder = LADDER,
        grace_seconds: float = 30,
    ) -> None:
        """`drain_into`: also move the parked queue into `messages.parked` there; one process does that."""
        self.prefetch = prefetch
        self.drain_into = drain_into
        self.ladder = ladder
        self.broker = RabbitBroker(
            url,
            default_channel=Channel(on_return_raises=True),
            logger=None,
            graceful_timeout=grace_seconds,
            reconnect_interval=1.0,
            ack_policy=AckPolicy.MANUAL,
        )
        self._publisher = Publisher(self.broker)
        self._heard: list[str] = []

    async def start(self, assemblies: Sequence[Assembly]) -> None:
        """Declare the whole topology, then consume what these services hear."""
        await declare(await self._connection(), self.ladder)
        await self._publisher.open(self.ladder)
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
        """Say why this transport would not handle a message now: the connection may be up and a consumer
        gone, so this process counts its own and asks the broker for its count."""
        try:
            async with asyncio.timeout(UNREADY_SECONDS):
                connection = await self._connection()
                found = await depths(connection, self._heard)
        except BROKER_ERRORS as error:
            return f"broker unreachable: {type(error).__name__}"
        unheard = [name for name in self._heard if name not in found or not found[name].consumers]
        if unheard:
            return f"no consumer for {', '.join(unheard)}"
        if consumers_here(connection) < len(self._heard):
            return "no consumer of this process for some queue"
        return "the channel that publishes is closed" if await self._publisher.is_closed() else None

    async def backlog(self, _db: AsyncConnection, queues: Sequence[str]) -> dict[str, int]:
        found = await depths(await self._connection(), queues)
        return {name: depth.ready for name, depth in found.items()}

    async def queued(self) -> dict[str, int]:
        """Count what waits on the broker, of every tenant: in each queue, and before another attempt.

        Raises:
            Transient: the broker cannot be asked.
        """
        later = [waiting_queue(step).name for step in self.ladder]
        try:
            found = await depths(await self._connection(), [*all_queues(), *later])
        except BROKER_ERRORS as error:
            raise Transient(f"broker unreachable: {type(error).__name__}") from error
        return {name: depth.ready for name, depth in found.items()}

    async def forward(self, db: AsyncConnection, rows: Sequence[Outgoing]) -> list[int]:
        """Publish with confirms; a message that no queue takes is parked, visibly."""
        told = await asyncio.gather(*(self._forward(row) for row in rows))
        kept = [row.id for row, outcome in zip(rows, told, strict=True) if not isinstance(outcome, Later)]
        if len(kept) < len(rows):
            await self._declare_again()
        for row, outcome in zip(rows, told, strict=True):
            if isinstance(outcome, Park):
                delivery = Delivery(EXCHANGE, row.contract, row.body, 0, str(row.message_id))
                await park(db, delivery, tenant=row.tenant, error=outcome.error, at=now())
        return kept

    def forwarded(self, _rows: Sequence[Outgoing]) -> None:
        """Nothing: the broker delivers by itself."""

    async def replay(self, message: ParkedMessage) -> None:
        """Put a parked message back to where it was given up.

        Raises:
            Permanent: there is no such queue.
        """
        destinations(message)
        contract, tenant, message_id = message.contract or "", message.tenant or "", message.message_id or ""
        try:
            if message.queue == EXCHANGE:
                await self._publisher.forward(contract, tenant, message.body, message_id)
            else:
                headers = {CONTRACT: contract, TENANT: tenant, ATTEMPTS: 0}
                await self._publisher.give_to(message.queue, message.body, headers, message_id)
        except PublishError as error:
            raise Permanent(f"there is no queue {message.queue}", code="unheard") from error

    async def _connection(self) -> AbstractConnection:
        return await self.broker.connect()

    def _subscribe(self, assembly: Assembly, contract: type[Message]) -> None:
        name = queue_name(assembly.service.name, contract)
        self._heard.append(name)

        async def consume(message: RabbitMessage) -> None:
            said = str(message.headers.get(CONTRACT, "")) or None
            attempts, deaths = attempts_of(message.headers), deaths_of(message.headers)
            delivery = Delivery(name, said, message.body, attempts, message.message_id, deaths)
            await self._consume(assembly, delivery, message)

        self.broker.subscriber(
            main_queue(name, contract.name),
            main_exchange(),
            channel=Channel(prefetch_count=self.prefetch),
            decoder=_as_bytes,
            no_reply=True,
        )(consume)

    def _subscribe_drain(self, engine: AsyncEngine) -> None:
        self._heard.append(PARKED)
        self.broker.subscriber(
            parked_queue(), channel=Channel(prefetch_count=1), decoder=_as_bytes, no_reply=True
        )(draining(engine))

    async def _consume(self, assembly: Assembly, delivery: Delivery, message: RabbitMessage) -> None:
        """Handle, keep what became of it, then acknowledge. What cannot be kept now is tried again and not
        handed back, which would spin; a message whose channel is gone comes back by itself."""
        handled = await assembly.handle(delivery, self.ladder)
        while not await self._kept(handled, delivery, message):
            if message.raw_message.channel.is_closed:
                return
            await asyncio.sleep(PAUSE_SECONDS)
        crash_point("rabbit.handled")
        await message.ack()

    async def _kept(self, handled: Handled, delivery: Delivery, message: RabbitMessage) -> bool:
        try:
            await self._keep(handled, delivery, message)
        except BROKER_ERRORS as error:
            log.warning("message.unkept", queue=delivery.queue, error=type(error).__name__)
            await self._declare_again()
            return False
        return True

    async def _keep(self, handled: Handled, delivery: Delivery, message: RabbitMessage) -> None:
        headers, message_id = dict(message.headers), message.message_id
        match handled.outcome:
            case Done():
                for emitted in handled.emitted:
                    await self._publisher.tell(emitted)
            case Later(after, error):
                log.warning("message.later", queue=delivery.queue, after=after.total_seconds(), error=error)
                headers |= {ATTEMPTS: delivery.attempts + 1, FIRST: headers.get(FIRST, error), ERROR: error}
                await self._publisher.give_later(delivery.queue, after, delivery.body, headers, message_id)
            case Park(error):
                log.error("message.parked", queue=delivery.queue, error=error)
                headers |= {QUEUE: delivery.queue, ERROR: error, ATTEMPTS: delivery.attempts}
                await self._publisher.park(delivery.body, headers, message_id)

    async def _declare_again(self) -> None:
        """Somebody may have deleted the queue or exchange that was to take it, and so closed the channel."""
        try:
            await declare(await self._connection(), self.ladder)
            await self._publisher.mend()
        except BROKER_ERRORS as error:
            log.warning("broker.unreachable", error=type(error).__name__)

    async def _forward(self, row: Outgoing) -> Done | Later | Park:
        try:
            await self._publisher.forward(row.contract, row.tenant, row.body, str(row.message_id))
        except PublishError as error:
            if takers(row.contract):
                return Later(timedelta(0), type(error).__name__)
            return Park(f"no queue takes {row.contract}")
        except BROKER_ERRORS as error:
            return Later(timedelta(0), type(error).__name__)
        return Done()


async def _as_bytes(message: RabbitMessage) -> bytes:
    return message.body
