"""From the outbox to the queues: fair, bounded, by any number of processes; nothing too large goes in."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import func, select

from shared.contracts.errors import Permanent
from shared.messaging import relay, topology
from shared.messaging.bodies import MAX_BYTES
from shared.messaging.relay import Relayed, relay_once, relayed
from shared.messaging.topology import BACKLOG
from shared.storage.messages import outbox
from tests.messaging.bench import Bench, assembly, effect, eventually, ring, until
from tests.messaging.stories import Answered, Flooding, Rang

FLOODED = "omega.test.flooding.v1"


def flood(count: int, tenant: str = "acme") -> list[Flooding]:
    return [Flooding(tenant=tenant, text=str(number)) for number in range(count)]


async def by_tenant(bench: Bench) -> Counter[str]:
    async with bench.engine.connect() as db:
        rows = await db.execute(select(outbox.c.tenant, func.count()).group_by(outbox.c.tenant))
        return Counter({tenant: count for tenant, count in rows})  # noqa: C416 - dict() of rows does not type


async def test_a_tenant_behind_the_flood_of_another_goes_with_the_next_batch(bench: Bench) -> None:
    transport = await bench.run(relaying=False)
    await bench.send(*flood(1_000), *flood(3, tenant="small"), *flood(60, tenant="middle"))
    assert await relay_once(bench.engine, transport) == BACKLOG
    others = (BACKLOG - 3) // 2
    assert await by_tenant(bench) == {"acme": 1_000 - (BACKLOG - 3 - others), "middle": 60 - others}


async def test_one_mail_waits_for_a_few_dozens_of_a_flood_and_not_for_all_of_it(bench: Bench) -> None:
    """The flood is under way already: its queue is full, and the first of it are in hand."""
    heard: list[str] = []
    go_on = asyncio.Event()

    async def hear(message: Flooding) -> None:
        await go_on.wait()
        heard.append(message.tenant)

    await bench.run(assembly("omega", Flooding, hear))
    await bench.send(*flood(2_000))
    await eventually(lambda: _full(bench))
    await bench.send(*flood(1, tenant="small"))
    go_on.set()
    await until(lambda: "small" in heard)
    assert heard.index("small") <= 2 * BACKLOG


async def test_what_waits_behind_a_service_without_a_database_counts_for_what_it_gets(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells past the outbox: the queue of what it tells would else take the whole flood."""
    monkeypatch.setitem(topology.HANDED_ON, Answered.name, Flooding.name)
    transport = await bench.run(relaying=False)
    await bench.send(*flood(BACKLOG))
    await relay_once(bench.engine, transport)
    await bench.send(Answered(tenant="acme"))
    assert await relayed(bench.engine, transport) == Relayed(0, held_back=True)


async def test_a_tenant_behind_a_flood_longer_than_the_window_is_seen_too(
    embedded: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "WINDOW", 100)
    transport = await embedded.run(relaying=False)
    await embedded.send(*flood(1_000), *flood(1, tenant="small"), *flood(50))
    await relay_once(embedded.engine, transport)
    assert "small" not in await by_tenant(embedded)


async def test_a_full_queue_gets_no_more_while_others_do(bench: Bench) -> None:
    """Nobody consumes the flooded queue: its backlog waits in PostgreSQL."""
    heard: list[Rang] = []

    async def hear(message: Rang) -> None:
        heard.append(message)

    transport = await bench.run(assembly("alpha", Rang, hear), relaying=False)
    await bench.send(*flood(BACKLOG + 2 * relay.BATCH), ring())
    while await relay_once(bench.engine, transport):
        pass
    await until(lambda: len(heard) == 1)
    waiting = len(await bench.waiting())
    assert waiting == 2 * relay.BATCH
    assert await bench.ready(FLOODED) == BACKLOG + 2 * relay.BATCH - waiting
    await bench.send(ring())
    assert await relay_once(bench.engine, transport) == 1
    assert len(await bench.waiting()) == waiting


async def test_room_in_a_full_queue_is_filled_again(bench: Bench) -> None:
    counted: list[Flooding] = []

    async def hear(message: Flooding) -> None:
        counted.append(message)

    first = await bench.run(relaying=False)
    await bench.send(*flood(BACKLOG + relay.BATCH))
    while await relay_once(bench.engine, first):
        pass
    await bench.run(assembly("omega", Flooding, hear))
    await until(lambda: len(counted) >= BACKLOG + relay.BATCH)
    assert len({message.id for message in counted}) == BACKLOG + relay.BATCH


async def test_several_relays_forward_each_message_once(bench: Bench) -> None:
    transport = await bench.run(relaying=False)
    await bench.send(*flood(BACKLOG - 20))
    while await bench.waiting():
        await asyncio.gather(*(relay_once(bench.engine, transport) for _ in range(3)))
    await eventually(lambda: _ready(bench, BACKLOG - 20))


async def test_a_relay_that_dies_before_its_commit_forwards_again(bench: Bench) -> None:
    heard: list[Rang] = []

    async def hear(message: Rang) -> None:
        heard.append(message)
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")

    transport = await bench.run(assembly("alpha", Rang, hear), relaying=False)
    await bench.send(ring())
    async with bench.engine.connect() as db:
        rows = await relay._front(db, {Rang.name: 1})  # noqa: SLF001 - stops where a crash would
        await transport.forward(db, rows)
        await db.rollback()
    assert await relay_once(bench.engine, transport) == 1
    await eventually(lambda: bench.handled(1))
    assert await bench.effects() == {"rang": 1}


async def test_an_empty_outbox_asks_the_broker_nothing(rabbit: Bench) -> None:
    transport = rabbit.make()
    assert await relay_once(rabbit.engine, transport) == 0


async def test_a_message_over_the_limit_is_refused_before_it_is_kept(embedded: Bench) -> None:
    fitting = Answered(tenant="acme", text="x" * (MAX_BYTES - 400))
    async with embedded.units("alpha").acting("acme") as unit:
        unit.emit(fitting)

    async def tell_too_much() -> None:
        async with embedded.units("alpha").acting("acme") as unit:
            await effect(unit, "rang")
            unit.emit(Answered(tenant="acme", text="ü" * (MAX_BYTES // 2)))

    with pytest.raises(Permanent, match=r"test\.answered\.v1 has \d+ bytes, a message holds at most 65536"):
        await tell_too_much()
    assert await embedded.waiting() == ["test.answered.v1"]
    assert await embedded.effects() == {}


async def _full(bench: Bench) -> bool:
    """Whether the flooded queue has no room for more, with what is in hand."""
    return await bench.ready(FLOODED) > BACKLOG // 2 and len(await bench.waiting()) <= 2_000 - BACKLOG


async def _ready(bench: Bench, count: int) -> bool:
    return await bench.ready(FLOODED) == count
