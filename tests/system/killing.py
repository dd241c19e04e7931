"""Kill -9 at named points between two side effects, and at seeded moments; then let all come to rest."""

import asyncio
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from sqlalchemy import Select, func, select

from shared.messaging.topology import DELIVERY_LIMIT
from shared.storage.ingest import mails
from shared.storage.messages import deliveries
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import placements
from shared.storage.triggers import verdicts
from tests.installation import LOOK_SECONDS, SUPPORT, Installation
from tests.servers import SIDE_BY_SIDE
from tests.system.mails import Letter
from tests.system.workers import Worker

PATIENCE_SECONDS = 90.0
"""How long a process may take until it reaches the point where it dies."""

STALLED_SECONDS = 1.5
"""When a process has worked for so long and did not die, more mail arrives."""

CHUNK = 3


@dataclass(frozen=True)
class AtPoint:
    """Die when passing a named point for the nth time."""

    name: str
    nth: int


@dataclass(frozen=True)
class AfterMore:
    """Die when so many more things have happened since the start."""

    what: str
    count: int


Step = AtPoint | AfterMore

COUNTED: dict[str, Select[int]] = {
    "listed": select(func.count()).select_from(mails),
    "stored": select(func.count()).select_from(mails).where(mails.c.blob.is_not(None)),
    "placed": select(func.count()).select_from(placements),
    "decided": select(func.count()).select_from(verdicts),
    "prepared": select(func.count()).select_from(outgoing).where(outgoing.c.handle.is_not(None)),
}
"""What the product records; anything else is an event of the sandbox."""


class Supply(Protocol):
    """What did not come yet."""

    installation: Installation
    fed_at: float
    """When a process lacked work the last time: what came for one comes to the others as well."""

    async def deliver(self, count: int) -> None:
        """Let so much of it come, or what is left."""

    async def hasten(self) -> None:
        """Let what came be looked at now."""


@dataclass
class Letters:
    """Mail that did not arrive yet."""

    installation: Installation
    waiting: list[Letter]
    delivered: dict[str, str] = field(default_factory=dict)
    """Provider id to key."""
    fed_at: float = 0

    async def deliver(self, count: int) -> None:
        now, self.waiting = self.waiting[:count], self.waiting[count:]
        for letter in now:
            self.delivered[self.installation.sandbox.deliver(SUPPORT, letter.raw)] = letter.key

    async def hasten(self) -> None:
        await self.installation.scan()


def steps_for(points: Sequence[str], moments: Sequence[str], seed: int, latest: int = 3) -> list[Step]:
    """Every point once, at one of the first `latest` times, and every moment, in a seeded order. Any process
    may relay what another one tells, so nobody is sure to come there often."""
    dice = random.Random(seed)  # noqa: S311 - repeatable is what it must be
    often = {name: 2 if name.startswith("relay.") else latest for name in points}
    steps: list[Step] = [AtPoint(name, dice.randint(1, most)) for name, most in often.items()]
    steps += [AfterMore(what, dice.randint(1, 6)) for what in moments]
    dice.shuffle(steps)
    return steps


async def torment(worker: Worker, steps: Sequence[Step], supply: Supply) -> None:
    """Start a process and kill it, step by step; at the end it runs undisturbed."""
    for step in steps:
        await breathe(worker, supply.installation)
        await supply.deliver(CHUNK)
        before = await happened(supply.installation, step)
        await worker.start(f"{step.name}:{step.nth}" if isinstance(step, AtPoint) else "")
        await _dead(worker, step, before, supply)
        worker.kills += 1
    await worker.start()


async def _dead(worker: Worker, step: Step, before: int, supply: Supply) -> None:
    """Wait until it died, or enough has happened to kill it; feed it while it has too little to do."""
    begun = time.monotonic()
    works_since: float | None = None
    while not worker.died():
        if isinstance(step, AfterMore) and await happened(supply.installation, step) >= before + step.count:
            await worker.kill()
            return
        now = time.monotonic()
        assert now - begun < PATIENCE_SECONDS * SIDE_BY_SIDE, f"{worker.module} never came to {step}"
        if works_since is None and worker.works():
            works_since = now
        if works_since is not None and now - max(works_since, supply.fed_at) > STALLED_SECONDS:
            supply.fed_at = now
            await supply.deliver(CHUNK)
            await supply.hasten()
        await asyncio.sleep(LOOK_SECONDS)


async def breathe(worker: Worker, installation: Installation) -> None:
    """Let a process live for once when a message saw so many deaths that it would be parked soon. That is no
    loss, but nobody is here to replay it."""
    if await _most_deaths(installation) < DELIVERY_LIMIT / 2:
        return
    await worker.start()

    async def handled() -> bool:
        return await _most_deaths(installation) < DELIVERY_LIMIT / 2

    await installation.until(handled, "the messages of the dead are handled", PATIENCE_SECONDS)
    await worker.kill()
    worker.kills += 1


async def _most_deaths(installation: Installation) -> int:
    (row,) = await installation.rows(select(func.coalesce(func.max(deliveries.c.deaths), 0)))
    most: int = row[0]
    return most


async def happened(installation: Installation, step: Step) -> int:
    """Count what a step waits for."""
    if isinstance(step, AtPoint):
        return 0
    if step.what in COUNTED:
        count: int = (await installation.rows(COUNTED[step.what]))[0][0]
        return count
    return sum(event.kind == step.what for event in installation.sandbox.log(SUPPORT))
