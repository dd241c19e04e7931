"""Nothing waits for a poll: each hop wakes the next. The polls are set to an hour, and all is done."""

from datetime import timedelta

import pytest

from shared import runtime
from shared.contracts.errors import Transient
from shared.messaging import lanes
from shared.messaging.dispatch import Assembly, Emit
from shared.messaging.topology import Service
from shared.messaging.unit import Units
from shared.runtime import Running
from tests.messaging.bench import LADDER, Bench, assembly, ring, until
from tests.messaging.stories import Answered, Rang

HOUR = timedelta(hours=1)
HOPS = 6


@pytest.fixture(autouse=True)
def hourly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "LOOK_SECONDS", HOUR.total_seconds())
    monkeypatch.setattr(runtime, "SAFETY_NET_SECONDS", HOUR.total_seconds())


async def running(bench: Bench, *assemblies: Assembly) -> Running:
    """Run services as a process does, with its relay, its sweeps and its ear for NOTIFY."""
    # the first one listens, under its role in the database
    first = Assembly(Service("ticketing"), {})
    made = Running(bench.make(), [first, *assemblies], bench.engine)
    await made.start(bench.database_url)
    bench.stack.push_async_callback(made.stop)
    return made


async def test_a_chain_of_messages_waits_for_no_poll(bench: Bench) -> None:
    """Through a service with a database and one without, in turn."""
    heard: list[int] = []

    async def hear(message: Rang) -> None:
        heard.append(message.hops)
        async with bench.units("alpha").handling(message) as unit:
            if message.hops < HOPS:
                unit.emit(Answered(tenant=message.tenant))

    stateless = Service("delta", stateless=True)

    @stateless.on(Answered)
    async def answer(message: Answered, emit: Emit) -> None:
        emit(ring(tenant=message.tenant))

    await running(bench, assembly("alpha", Rang, hear), Assembly(stateless, {}))
    for _ in range(3):
        heard.clear()
        await bench.send(ring())
        await until(lambda: heard == [0, 2, 4, 6])


async def test_what_a_handler_makes_due_is_swept_at_once(bench: Bench) -> None:
    service, swept = Service("alpha"), list[str]()
    units = bench.units("alpha")

    @service.on(Rang)
    async def hear(message: Rang, units: Units) -> None:
        async with units.handling(message) as unit:
            unit.wake()

    @service.every(HOUR)
    async def sweep(units: Units) -> int:
        swept.append(units.service)
        return 0

    await running(bench, Assembly(service, {Units: units}))
    await until(lambda: swept)
    for _ in range(3):
        swept.clear()
        await bench.send(ring())
        await until(lambda: swept)


async def test_what_is_tried_later_waits_its_time_and_no_longer(bench: Bench) -> None:
    attempts: list[Rang] = []

    async def hear(message: Rang) -> None:
        attempts.append(message)
        if len(attempts) < len(LADDER) + 1:
            raise Transient("not yet")

    await running(bench, assembly("alpha", Rang, hear))
    await bench.send(ring())
    await until(lambda: len(attempts) == len(LADDER) + 1)
