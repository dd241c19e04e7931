"""The transport of one process: the tables are the queues. Same handlers, attempts, ladder and parking."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.errors import Permanent
from shared.messaging.dispatch import Assembly, Delivery
from shared.messaging.lanes import Lane
from shared.messaging.parked import ParkedMessage, destinations, park
from shared.messaging.relay import Outgoing
from shared.messaging.topology import EXCHANGE, LADDER, Ladder, queue_name, takers
from shared.messaging.unit import now
from shared.storage.messages import deliveries

GRACE = timedelta(seconds=30)
"""How long a stop waits for running handlers."""


class EmbeddedTransport:
    """Runs assemblies on `messages.delivery`. A lease that ran out is somebody's death: handled again."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Callable[[], datetime] = now,
        *,
        ladder: Ladder = LADDER,
        grace: timedelta = GRACE,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.ladder = ladder
        self.grace = grace
        self._lanes: list[Lane] = []

    async def start(self, assemblies: Sequence[Assembly]) -> None:
        """Begin to handle what waits for these services."""
        self._lanes = [
            Lane(self.engine, self.clock, self.ladder, assembly, queue_name(assembly.service.name, contract))
            for assembly in assemblies
            for contract in assembly.service.handlers
        ]
        await self._free_what_died([lane.queue for lane in self._lanes])
        for lane in self._lanes:
            lane.start()

    async def stop(self) -> None:
        """Let running handlers finish, then stop."""
        await asyncio.gather(*(lane.stop(self.grace) for lane in self._lanes))
        self._lanes.clear()

    async def unready(self) -> str | None:
        """Say why this transport would not handle a message now; None when it would."""
        problems = [problem for lane in self._lanes if (problem := lane.unready())]
        return "; ".join(problems) or None

    async def backlog(self, db: AsyncConnection, queues: Sequence[str]) -> dict[str, int]:
        c = deliveries.c
        rows = await db.execute(
            select(c.queue, func.count())
            .where(c.queue.in_(queues), c.due_at <= self.clock())
            .group_by(c.queue)
        )
        return {queue: count for queue, count in rows}  # noqa: C416 - dict() of rows does not type

    async def queued(self) -> None:
        """Nothing to count: there is no broker, the tables are the queues."""

    async def forward(self, db: AsyncConnection, rows: Sequence[Outgoing]) -> list[int]:
        """Expand each message into one delivery a queue, in the relay's own transaction."""
        values = []
        for row in rows:
            queues = takers(row.contract)
            values += [self._delivery(queue, row) for queue in queues]
            if not queues:
                unheard = Delivery(EXCHANGE, row.contract, row.body, 0, str(row.message_id))
                error = f"no queue takes {row.contract}"
                await park(db, unheard, tenant=row.tenant, error=error, at=self.clock())
        if values:
            await db.execute(insert(deliveries), values)
        return [row.id for row in rows]

    def forwarded(self, rows: Sequence[Outgoing]) -> None:
        self.wake({queue for row in rows for queue in takers(row.contract)})

    async def replay(self, message: ParkedMessage) -> None:
        """Put a parked message back to where it was given up.

        Raises:
            Permanent: there is no such queue; or it is no message that tables can hold.
        """
        queues = destinations(message)
        try:
            body, message_id = message.body.decode(), UUID(message.message_id or "")
        except ValueError as error:
            raise Permanent("only a broker holds such a message", code="not_ours") from error
        row = Outgoing(0, message.tenant or "", message.contract or "", message_id, body)
        async with self.engine.begin() as db:
            await db.execute(insert(deliveries), [self._delivery(queue, row) for queue in queues])
        self.wake(set(queues))

    def wake(self, queues: set[str]) -> None:
        """Let these queues be looked at now, and no others: a look costs a transaction."""
        for lane in self._lanes:
            if lane.queue in queues:
                lane.woken.set()

    def _delivery(self, queue: str, row: Outgoing) -> dict[str, object]:
        return {
            "tenant": row.tenant,
            "queue": queue,
            "contract": row.contract,
            "message_id": row.message_id,
            "body": row.body,
            "due_at": self.clock(),
        }

    async def _free_what_died(self, queues: Sequence[str]) -> None:
        """End the leases on these queues: one process works on them, so whoever held one is dead."""
        held = deliveries.c.queue.in_(queues) & deliveries.c.lease.is_not(None)
        async with self.engine.begin() as db:
            await db.execute(
                update(deliveries).where(held).values(lease_until=datetime.min.replace(tzinfo=UTC))
            )
