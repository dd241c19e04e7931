"""Traps of RabbitMQ and of the library, each pinned on the real broker."""

import asyncio

import aio_pika
import pytest

from shared.contracts.errors import Permanent, Transient
from shared.messaging.dispatch import AT_ONCE
from shared.messaging.queues import waiting_queue
from shared.messaging.rabbit import PREFETCH, RabbitTransport
from shared.messaging.relay import relay_once
from shared.messaging.topology import DELIVERY_LIMIT, EXCHANGE, LADDER, PARKED, all_queues
from tests.messaging.bench import Bench, assembly, eventually, ring, until
from tests.messaging.management import Api, channel_to
from tests.messaging.stories import Rang

QUEUE = "alpha.test.rang.v1"
FLOOD = 40


async def test_every_queue_is_durable_replicated_and_has_its_way_out(rabbit: Bench, api: Api) -> None:
    await rabbit.run()
    found = await eventually(api.queues)
    assert set(found) >= set(all_queues())
    for name in all_queues():
        told = found[name]["arguments"]
        assert (found[name]["durable"], told["x-queue-type"]) == (True, "quorum")
        assert (told["x-dead-letter-exchange"], told["x-dead-letter-routing-key"]) == ("", PARKED)
        assert told["x-dead-letter-strategy"] == "at-least-once"
        assert told["x-delivery-limit"] == DELIVERY_LIMIT


async def test_what_is_published_is_persistent_and_says_what_it_is(rabbit: Bench) -> None:
    transport = await rabbit.run()
    async with channel_to(rabbit) as channel:
        spy = await channel.declare_queue("spy", exclusive=True)
        await spy.bind(EXCHANGE, Rang.name)
        message = ring()
        await rabbit.send(message)
        seen = await eventually(lambda: spy.get(fail=False))
        assert seen is not None
        assert seen.delivery_mode == aio_pika.DeliveryMode.PERSISTENT
        assert (seen.message_id, seen.headers["x-postroom-contract"]) == (str(message.id), Rang.name)
    assert await transport.unready() is None


async def test_what_waits_is_counted_by_queue_and_before_another_attempt(rabbit: Bench) -> None:
    async def hear(_message: Rang) -> None:
        raise Transient("not now")

    transport = RabbitTransport(rabbit.url)  # the product's own ladder: long enough to look
    await transport.start([assembly("alpha", Rang, hear)])
    rabbit.stack.push_async_callback(transport.stop)
    assert set((await transport.queued()).values()) == {0}
    await rabbit.deliver(QUEUE, Rang.name, ring().model_dump_json())
    rung = waiting_queue(LADDER[0]).name

    async def waits() -> bool:
        return (await transport.queued())[rung] == 1

    await eventually(waits)


async def test_a_broker_that_is_not_there_is_told_as_such() -> None:
    with pytest.raises(Transient, match="broker unreachable"):
        await RabbitTransport("amqp://guest:guest@127.0.0.1:1/").queued()


@pytest.mark.parametrize(
    ("error", "where"),
    [(Transient("not now"), waiting_queue(LADDER[0]).name), (Permanent("never"), PARKED)],
    ids=["on a rung of the ladder", "parked"],
)
async def test_what_failed_is_persistent_too(rabbit: Bench, error: Exception, where: str) -> None:
    async def hear(_message: Rang) -> None:
        raise error

    # nobody drains, and the ladder is the product's own: long enough to look
    transport = RabbitTransport(rabbit.url)
    await transport.start([assembly("alpha", Rang, hear)])
    rabbit.stack.push_async_callback(transport.stop)
    await rabbit.deliver(QUEUE, Rang.name, ring().model_dump_json())
    async with channel_to(rabbit) as channel:
        waiting = await channel.get_queue(where)
        seen = await eventually(lambda: waiting.get(fail=False))
        assert seen is not None
        assert seen.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


async def test_what_the_broker_does_not_confirm_stays_in_the_outbox(rabbit: Bench, api: Api) -> None:
    """A queue that is full refuses; the relay keeps the row, and goes on when there is room."""
    heard: set[str] = set()
    sent: list[str] = []

    async def hear(message: Rang) -> None:
        heard.add(message.text)

    async def refused() -> bool:
        sent.append(str(len(sent)))
        await rabbit.send(ring(sent[-1]))
        return await relay_once(rabbit.engine, transport) == 0

    transport = await rabbit.run(relaying=False)
    await api.limit(QUEUE, 1)
    await eventually(refused)
    assert await rabbit.waiting() == [Rang.name]
    await rabbit.run(assembly("alpha", Rang, hear))
    await until(lambda: heard == set(sent))
    assert await rabbit.parked() == []


async def test_a_consumer_holds_no_more_than_its_prefetch(rabbit: Bench, api: Api) -> None:
    hold = asyncio.Event()
    heard: list[Rang] = []

    async def hear(message: Rang) -> None:
        heard.append(message)
        await hold.wait()

    transport = await rabbit.run(relaying=False)
    await rabbit.send(*(ring(str(number)) for number in range(FLOOD)))
    while await relay_once(rabbit.engine, transport):
        pass
    await rabbit.run(assembly("alpha", Rang, hear))
    await until(lambda: len(heard) == AT_ONCE)
    await eventually(lambda: _ready(rabbit, FLOOD - PREFETCH))

    async def told() -> bool:
        return await api.prefetch() == {QUEUE: PREFETCH, PARKED: 1}

    await eventually(told)  # the management API lags behind
    assert len(heard) == AT_ONCE
    hold.set()
    await until(lambda: len(heard) == FLOOD)


async def _ready(bench: Bench, count: int) -> bool:
    return await bench.ready(QUEUE) == count
