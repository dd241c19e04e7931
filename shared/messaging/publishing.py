"""Publish on RabbitMQ as every message of ours is: to disk, to a queue that exists, confirmed, named."""

from datetime import timedelta
from typing import Any, cast

from aio_pika.abc import AbstractRobustChannel
from aio_pika.exceptions import AMQPError
from faststream.rabbit import RabbitBroker, RabbitExchange

from shared.contracts.base import Message
from shared.messaging.bodies import body_of
from shared.messaging.queues import main_exchange, waiting_exchange
from shared.messaging.topology import PARKED, Ladder

CONTRACT, TENANT, ATTEMPTS, ERROR, FIRST, QUEUE = (
    f"x-postroom-{name}" for name in ("contract", "tenant", "attempts", "error", "first-error", "queue")
)
"""Headers. The last three are set on their way through the ladder and to the parked queue."""

DEFAULT_EXCHANGE = RabbitExchange()
CONFIRM_SECONDS = 30
"""A broker that is out of memory or disk takes publishes and confirms nothing."""

BROKER_ERRORS = (AMQPError, RuntimeError, OSError)
"""What publishing raises when the broker does not have the message.

A timeout is an OSError; a closed connection or channel is a RuntimeError to the libraries, of which
`ChannelInvalidStateError` is one: after an outage channels come back one by one, that which publishes
perhaps last."""

Headers = dict[str, Any]  # Any: AMQP header values


class Publisher:
    """Publishes on the broker's default channel, which nobody consumes on: a failed publish closes it."""

    def __init__(self, broker: RabbitBroker) -> None:
        self._broker = broker

    async def open(self, ladder: Ladder) -> None:
        """Name every exchange before anybody consumes. The library keeps an exchange with the channel that
        named it first: named by a consumer, we would publish on the consumer's channel, where a failed
        publish ends the consumer and a message that no queue takes is lost without a word."""
        for exchange in (main_exchange(), *(waiting_exchange(step) for step in ladder)):
            await self._broker.declare_exchange(exchange)

    async def is_closed(self) -> bool:
        return (await self._channel()).is_closed

    async def mend(self) -> None:
        """Open the channel again if it could not come back when it closed: the library tries once, and then
        only with a new connection.

        Raises:
            AMQPError, RuntimeError, OSError: it cannot come back now.
        """
        await (await self._channel()).restore()

    async def tell(self, message: Message) -> None:
        """Publish a message of our own making to every queue that hears it."""
        await self.forward(message.name, message.tenant, body_of(message), str(message.id))

    async def forward(self, contract: str, tenant: str, body: bytes | str, message_id: str) -> None:
        """Publish to every queue that hears a contract."""
        headers = {CONTRACT: contract, TENANT: tenant}
        await self._publish(main_exchange(), contract, body, headers, message_id)

    async def give_to(self, queue: str, body: bytes | str, headers: Headers, message_id: str | None) -> None:
        """Publish to one queue."""
        await self._publish(DEFAULT_EXCHANGE, queue, body, headers, message_id)

    async def give_later(
        self, queue: str, after: timedelta, body: bytes | str, headers: Headers, message_id: str | None
    ) -> None:
        """Publish to the rung of the ladder that returns it to this queue after that time."""
        await self._publish(waiting_exchange(after), queue, body, headers, message_id)

    async def park(self, body: bytes | str, headers: Headers, message_id: str | None) -> None:
        await self.give_to(PARKED, body, headers, message_id)

    async def _channel(self) -> AbstractRobustChannel:
        exchange = await self._broker.declare_exchange(main_exchange())
        return cast("AbstractRobustChannel", exchange.channel)  # of a RobustExchange

    async def _publish(
        self,
        exchange: RabbitExchange,
        routing_key: str,
        body: bytes | str,
        headers: Headers,
        message_id: str | None,
    ) -> None:
        await self._broker.publish(
            body.encode() if isinstance(body, str) else body,
            exchange=exchange,
            routing_key=routing_key,
            persist=True,
            mandatory=True,
            timeout=CONFIRM_SECONDS,
            headers=headers,
            message_id=message_id,
            content_type="application/json",
        )
