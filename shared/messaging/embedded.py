"""The transport of one process: the tables are the queues. Same handlers, attempts, ladder and parking."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.base import CONTRACTS
from shared.failpoints import crash_point
from shared.messaging.dispatch import Assembly, Delivery, Handled
from shared.messaging.failures import Done, Later, Park
from shared.messaging.parked import ParkedMessage, park
from shared.messaging.relay import Outgoing, keep
from shared.messaging.topology import queue_name, queues_of
from shared.messaging.unit import now
from shared.storage.messages import deliveries

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
CONCURRENCY = 4
"""Messages of one queue handled at once."""


class EmbeddedTransport:
    """Runs assemblies on `messages.delivery`. A lease that ran out is somebody's death: handled again."""

    def __init__(self, engine: AsyncEngine, clock: Callable[[], datetime] = now) -> None:
        self.engine = engine
        self.clock = clock
        self.woken = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, assemblies: Sequence[Assembly]) -> None:
        """Begin to handle what waits for these services."""
        await self._free_what_died()
        for assembly in assemblies:
            for contract in assembly.service.handlers:
                queue = queue_name(assembly.service.name, contract)
                self._tasks.append(asyncio.create_task(self._work(assembly, queue), name=queue))

    async def stop(self) -> None:
        """Let running handlers finish, then stop."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()

    async def unready(self) -> str | None:
        """Say why this transport would not handle a message now; None when it would."""
        dead = [task.get_name() for task in self._tasks if task.done()]
        return f"no consumer for {', '.join(dead)}" if dead else None

    async def backlog(self, db: AsyncConnection) -> dict[str, int]:
        rows = await db.execute(select(deliveries.c.queue, func.count()).group_by(deliveries.c.queue))
        return {queue: count for queue, count in rows}  # noqa: C416 - dict() of rows does not type

    async def forward(self, db: AsyncConnection, rows: Sequence[Outgoing]) -> list[int]:
        """Expand each message into one delivery a queue, in the relay's own transaction."""
        values = [
            {
                "tenant": row.tenant,
                "queue": queue,
                "contract": row.contract,
                "message_id": row.message_id,
                "body": row.body,
                "due_at": self.clock(),
            }
            for row in rows
            for queue in queues_of(CONTRACTS[row.contract])
        ]
        if values:
            await db.execute(insert(deliveries), values)
        self.woken.set()
        return [row.id for row in rows]

    async def replay(self, message: ParkedMessage) -> None:
        """Put a parked message back into the one queue that gave it up."""
        async with self.engine.begin() as db:
            await db.execute(
                insert(deliveries).values(
                    tenant=message.tenant or "",
                    queue=message.queue,
                    contract=message.contract or "",
                    message_id=UUID(message.message_id) if message.message_id else uuid4(),
                    body=message.body.decode(),
                    due_at=self.clock(),
                )
            )
        self.woken.set()

    async def _free_what_died(self) -> None:
        """Free every lease: there is one process, so whoever held one is dead."""
        async with self.engine.begin() as db:
            await db.execute(update(deliveries).values(lease=None, lease_until=None))

    async def _work(self, assembly: Assembly, queue: str) -> None:
        while True:
            try:
                done = await self.step(assembly, queue)
            except OSError as error:
                log.warning("transport.unreachable", queue=queue, error=type(error).__name__)
                done = 0
            if not done:
                await self._rest()

    async def step(self, assembly: Assembly, queue: str) -> int:
        """Handle what is due in one queue, at most a handful, and say how many that were."""
        claimed = await self._claim(queue)
        await asyncio.gather(
            *(self._handle(assembly, row_id, lease, found) for row_id, lease, found in claimed)
        )
        return len(claimed)

    async def _rest(self) -> None:
        """Wait to be woken, at most a second: a wake-up may be lost."""
        self.woken.clear()
        try:
            await asyncio.wait_for(self.woken.wait(), timeout=1)
        except TimeoutError:
            return

    async def _claim(self, queue: str) -> list[tuple[int, UUID, Delivery]]:
        lease, at, c = uuid4(), self.clock(), deliveries.c
        free = c.lease_until.is_(None) | (c.lease_until < at)
        chosen = (
            select(c.id)
            .where(c.queue == queue, c.due_at <= at, free)
            .order_by(c.due_at, c.id)
            .limit(CONCURRENCY)
            .with_for_update(skip_locked=True)
        )
        async with self.engine.begin() as db:
            rows = await db.execute(
                update(deliveries)
                .where(c.id.in_(chosen.scalar_subquery()))
                .values(lease=lease, lease_until=at + LEASE)
                .returning(c.id, c.contract, c.body, c.attempts, c.message_id)
            )
            return [
                (row.id, lease, Delivery(queue, row.contract, row.body, row.attempts, str(row.message_id)))
                for row in rows
            ]

    async def _handle(self, assembly: Assembly, row_id: int, lease: UUID, delivery: Delivery) -> None:
        handled = await assembly.handle(delivery)
        crash_point("embedded.handled")
        async with self.engine.begin() as db:
            await self._record(db, row_id, lease, delivery, handled)
        if handled.emitted:
            self.woken.set()

    async def _record(
        self, db: AsyncConnection, row_id: int, lease: UUID, delivery: Delivery, handled: Handled
    ) -> None:
        """Commit what a message came to: gone with its emitted messages, later, or parked."""
        mine = (deliveries.c.id == row_id) & (deliveries.c.lease == lease)
        match handled.outcome:
            case Later(after, error):
                log.warning("message.later", queue=delivery.queue, after=after.total_seconds(), error=error)
                values = {"attempts": delivery.attempts + 1, "due_at": self.clock() + after}
                await db.execute(
                    update(deliveries)
                    .where(mine)
                    .values(
                        **values,
                        lease=None,
                        lease_until=None,
                        first_error=func.coalesce(deliveries.c.first_error, error),
                    )
                )
                return
            case Park(error):
                log.error("message.parked", queue=delivery.queue, error=error)
                gone = (
                    await db.execute(delete(deliveries).where(mine).returning(deliveries.c.tenant))
                ).first()
                if gone is not None:
                    await park(db, delivery, tenant=gone.tenant, error=error, at=self.clock())
            case Done():
                gone = (await db.execute(delete(deliveries).where(mine).returning(deliveries.c.id))).first()
                if gone is not None and handled.emitted:
                    await keep(db, handled.emitted, self.clock())
