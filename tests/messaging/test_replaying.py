"""Parked messages: put back into the one queue that gave them up, or dropped; none is lost on the way."""

from uuid import uuid4

import pytest

from shared.contracts.errors import Permanent
from shared.messaging.dispatch import Delivery
from shared.messaging.parked import park, take
from shared.messaging.unit import now
from tests.messaging.bench import Bench, Handling, assembly, effect, eventually, ring, until
from tests.messaging.stories import Rang, Unheard

QUEUE = "alpha.test.rang.v1"


def failing(error: Exception, seen: list[Rang]) -> Handling:
    async def hear(message: Rang) -> None:
        seen.append(message)
        raise error

    return hear


async def replay_only_one(bench: Bench) -> None:
    """As the desk and the command do it: put back first, then taken out."""
    parked = await bench.parked_one()
    async with bench.engine.begin() as db:
        message = await take(db, parked.id)
        assert message is not None
        await bench.transports[0].replay(message)


async def test_one_of_three_services_parks_and_replay_reaches_only_that_one(bench: Bench) -> None:
    broken = True
    calls: list[str] = []

    def hearing(name: str) -> Handling:
        async def hear(message: Rang) -> None:
            calls.append(name)
            async with bench.units(name).handling(message) as unit:
                await effect(unit, name)
                if name == "beta" and broken:
                    raise Permanent("broken")

        return hear

    await bench.run(*(assembly(name, Rang, hearing(name)) for name in Rang.heard_by))
    await bench.send(ring())
    await eventually(lambda: bench.handled(2))
    assert (await bench.parked_one()).queue == "beta.test.rang.v1"
    assert await bench.effects() == {"alpha": 1, "gamma": 1}
    broken = False
    await replay_only_one(bench)
    await eventually(lambda: bench.handled(3))
    assert await bench.effects() == {"alpha": 1, "beta": 1, "gamma": 1}
    assert sorted(calls) == ["alpha", "beta", "beta", "gamma"]
    assert await bench.parked() == []


async def test_what_parks_again_after_a_replay_is_one_row_with_the_new_reason(bench: Bench) -> None:
    reasons = ["first", "second"]

    async def hear(_message: Rang) -> None:
        raise Permanent(reasons.pop(0))

    await bench.run(assembly("alpha", Rang, hear))
    await bench.send(ring())
    assert (await bench.parked_one()).error == "permanent: first"
    await replay_only_one(bench)
    assert (await bench.parked_one()).error == "permanent: second"


async def test_the_same_delivery_parked_twice_is_one_row(bench: Bench) -> None:
    """What is parked behind them shows that both have arrived: they are drained in order."""
    seen: list[Rang] = []
    refusing = assembly("alpha", Rang, failing(Permanent("no"), seen))
    await bench.run(relaying=False)
    handling = await bench.run(refusing)
    message, behind = ring(), ring()
    await bench.send(message, message)
    await until(lambda: len(seen) == 2)
    await handling.stop()
    await bench.run(refusing)
    await bench.send(behind)
    await eventually(lambda: _is_parked(bench, behind))
    assert {parked.message_id for parked in await bench.parked()} == {str(message.id), str(behind.id)}
    assert len(await bench.parked()) == 2


async def test_a_dropped_message_is_gone(bench: Bench) -> None:
    seen: list[Rang] = []
    await bench.run(assembly("alpha", Rang, failing(Permanent("no"), seen)))
    await bench.send(ring())
    parked = await bench.parked_one()
    async with bench.engine.begin() as db:
        assert await take(db, parked.id) == parked
        assert await take(db, parked.id) is None
    assert await bench.parked() == []
    assert len(seen) == 1


async def test_a_replay_to_no_queue_says_so_and_stays_parked(bench: Bench) -> None:
    await bench.run()
    await bench.send(Unheard(tenant="acme"))
    await bench.parked_one()
    with pytest.raises(Permanent, match=r"no queue takes test\.unheard\.v1"):
        await replay_only_one(bench)
    await bench.parked_one()


@pytest.mark.parametrize(
    ("queue", "why"),
    [
        ("postroom.parked", "nothing reads the queue postroom.parked"),
        ("alpha.gone.v1", "nothing reads the queue"),
    ],
    ids=["a stranger's", "of another version"],
)
async def test_a_replay_to_a_queue_that_nobody_reads_is_refused(bench: Bench, queue: str, why: str) -> None:
    await bench.run()
    async with bench.engine.begin() as db:
        await park(db, Delivery(queue, "gone.v1", "{}", 0, str(uuid4())), tenant="acme", error="", at=now())
    with pytest.raises(Permanent, match=why):
        await replay_only_one(bench)
    await bench.parked_one()


@pytest.mark.parametrize(
    ("body", "message_id"), [(b"\xff", "6b0f7a52-3f0e-4a0b-9b3c-2f1d5c8e7a90"), ("{}", None), ("{}", "no id")]
)
async def test_what_only_a_broker_holds_is_not_replayed_into_tables(
    embedded: Bench, body: bytes | str, message_id: str | None
) -> None:
    """It was parked before the installation went over to the embedded transport."""
    await embedded.run()
    async with embedded.engine.begin() as db:
        await park(db, Delivery(QUEUE, Rang.name, body, 0, message_id), tenant="acme", error="", at=now())
    with pytest.raises(Permanent, match="only a broker holds such a message"):
        await replay_only_one(embedded)
    await embedded.parked_one()


async def _is_parked(bench: Bench, message: Rang) -> bool:
    return str(message.id) in {parked.message_id for parked in await bench.parked()}
