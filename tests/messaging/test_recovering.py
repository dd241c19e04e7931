"""The broker takes something away: the process says so, or puts it back, and goes on by itself."""

import asyncio

import aiormq
import pytest
from aio_pika.abc import AbstractChannel
from structlog.testing import capture_logs

from shared.contracts.errors import Transient
from shared.messaging.queues import main_exchange, waiting_queue
from shared.messaging.rabbit import RabbitTransport
from shared.messaging.relay import relay_once
from shared.messaging.topology import EXCHANGE
from tests.messaging.bench import LADDER, Bench, Handling, assembly, eventually, ring, until
from tests.messaging.management import Api, channel_to
from tests.messaging.stories import Flooding, Rang, Unheard

QUEUE = "alpha.test.rang.v1"
FLOODED = "omega.test.flooding.v1"
RECONNECTING_SECONDS = 60


def hearing(heard: list[str]) -> Handling:
    async def hear(message: Rang) -> None:
        heard.append(message.text)

    return hear


async def test_a_publish_that_fails_leaves_the_consumers(rabbit: Bench) -> None:
    """It closes its channel; on that of a consumer, a message in work would come a second time."""
    begun: list[str] = []
    release = asyncio.Event()

    async def hear(message: Rang) -> None:
        begun.append(message.text)
        if message.text == "in work":
            await release.wait()

    transport = await rabbit.run(assembly("alpha", Rang, hear))
    await rabbit.send(ring("in work"))
    await until(lambda: begun)
    await rabbit.send(Unheard(tenant="acme"))
    await rabbit.parked_one()
    async with channel_to(rabbit) as channel:
        await channel.exchange_delete(EXCHANGE)
    await rabbit.send(ring("to no exchange"))
    await until(lambda: "to no exchange" in begun)
    release.set()
    await rabbit.send(ring("after"))
    await until(lambda: "after" in begun)
    assert begun == ["in work", "to no exchange", "after"]
    assert await transport.unready() is None


async def test_a_process_without_its_consumer_is_not_ready_until_it_is_back(rabbit: Bench, api: Api) -> None:
    """The connection is up all the while, so a ping would find nothing."""
    heard: list[str] = []
    transport = await rabbit.run(assembly("alpha", Rang, hearing(heard)))
    assert await transport.unready() is None
    await api.let(read="nothing")
    async with channel_to(rabbit) as channel:
        await channel.queue_delete(QUEUE)
    assert await transport.unready() == f"no consumer for {QUEUE}"
    await api.let()
    await eventually(lambda: _is_ready(transport), RECONNECTING_SECONDS)
    await rabbit.send(ring("back"))
    await until(lambda: heard == ["back"])


async def test_the_consumer_of_another_process_does_not_make_this_one_ready(rabbit: Bench) -> None:
    other = await rabbit.run(assembly("alpha", Rang, hearing([])))
    transport = await rabbit.run(assembly("alpha", Rang, hearing([])))
    assert isinstance(transport, RabbitTransport)
    for tag, channel in await _consumers(transport):
        await channel.basic_cancel(tag)
    assert await transport.unready() == "no consumer of this process for some queue"
    assert await other.unready() is None


async def test_a_connection_that_the_broker_closes_comes_back_with_its_consumers(
    rabbit: Bench, api: Api
) -> None:
    heard: list[str] = []
    transport = await rabbit.run(assembly("alpha", Rang, hearing(heard)))
    await rabbit.send(ring("before"))
    await until(lambda: heard == ["before"])
    for name in await eventually(api.connections):
        await api.close(name)
    await rabbit.send(ring("after"))
    await until(lambda: "after" in heard, RECONNECTING_SECONDS)
    await eventually(lambda: _is_ready(transport), RECONNECTING_SECONDS)


async def test_a_message_is_kept_when_the_channel_that_publishes_is_back_after_the_one_that_hears(
    rabbit: Bench, api: Api
) -> None:
    """Channels come back one by one; until then what publishes is refused by an error of its own kind."""
    heard: list[str] = []

    async def hear(message: Rang) -> None:
        heard.append(message.text)
        if len(heard) == 1:
            await (await _publishing(transport)).close()
            raise Transient("not now")

    transport = await rabbit.run(assembly("alpha", Rang, hear))
    with capture_logs() as logs:
        await rabbit.send(ring("first"))
        await until(lambda: any(entry["event"] == "message.unkept" for entry in logs))
    await (await _publishing(transport)).reopen()
    await until(lambda: heard == ["first", "first"])
    await eventually(lambda: _is_empty(api))


async def test_what_the_outbox_has_waits_for_the_channel_that_publishes(rabbit: Bench) -> None:
    heard: list[str] = []
    transport = await rabbit.run(assembly("alpha", Rang, hearing(heard)), relaying=False)
    await (await _publishing(transport)).close()
    await rabbit.send(ring("waits"))
    assert await relay_once(rabbit.engine, transport) == 0
    await (await _publishing(transport)).reopen()
    assert await relay_once(rabbit.engine, transport) == 1
    await until(lambda: heard == ["waits"])


async def test_a_channel_that_could_not_come_back_at_once_comes_back_later(rabbit: Bench, api: Api) -> None:
    """Its library tries once, and again only with a new connection."""
    heard: list[str] = []
    transport = await rabbit.run(assembly("alpha", Rang, hearing(heard)))
    async with channel_to(rabbit) as channel:
        await channel.exchange_delete(EXCHANGE)
    await api.let(configure="nothing")
    await rabbit.send(ring("waits"))
    await eventually(lambda: _says(transport, "the channel that publishes is closed"))
    await api.let()
    await until(lambda: heard == ["waits"], RECONNECTING_SECONDS)
    assert await transport.unready() is None


async def test_a_queue_that_somebody_deleted_is_declared_again(rabbit: Bench) -> None:
    await rabbit.run()
    async with channel_to(rabbit) as channel:
        await channel.queue_delete(FLOODED)
    await rabbit.send(Flooding(tenant="acme"))
    await eventually(lambda: rabbit.ready(FLOODED))
    assert await rabbit.parked() == []


@pytest.mark.parametrize("gone", ["exchange", "queue"])
async def test_a_rung_that_somebody_deleted_is_declared_again(rabbit: Bench, gone: str) -> None:
    attempts: list[Rang] = []

    async def hear(message: Rang) -> None:
        attempts.append(message)
        raise Transient("not now")

    await rabbit.run(assembly("alpha", Rang, hear))
    rung = waiting_queue(LADDER[0]).name
    async with channel_to(rabbit) as channel:
        await (channel.exchange_delete(rung) if gone == "exchange" else channel.queue_delete(rung))
    await rabbit.send(ring())
    parked = await rabbit.parked_one()
    assert (len(attempts), parked.attempts) == (3, 3)


async def _consumers(transport: RabbitTransport) -> list[tuple[str, aiormq.Channel]]:
    connection = (await transport.broker.connect()).transport
    assert connection is not None
    channels = [each for each in connection.connection.channels.values() if isinstance(each, aiormq.Channel)]
    return [(tag, channel) for channel in channels for tag in channel.consumers]


async def _publishing(transport: object) -> AbstractChannel:
    assert isinstance(transport, RabbitTransport)
    return (await transport.broker.declare_exchange(main_exchange())).channel


async def _is_empty(api: Api) -> bool:
    """Nothing waits, and the consumer holds nothing."""
    found = (await api.queues()).get(QUEUE, {})
    return found.get("messages") == 0


async def _says(transport: object, why: str) -> bool:
    assert isinstance(transport, RabbitTransport)
    return await transport.unready() == why


async def _is_ready(transport: object) -> bool:
    assert isinstance(transport, RabbitTransport)
    return await transport.unready() is None
