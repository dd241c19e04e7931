"""One queue of the embedded transport: claim what is due while there is room, handle it, record it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import case, delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.elements import ColumnElement

from shared.failpoints import crash_point
from shared.messaging.dispatch import Assembly, Delivery, Handled
from shared.messaging.failures import Done, Later, Park
from shared.messaging.parked import park
from shared.messaging.relay import keep
from shared.messaging.topology import DELIVERY_LIMIT, Ladder
from shared.storage.faults import DATABASE_ERRORS
from shared.storage.messages import deliveries
from shared.waiting import woken

log = structlog.get_logger()

LEASE = timedelta(minutes=5)
CONCURRENCY = 4
"""Messages of one queue handled at once."""

LOOK_SECONDS = 1.0
"""How often a queue is looked at when nobody woke it: a message may come from another process."""


@dataclass(frozen=True)
class Claim:
    """A row of `messages.delivery` that this lane holds."""

    row: int
    lease: UUID
    tenant: str
    delivery: Delivery

    @property
    def held(self) -> ColumnElement[bool]:
        return (deliveries.c.id == self.row) & (deliveries.c.lease == self.lease)


class Lane:
    """Works on one queue until it is stopped. A slow message delays no other one while there is room."""

    def __init__(
        self,
        engine: AsyncEngine,
        clock: Callable[[], datetime],
        ladder: Ladder,
        assembly: Assembly,
        queue: str,
    ) -> None:
        self.engine = engine
        self.clock = clock
        self.ladder = ladder
        self.assembly = assembly
        self.queue = queue
        self.woken = asyncio.Event()
        self._running: dict[asyncio.Task[None], Claim] = {}
        self._stopping = False
        self._trouble: str | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        self._task = asyncio.create_task(self._work(), name=self.queue)

    async def stop(self, grace: timedelta) -> None:
        """Claim nothing more, let running handlers finish; what does not within `grace` is given back."""
        self._stopping = True
        self.woken.set()
        if self._task is not None:
            await asyncio.gather(self._task, return_exceptions=True)
        if self._running:
            await asyncio.wait(list(self._running), timeout=grace.total_seconds())
        late = dict(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await self._give_back(list(late.values()))

    def unready(self) -> str | None:
        """Say why this lane would not handle a message now; None when it would."""
        if self._task is None or self._task.done():
            return f"no consumer for {self.queue}"
        return f"{self.queue}: {self._trouble}" if self._trouble else None

    async def _work(self) -> None:
        while not self._stopping:
            self.woken.clear()
            room = CONCURRENCY - len(self._running)
            claims = await self._claim(room) if room else []
            for claim in claims:
                task = asyncio.create_task(self._handle(claim))
                self._running[task] = claim
                task.add_done_callback(self._finished)
            if len(claims) < room or not room:
                await woken(self.woken, LOOK_SECONDS)

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self.woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery.unrecorded", queue=self.queue, error=type(error).__name__)

    async def _claim(self, room: int) -> list[Claim]:
        try:
            async with self.engine.begin() as db:
                claims = await self._claimed(db, room)
        except DATABASE_ERRORS as error:
            self._trouble = f"database unreachable: {type(error).__name__}"
            log.warning("transport.unreachable", queue=self.queue, error=type(error).__name__)
            return []
        self._trouble = None
        return claims

    async def _claimed(self, db: AsyncConnection, room: int) -> list[Claim]:
        lease, at, c = uuid4(), self.clock(), deliveries.c
        free = c.lease_until.is_(None) | (c.lease_until < at)
        mine = [claim.row for claim in self._running.values()]
        # a CTE and not IN (...): the planner may run a subquery again and lock more than the limit
        chosen = (
            select(c.id)
            .where(c.queue == self.queue, c.due_at <= at, free, c.id.not_in(mine))
            .order_by(c.due_at, c.id)
            .limit(room)
            .with_for_update(skip_locked=True)
            .cte("chosen")
        )
        rows = await db.execute(
            update(deliveries)
            .where(c.id == chosen.c.id)
            .values(
                lease=lease, lease_until=at + LEASE, deaths=c.deaths + case((c.lease.is_(None), 0), else_=1)
            )
            .returning(c.id, c.tenant, c.contract, c.body, c.attempts, c.message_id, c.deaths)
        )
        return [
            Claim(
                row.id,
                lease,
                row.tenant,
                Delivery(self.queue, row.contract, row.body, row.attempts, str(row.message_id), row.deaths),
            )
            for row in sorted(rows, key=lambda row: row.id)
        ]

    async def _handle(self, claim: Claim) -> None:
        if claim.delivery.deaths > DELIVERY_LIMIT:
            handled = Handled(Park(f"returned by a dying consumer: {claim.delivery.deaths} times"))
        else:
            handled = await self.assembly.handle(claim.delivery, self.ladder)
        crash_point("embedded.handled")
        while not await self._recorded(claim, handled):  # noqa: ASYNC110 - the database tells nobody that it is back
            await asyncio.sleep(LOOK_SECONDS)
        if isinstance(handled.outcome, Later):
            seconds = handled.outcome.after.total_seconds()
            asyncio.get_running_loop().call_later(seconds, self.woken.set)

    async def _recorded(self, claim: Claim, handled: Handled) -> bool:
        """Commit what a message came to: gone with its emitted messages, later, or parked. A row whose lease
        another one has taken is left alone."""
        try:
            async with self.engine.begin() as db:
                match handled.outcome:
                    case Done():
                        await self._done(db, claim, handled)
                    case Later(after, error):
                        await self._later(db, claim, after, error)
                    case Park(error):
                        await self._park(db, claim, error)
        except DATABASE_ERRORS as error:
            log.warning("transport.unreachable", queue=self.queue, error=type(error).__name__)
            return False
        return True

    async def _done(self, db: AsyncConnection, claim: Claim, handled: Handled) -> None:
        gone = await db.execute(delete(deliveries).where(claim.held))
        if gone.rowcount:
            await keep(db, handled.emitted, self.clock())

    async def _later(self, db: AsyncConnection, claim: Claim, after: timedelta, error: str) -> None:
        log.warning("message.later", queue=self.queue, after=after.total_seconds(), error=error)
        await db.execute(
            update(deliveries)
            .where(claim.held)
            .values(
                attempts=claim.delivery.attempts + 1,
                due_at=self.clock() + after,
                lease=None,
                lease_until=None,
                first_error=func.coalesce(deliveries.c.first_error, error),
            )
        )

    async def _park(self, db: AsyncConnection, claim: Claim, error: str) -> None:
        log.error("message.parked", queue=self.queue, error=error)
        gone = await db.execute(delete(deliveries).where(claim.held))
        if gone.rowcount:
            await park(db, claim.delivery, tenant=claim.tenant, error=error, at=self.clock())

    async def _give_back(self, claims: list[Claim]) -> None:
        if not claims:
            return
        log.warning("transport.cancelled", queue=self.queue, messages=len(claims))
        try:
            async with self.engine.begin() as db:
                for claim in claims:
                    await db.execute(
                        update(deliveries).where(claim.held).values(lease=None, lease_until=None)
                    )
        except DATABASE_ERRORS as error:
            log.warning("transport.unreachable", queue=self.queue, error=type(error).__name__)
