"""The unit of work: one message, or one due row, is one transaction with its inbox and outbox rows."""

import asyncio
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import ARRAY, Row, Select, Table, Text, exists, func, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.contracts.base import Message
from shared.failpoints import crash_point
from shared.messaging.failures import AlreadyHandled
from shared.messaging.relay import keep
from shared.messaging.topology import ANSWER_CHANNEL, DUE_CHANNEL, LIVE_CHANNEL, queue_name
from shared.storage import due
from shared.storage.config import tenants
from shared.storage.engine import in_tenant
from shared.storage.messages import inbox

LEASE = timedelta(minutes=5)
"""How long a claimed row stays with one worker; when that one dies, the row waits so long."""


def now() -> datetime:
    return datetime.now(UTC)


@dataclass
class Unit:
    """What a handler works with. It never commits and never publishes."""

    db: AsyncConnection
    tenant: str
    now: datetime
    cause: Message | None = None
    emitted: list[Message] = field(default_factory=list)
    result: JsonValue = None
    woken: bool = False
    touched: set[UUID] = field(default_factory=set)
    examined: set[UUID] = field(default_factory=set)

    def emit(self, message: Message) -> None:
        """Tell or ask something, in the same transaction as the state it speaks of."""
        self.emitted.append(message.because_of(self.cause, len(self.emitted)) if self.cause else message)
        self.touch(message.about)

    def touch(self, ticket: UUID | None) -> None:
        """Let pages that show the ticket look again, once this is committed. What is emitted of it does."""
        if ticket is not None:
            self.touched.add(ticket)

    def touch_mailbox(self, mailbox: UUID) -> None:
        """Let pages that wait for what is found of a mailbox look again, once this is committed."""
        self.examined.add(mailbox)

    def wake(self) -> None:
        """Something is due now: let the service's sweeps look at once, and not at their next turn."""
        self.woken = True

    def answer(self, result: JsonValue) -> None:
        """Leave the answer to a command; whoever asked waits for it."""
        self.result = result


class Units:
    """Makes the units of one service. The only place that commits."""

    def __init__(
        self,
        engine: AsyncEngine,
        service: str,
        clock: Callable[[], datetime] = now,
        lease: timedelta = LEASE,
    ) -> None:
        self.engine = engine
        self.service = service
        self.clock = clock
        self.lease = lease

    def watchdog(self, claimed: due.Claimed, at_most: float = math.inf) -> asyncio.Timeout:
        """Bound a call to the outside to `at_most` seconds, and so that it ends before the lease on its row.

        A fifth of the lease is kept back for recording what came of the call.
        """
        left = claimed.until - self.clock() - self.lease / 5
        return asyncio.timeout(min(left.total_seconds(), at_most))

    @asynccontextmanager
    async def handling(self, message: Message) -> AsyncIterator[Unit]:
        """Handle a message once.

        Raises:
            AlreadyHandled: this queue has handled it before; the transport takes that as done.
        """
        queue = queue_name(self.service, type(message))
        async with in_tenant(self.engine, message.tenant) as db:
            unit = Unit(db, message.tenant, self.clock(), cause=message)
            row = {"queue": queue, "message_id": message.id, "tenant": message.tenant, "handled_at": unit.now}
            # a message that comes after its tenant was erased counts as handled
            living = select(*map(literal, row.values())).where(~exists(_erased(message.tenant)))
            noted = upsert(inbox).from_select(list(row), living).on_conflict_do_nothing()
            if (await db.execute(noted.returning(inbox.c.queue))).first() is None:
                raise AlreadyHandled(queue)
            yield unit
            await self._keep(unit)
            if unit.result is not None:
                await _answer(unit, queue, message.id)
            crash_point(f"{self.service}.before_commit")
        crash_point(f"{self.service}.after_commit")

    @asynccontextmanager
    async def sweeping(self, claimed: due.Claimed, table: Table) -> AsyncIterator[tuple[Unit, Row[Any]]]:
        """Work on a claimed row in its own tenant's transaction.

        Raises:
            LeaseLost: another worker has taken the row meanwhile.
        """
        async with in_tenant(self.engine, claimed.tenant) as db:
            row = await due.hold(db, table, claimed)
            if row is None:
                raise due.LeaseLost(table.fullname)
            unit = Unit(db, claimed.tenant, self.clock())
            yield unit, row
            await self._keep(unit)
            crash_point(f"{self.service}.before_commit")
        crash_point(f"{self.service}.after_commit")

    @asynccontextmanager
    async def acting(self, tenant: str) -> AsyncIterator[Unit]:
        """Work for a tenant without a message: a sweep over many rows, or a command sent by the desk."""
        async with in_tenant(self.engine, tenant) as db:
            unit = Unit(db, tenant, self.clock())
            yield unit
            await self._keep(unit)

    async def _keep(self, unit: Unit) -> None:
        await keep(unit.db, unit.emitted, unit.now)
        if unit.woken:
            await unit.db.execute(select(func.pg_notify(DUE_CHANNEL, self.service)))
        if unit.touched or unit.examined:
            news = [str(ticket) for ticket in unit.touched] + [f"mailbox {one}" for one in unit.examined]
            told = literal([f"{unit.tenant} {one}" for one in news], ARRAY(Text))
            await unit.db.execute(select(func.pg_notify(LIVE_CHANNEL, func.unnest(told))))


def _erased(tenant: str) -> Select[tuple[str]]:
    return select(tenants.c.id).where(tenants.c.id == tenant, tenants.c.erased_at.is_not(None))


async def _answer(unit: Unit, queue: str, message_id: UUID) -> None:
    await unit.db.execute(
        update(inbox)
        .where(inbox.c.queue == queue, inbox.c.message_id == message_id)
        .values(result=unit.result)
    )
    await unit.db.execute(select(func.pg_notify(ANSWER_CHANNEL, str(message_id))))
