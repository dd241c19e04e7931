"""Workers that are killed with messages in hand: each effect once; what kills each time is parked, alone."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from shared.messaging.topology import DELIVERY_LIMIT
from shared.messaging.unit import now
from shared.storage.messages import deliveries
from tests.messaging.bench import Bench, assembly, effect, eventually, ring, until
from tests.messaging.mortals import IN_WORK, WHEN_DONE, death_of, worker
from tests.messaging.stories import Rang

QUEUE = "alpha.test.rang.v1"


async def deliver(bench: Bench, *texts: str) -> None:
    for text in texts:
        message = ring(text)
        await bench.deliver(QUEUE, Rang.name, message.model_dump_json(), message_id=message.id)


@pytest.mark.parametrize("killer", [IN_WORK, WHEN_DONE])
async def test_what_a_killed_worker_had_in_hand_is_handled_once(bench: Bench, killer: str) -> None:
    heard: list[str] = []

    async def hear(message: Rang) -> None:
        heard.append(message.text)
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, message.text)

    await bench.run(relaying=False)
    await deliver(bench, killer, "beside it")
    await death_of(await worker(bench))
    await bench.run(assembly("alpha", Rang, hear))
    await until(lambda: killer in heard)
    await eventually(lambda: _idle(bench))
    assert await bench.effects() == {killer: 1, "beside it": 1}
    assert await bench.parked() == []


async def test_a_message_that_kills_its_worker_each_time_is_parked_alone(bench: Bench) -> None:
    """Those that were in the same hands each time, and those behind them, are handled."""
    neighbours = [f"neighbour {number}" for number in range(12)]
    await bench.run(relaying=False)
    await deliver(bench, IN_WORK, *neighbours)
    for _ in range(DELIVERY_LIMIT + 1):
        await death_of(await worker(bench))
    await worker(bench)
    parked = await bench.parked_one()
    assert (parked.queue, Rang.model_validate_json(parked.body).text) == (QUEUE, IN_WORK)
    assert parked.error.startswith("returned by a dying consumer: ")
    await eventually(lambda: bench.handled(len(neighbours)))
    assert await bench.effects() == dict.fromkeys(neighbours, 1)
    assert len(await bench.parked()) == 1


@pytest.mark.parametrize(("deaths", "parks"), [(DELIVERY_LIMIT - 1, False), (DELIVERY_LIMIT, True)])
async def test_the_embedded_transport_has_the_limit_of_the_broker(
    embedded: Bench, deaths: int, *, parks: bool
) -> None:
    seen: list[Rang] = []

    async def hear(message: Rang) -> None:
        seen.append(message)

    await deliver(embedded, "poison")
    killed = {"lease": uuid4(), "lease_until": now() + timedelta(minutes=5), "deaths": deaths}
    async with embedded.engine.begin() as db:
        await db.execute(update(deliveries).values(killed))
    await embedded.run(assembly("alpha", Rang, hear))
    if parks:
        parked = await embedded.parked_one()
        assert parked.error == f"returned by a dying consumer: {DELIVERY_LIMIT + 1} times"
        assert seen == []
    else:
        await until(lambda: len(seen) == 1)
        assert await embedded.parked() == []


async def _idle(bench: Bench) -> bool:
    return await bench.ready(QUEUE) == 0 and await bench.handled(2)
