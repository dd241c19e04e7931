"""The due rows of one table, each worked by itself: a slow one holds up no other while there is room."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from uuid import UUID

import structlog

from shared.messaging.dispatch import Assembly
from shared.messaging.failures import where
from shared.messaging.topology import DueWork, parts_for
from shared.messaging.unit import Units
from shared.observability.metrics import failed_sweeps, sweep_seconds, swept
from shared.storage import due
from shared.waiting import woken

log = structlog.get_logger()

COALESCE_SECONDS = 0.1
"""While most places are taken, rows are claimed no more often than this: each claim is a transaction."""


SLOW_SECONDS = 10.0
"""Whoever takes longer waits for somebody outside, and gives its place to another row."""

MOST = 16
"""Times the places: the most rows in hand, with those that are slow."""


@dataclass(frozen=True)
class _InHand:
    claimed: due.Claimed
    since: float = field(default_factory=perf_counter)


class Claiming:
    """Claims due rows while there is room, until it is stopped. Those that are slow take up no room, so that
    as many as there are places may hang and hold up no other."""

    def __init__(self, assembly: Assembly, work: DueWork, slow_seconds: float = SLOW_SECONDS) -> None:
        self.work = work
        self._slow_seconds = slow_seconds
        self.woken = asyncio.Event()
        self._service = assembly.service.name
        self._units: Units = assembly.parts[Units]
        self._parts = parts_for(work.step, assembly.parts, skip=1)
        self._running: dict[asyncio.Task[None], _InHand] = {}
        self._stopping = False

    async def run(self) -> None:
        """Work until `stop`."""
        while not self._stopping:
            self.woken.clear()
            room = self._room()
            claimed = await self._claim(room) if room else []
            for each in claimed:
                task = asyncio.create_task(self._one(each))
                self._running[task] = _InHand(each)
                task.add_done_callback(self._done)
            if len(claimed) < room or not room:
                await self._rest()

    async def once(self, of: str | None = None) -> int:
        """Claim what is due now, of one tenant or of all, work it, and say how many rows that were."""
        claimed = await self._claim(self.work.at_once, of)
        await asyncio.gather(*(self._one(each) for each in claimed))
        return len(claimed)

    async def stop(self, grace_seconds: float) -> None:
        """Claim nothing more, let rows finish; what takes too long is cancelled and waits out its lease."""
        self._stopping = True
        self.woken.set()
        if self._running:
            await asyncio.wait(self._running, timeout=grace_seconds)
        late = list(self._running)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    def _room(self) -> int:
        slow_since = perf_counter() - self._slow_seconds
        quick = sum(each.since > slow_since for each in self._running.values())
        return min(self.work.at_once - quick, MOST * self.work.at_once - len(self._running))

    async def _claim(self, room: int, of: str | None = None) -> list[due.Claimed]:
        units, work = self._units, self.work
        try:
            return await due.claim(
                units.engine,
                work.table,
                now=units.clock(),
                limit=room,
                lease_for=units.lease,
                states=work.states,
                turns=work.turns,
                busy=self._busy(),
                of=of,
            )
        except Exception as error:  # noqa: BLE001 - it outlives every outage
            self._failed(error)
            return []

    async def _one(self, claimed: due.Claimed) -> None:
        begun = perf_counter()
        try:
            await self.work.step(claimed, **self._parts)
        except due.LeaseLost:
            log.info("lease.lost", service=self._service, sweep=self.work.name, row=str(claimed.id))
        except Exception as error:  # noqa: BLE001 - one bad row must not end the others
            self._failed(error)
        else:
            swept.labels(self._service, self.work.name).inc()
            sweep_seconds.labels(self._service, self.work.name).observe(perf_counter() - begun)

    def _failed(self, error: Exception) -> None:
        # no traceback: it may hold words of a mail
        log.error("sweep.failed", service=self._service, sweep=self.work.name, error=where(error))
        failed_sweeps.labels(self._service, self.work.name).inc()

    def _busy(self) -> list[UUID]:
        """Name the parents that have their turn now."""
        turns = self.work.turns
        if turns is None:
            return []
        parents = (each.claimed.parent for each in self._running.values())
        held = Counter(parent for parent in parents if parent is not None)
        return [parent for parent, count in held.items() if count >= turns.each]

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._running[task]
        self.woken.set()

    async def _rest(self) -> None:
        if self._running and not self._stopping:
            await asyncio.sleep(COALESCE_SECONDS)
        await woken(self.woken, self.work.every.total_seconds())
