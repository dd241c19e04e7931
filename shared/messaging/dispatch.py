"""From bytes on a queue to a handler's call: the same for both transports."""

import asyncio
import random
from dataclasses import dataclass, field
from time import perf_counter

import structlog

from shared.contracts.base import CONTRACTS, Message
from shared.contracts.errors import Permanent
from shared.messaging.bodies import body_of
from shared.messaging.failures import Outcome, outcome_of
from shared.messaging.topology import LADDER, Ladder, Parts, Service, all_queues, parts_for
from shared.observability.metrics import message_seconds, messages

log = structlog.get_logger()

AT_ONCE = 8
"""Handlers of one service that work at once in a process, over all its queues: as many as it keeps
connections, so that none waits for one with its time running."""


SUSPICIOUS = 3
"""Whoever had a message in hand died so often: it may be the killer, or have been beside it each time."""

APART_SECONDS = 0.5
"""Suspicious messages are begun at random within this time: one that is innocent is soon done before the
killer begins, and does not reach the limit with it."""


class Emit:
    """How a stateless handler tells: collected, and kept by the transport before the message is done."""

    def __init__(self, cause: Message) -> None:
        self.cause = cause
        self.messages: list[Message] = []

    def __call__(self, message: Message) -> None:
        """Tell something.

        Raises:
            Permanent: nobody hears it, or it is too large.
        """
        if not message.heard_by:
            raise Permanent(f"no queue takes {message.name}", code="unheard")
        told = message.because_of(self.cause, len(self.messages))
        body_of(told)
        self.messages.append(told)


@dataclass(frozen=True)
class Delivery:
    """One message as a transport got it."""

    queue: str
    contract: str | None
    """As the sender says; None when it says nothing."""
    body: bytes | str
    attempts: int
    """How often it was tried before."""
    message_id: str | None = None
    deaths: int = 0
    """How often whoever had it in hand died."""


@dataclass(frozen=True)
class Handled:
    outcome: Outcome
    emitted: list[Message] = field(default_factory=list)
    """By a stateless service: to be kept with the message's completion."""


@dataclass(frozen=True)
class Assembly:
    """A service with its parts: what app.py makes and a transport runs."""

    service: Service
    parts: Parts
    room: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def __post_init__(self) -> None:
        for handler in self.service.handlers.values():
            parts_for(handler, self.parts | {Emit: None}, skip=1)

    async def handle(self, delivery: Delivery, ladder: Ladder = LADDER) -> Handled:
        """Decode a message and call its handler; never raises but for cancellation."""
        emits: list[Message] = []

        async def work() -> None:
            message = read(delivery)
            emit = Emit(message)
            handler = self.service.handlers[type(message)]
            with structlog.contextvars.bound_contextvars(
                queue=delivery.queue, message=str(message.id), tenant=message.tenant, mail=str(message.mail)
            ):
                await handler(message, **parts_for(handler, self.parts | {Emit: emit}, skip=1))
                log.info("message.handled", attempts=delivery.attempts)
            emits.extend(emit.messages)

        if delivery.deaths >= SUSPICIOUS:
            await asyncio.sleep(random.uniform(0, APART_SECONDS))  # noqa: S311 - no secret
        async with self.room:
            begun = perf_counter()
            outcome = await outcome_of(work(), delivery.attempts, ladder)
            message_seconds.labels(delivery.queue).observe(perf_counter() - begun)
        messages.labels(delivery.queue, type(outcome).__name__.lower()).inc()
        return Handled(outcome, emits)


def read(delivery: Delivery) -> Message:
    """Decode a message.

    Raises:
        Permanent: it is not ours, or of a version that this queue does not know.
        ValidationError: it is malformed.
    """
    contract = all_queues().get(delivery.queue)
    if contract is None:
        raise Permanent(f"no contract has the queue {delivery.queue}", code="unknown_queue")
    if delivery.contract != contract.name:
        known = "another contract" if delivery.contract in CONTRACTS else "an unknown contract or version"
        raise Permanent(f"the message says it is {known}, the queue is for {contract.name}", code="not_ours")
    return contract.model_validate_json(delivery.body)
