"""A bench for one transport: services made by the test, a relay, and looks at what came of messages."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal, TypeVar
from uuid import UUID, uuid4

import aio_pika
from aio_pika.abc import HeadersType
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.base import Message
from shared.messaging.dispatch import Assembly
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.parked import ParkedMessage, parked_messages
from shared.messaging.publishing import BROKER_ERRORS, CONTRACT, TENANT
from shared.messaging.rabbit import RabbitTransport
from shared.messaging.relay import keep, relay_once
from shared.messaging.topology import Service
from shared.messaging.unit import Unit, Units, now
from shared.storage.engine import engine_as, in_tenant
from shared.storage.messages import deliveries, inbox, outbox
from shared.storage.tickets import contacts
from tests.messaging.stories import Rang
from tests.servers import SIDE_BY_SIDE

Kind = Literal["embedded", "rabbit"]
Found = TypeVar("Found")
Handling = Callable[[Any], Coroutine[Any, Any, None]]  # Any: whichever contract the test hears

TENANT_NAME = "acme"
LADDER = (timedelta(milliseconds=50), timedelta(milliseconds=100))
PATIENCE_SECONDS = 15 * SIDE_BY_SIDE


async def eventually(condition: Callable[[], Awaitable[Found]], seconds: float = PATIENCE_SECONDS) -> Found:
    """Wait until a condition holds and return what it found."""
    async with asyncio.timeout(seconds):
        while not (found := await condition()):  # noqa: ASYNC110 - other processes set no event
            await asyncio.sleep(0.02)
    return found


async def until(condition: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
    """Wait until something in this process holds."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - reads better than an event for each fact
            await asyncio.sleep(0.01)


def ring(text: str = "", tenant: str = TENANT_NAME) -> Rang:
    return Rang(tenant=tenant, text=text)


def assembly(name: str, contract: type[Message], handler: Handling, *, stateless: bool = False) -> Assembly:
    """A service of one handler, which takes the message alone."""
    service = Service(name, stateless=stateless)

    @service.on(contract)
    async def handle(message: Message) -> None:
        await handler(message)

    return Assembly(service, {})


@dataclass
class Bench:
    kind: Kind
    engine: AsyncEngine
    database_url: str
    url: str
    """Of the broker; empty when there is none."""
    stack: AsyncExitStack
    transports: list[EmbeddedTransport | RabbitTransport] = field(default_factory=list)

    def units(self, service: str) -> Units:
        return Units(self.engine, service)

    def make(self, *, drain: bool = True, grace_seconds: float = 30) -> EmbeddedTransport | RabbitTransport:
        if self.kind == "embedded":
            return EmbeddedTransport(self.engine, ladder=LADDER, grace=timedelta(seconds=grace_seconds))
        into = self.engine if drain else None
        return RabbitTransport(self.url, drain_into=into, ladder=LADDER, grace_seconds=grace_seconds)

    async def run(
        self, *assemblies: Assembly, relaying: bool = True, grace_seconds: float = 30
    ) -> EmbeddedTransport | RabbitTransport:
        """Start a transport with these services, and a relay; both end with the test."""
        transport = self.make(drain=not self.transports, grace_seconds=grace_seconds)
        await transport.start(list(assemblies))
        self.transports.append(transport)
        self.stack.push_async_callback(transport.stop)
        if relaying:
            self.background(self._relay(transport))
        return transport

    def background(self, work: Coroutine[Any, Any, None]) -> "asyncio.Task[None]":
        task = asyncio.create_task(work)
        self.stack.push_async_callback(_ended, task)
        return task

    async def send(self, *messages: Message) -> None:
        """Put messages into the outbox, in one transaction."""
        async with self.engine.begin() as db:
            await keep(db, messages, now())

    async def deliver(self, queue: str, contract: str, body: str, *, message_id: UUID | None = None) -> None:
        """Put a message into one queue, as a stranger might."""
        message_id = message_id or uuid4()
        if self.kind == "rabbit":
            headers: HeadersType = {CONTRACT: contract, TENANT: TENANT_NAME}
            message = aio_pika.Message(body.encode(), headers=headers, message_id=str(message_id))
            async with await aio_pika.connect(self.url) as connection, connection.channel() as channel:
                await channel.default_exchange.publish(message, queue)
            return
        row = {"tenant": TENANT_NAME, "queue": queue, "contract": contract, "message_id": message_id}
        async with self.engine.begin() as db:
            await db.execute(insert(deliveries).values(**row, body=body, due_at=now()))
        for transport in self.transports:
            if isinstance(transport, EmbeddedTransport):
                transport.wake({queue})

    async def terminate(self, backend: int) -> None:
        """Close a session of the database from the server's side."""
        owner = engine_as(self.database_url, "test")
        async with owner.connect() as db:
            await db.execute(select(func.pg_terminate_backend(backend)))
        await owner.dispose()

    async def parked(self) -> list[ParkedMessage]:
        async with self.engine.connect() as db:
            return await parked_messages(db)

    async def parked_one(self) -> ParkedMessage:
        """Wait for the only parked message."""
        found = await eventually(self.parked)
        assert len(found) == 1
        return found[0]

    async def waiting(self) -> list[str]:
        """The contracts in the outbox, oldest first."""
        async with self.engine.connect() as db:
            return list(await db.scalars(select(outbox.c.contract).order_by(outbox.c.id)))

    async def handled(self, count: int) -> bool:
        """Whether that many messages were handled."""
        async with self.engine.connect() as db:
            return (await db.execute(select(func.count()).select_from(inbox))).scalar_one() >= count

    async def answer(self, message_id: UUID) -> object:
        async with self.engine.connect() as db:
            found = await db.execute(select(inbox.c.result).where(inbox.c.message_id == message_id))
            return found.scalar_one()

    async def ready(self, queue: str) -> int:
        """How many messages wait in a queue, those in work left out where the broker counts."""
        async with self.engine.connect() as db:
            return (await self.transports[-1].backlog(db, [queue])).get(queue, 0)

    async def effects(self) -> Counter[str]:
        """How often each effect was committed."""
        async with in_tenant(self.engine, TENANT_NAME) as db:
            return Counter(await db.scalars(select(contacts.c.name)))

    async def _relay(self, transport: EmbeddedTransport | RabbitTransport) -> None:
        while True:
            moved = 0
            with suppress(*BROKER_ERRORS):  # it outlives an outage, as the process's own relay does
                moved = await relay_once(self.engine, transport)
            if not moved:
                await asyncio.sleep(0.02)


async def effect(unit: Unit, label: str) -> None:
    """Change state, so that one can count how often."""
    row = {"id": uuid4(), "tenant": unit.tenant, "address": f"{uuid4().hex}@example.com", "name": label}
    await unit.db.execute(insert(contacts).values(**row, created_at=unit.now))


async def _ended(task: "asyncio.Task[None]") -> None:
    """Cancel until it is over: `asyncio.wait_for` of Python 3.11, which aiormq uses, may swallow one."""
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=1)
    if not task.cancelled():
        task.result()
