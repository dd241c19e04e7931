"""Each message has its effect once, together with what it tells, or not at all."""

import asyncio

from shared.contracts.errors import Permanent
from shared.messaging.topology import all_queues
from tests.messaging.bench import Bench, Handling, assembly, effect, eventually, ring, until
from tests.messaging.stories import Answered, Rang


async def test_a_message_delivered_twice_is_handled_once(bench: Bench) -> None:
    seen: list[Rang] = []

    async def hear(message: Rang) -> None:
        seen.append(message)
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")

    await bench.run(assembly("alpha", Rang, hear))
    message = ring("the door")
    await bench.send(message, message)
    await until(lambda: len(seen) == 2)
    # both may be handled at once: the second waits for the commit of the first
    await eventually(lambda: bench.handled(1))
    assert seen == [message, message]
    assert await bench.effects() == {"rang": 1}
    assert await bench.parked() == []


async def test_deliveries_at_the_same_moment_are_handled_once(bench: Bench) -> None:
    both = asyncio.Barrier(2)
    done: list[str] = []

    async def hear(message: Rang) -> None:
        await both.wait()
        try:
            async with bench.units("alpha").handling(message) as unit:
                await effect(unit, "rang")
        finally:
            done.append("done")

    await bench.run(assembly("alpha", Rang, hear))
    message = ring()
    await bench.send(message, message)
    await until(lambda: len(done) == 2)
    assert await bench.effects() == {"rang": 1}


async def test_each_of_three_services_handles_it_once(bench: Bench) -> None:
    def hearing(name: str) -> Handling:
        async def hear(message: Rang) -> None:
            async with bench.units(name).handling(message) as unit:
                await effect(unit, name)

        return hear

    await bench.run(*(assembly(name, Rang, hearing(name)) for name in Rang.heard_by))
    await bench.send(ring(), ring())
    await eventually(lambda: bench.handled(6))
    assert await bench.effects() == {"alpha": 2, "beta": 2, "gamma": 2}


async def test_state_and_told_messages_are_committed_together(bench: Bench) -> None:
    heard: list[Answered] = []

    async def hear(message: Rang) -> None:
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")
            unit.emit(Answered(tenant=message.tenant, text=message.text))

    async def listen(message: Answered) -> None:
        heard.append(message)

    await bench.run(assembly("alpha", Rang, hear), assembly("delta", Answered, listen))
    message = ring("hello")
    await bench.send(message)
    await until(lambda: len(heard) == 1)
    assert await bench.effects() == {"rang": 1}
    assert (heard[0].text, heard[0].caused_by, heard[0].hops) == ("hello", message.id, 1)


async def test_a_failure_rolls_back_state_and_told_messages(bench: Bench) -> None:
    async def hear(message: Rang) -> None:
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")
            unit.emit(Answered(tenant=message.tenant))
            raise Permanent("no")

    await bench.run(assembly("alpha", Rang, hear))
    await bench.send(ring())
    await bench.parked_one()
    assert await bench.effects() == {}
    assert await bench.waiting() == []
    assert not await bench.handled(1)


async def test_a_crash_between_commit_and_acknowledgement_is_handled_once(bench: Bench) -> None:
    """The process dies after its commit: the broker, or the lease, brings the message again."""
    again = asyncio.Event()
    never = asyncio.Event()

    async def commit_and_hang(message: Rang) -> None:
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")
        await never.wait()

    async def hear(message: Rang) -> None:
        again.set()
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")

    dying = await bench.run(assembly("alpha", Rang, commit_and_hang), grace_seconds=0.05)
    await bench.send(ring())
    await eventually(lambda: bench.handled(1))
    await dying.stop()
    second = await bench.run(assembly("alpha", Rang, hear))
    await asyncio.wait_for(again.wait(), 30)
    await second.stop()
    assert await bench.ready("alpha.test.rang.v1") == 0
    assert await bench.effects() == {"rang": 1}
    assert await bench.parked() == []


async def test_the_answer_to_a_command_stays_on_its_inbox_row(bench: Bench) -> None:
    async def hear(message: Rang) -> None:
        async with bench.units("alpha").handling(message) as unit:
            unit.answer({"ok": True, "said": message.text})

    await bench.run(assembly("alpha", Rang, hear))
    message = ring("done")
    await bench.send(message, message)
    await eventually(lambda: bench.handled(1))
    assert await bench.answer(message.id) == {"ok": True, "said": "done"}


async def test_every_queue_is_named_after_its_service_and_contract() -> None:
    assert all_queues()["beta.test.rang.v1"] is Rang
