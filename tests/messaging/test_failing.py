"""What becomes of a message whose handler fails: later, attempts counted; or parked."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from shared.contracts.errors import Permanent, Transient
from tests.messaging.bench import LADDER, Bench, Handling, assembly, effect, eventually, ring, until
from tests.messaging.stories import Answered, Rang, Unheard

SECRET = "ann@example.com"
QUEUE = "alpha.test.rang.v1"


def failing(error: Exception, seen: list[Rang]) -> Handling:
    async def hear(message: Rang) -> None:
        seen.append(message)
        raise error

    return hear


async def test_what_may_work_later_is_tried_on_every_rung_and_then_parked(bench: Bench) -> None:
    seen: list[Rang] = []
    await bench.run(assembly("alpha", Rang, failing(Transient("busy", code="mailbox_busy"), seen)))
    message = ring()
    await bench.send(message)
    parked = await bench.parked_one()
    assert seen == [message] * (len(LADDER) + 1)
    assert (parked.queue, parked.contract, parked.message_id) == (QUEUE, "test.rang.v1", str(message.id))
    assert parked.error == "gave up after 3 attempts: mailbox_busy: busy"
    assert parked.attempts == 3
    assert Rang.model_validate_json(parked.body) == message


async def test_what_works_at_the_second_attempt_is_handled_once(bench: Bench) -> None:
    seen: list[Rang] = []

    async def hear(message: Rang) -> None:
        seen.append(message)
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")
            if len(seen) == 1:
                raise Transient("not yet")

    await bench.run(assembly("alpha", Rang, hear))
    await bench.send(ring())
    await eventually(lambda: bench.handled(1))
    assert len(seen) == 2
    assert await bench.effects() == {"rang": 1}
    assert await bench.parked() == []


async def test_a_wait_that_was_asked_for_skips_the_shorter_rungs(bench: Bench) -> None:
    seen: list[Rang] = []
    error = Transient("slow down", retry_after=LADDER[1] - timedelta(milliseconds=1))
    await bench.run(assembly("alpha", Rang, failing(error, seen)))
    await bench.send(ring())
    await bench.parked_one()
    assert len(seen) == 3


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (Permanent("refused", code="closed"), "closed: refused"),
        (KeyError(SECRET), "KeyError at test_failing.py:"),
        (ValueError(f"bad {SECRET}"), "ValueError at test_failing.py:"),
    ],
    ids=["permanent", "bug", "value"],
)
async def test_what_will_never_work_is_parked_at_once(bench: Bench, error: Exception, told: str) -> None:
    seen: list[Rang] = []
    await bench.run(assembly("alpha", Rang, failing(error, seen)))
    message = ring("words of a mail")
    await bench.send(message)
    parked = await bench.parked_one()
    assert seen == [message]
    assert (parked.queue, parked.tenant, parked.attempts) == (QUEUE, "acme", 1)
    assert parked.error.startswith(told)
    assert SECRET not in parked.error
    assert b"words of a mail" in parked.body


@pytest.mark.parametrize(
    ("contract", "body", "told"),
    [
        ("test.rang.v1", f'{{"tenant": "{SECRET}"', "malformed: body json_invalid"),
        ("test.rang.v1", f'{{"text": ["{SECRET}"]}}', "malformed: tenant missing; text string_type"),
        ("test.rang.v2", "{}", "not_ours: the message says it is an unknown contract or version"),
        ("test.answered.v1", "{}", "not_ours: the message says it is another contract"),
        ("", "{}", "not_ours: "),
    ],
    ids=["no JSON", "other fields", "unknown version", "another contract", "says nothing"],
)
async def test_a_message_that_cannot_be_read_is_parked_at_once(
    bench: Bench, contract: str, body: str, told: str
) -> None:
    seen: list[Rang] = []
    await bench.run(assembly("alpha", Rang, failing(Permanent("never called"), seen)))
    message_id = uuid4()
    await bench.deliver(QUEUE, contract, body, message_id=message_id)
    parked = await bench.parked_one()
    assert seen == []
    assert (parked.queue, parked.message_id, parked.body) == (QUEUE, str(message_id), body.encode())
    assert parked.error.startswith(told)
    assert SECRET not in parked.error


async def test_a_poisonous_message_does_not_stop_the_next_one(bench: Bench) -> None:
    async def hear(message: Rang) -> None:
        if message.text == "poison":
            raise RuntimeError("bug")
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, message.text)

    await bench.run(assembly("alpha", Rang, hear))
    await bench.send(ring("poison"), ring("good"))
    await eventually(lambda: bench.handled(1))
    await bench.parked_one()
    assert await bench.effects() == {"good": 1}


async def test_what_no_queue_takes_is_parked_and_the_relay_goes_on(bench: Bench) -> None:
    heard: list[Rang] = []

    async def hear(message: Rang) -> None:
        heard.append(message)

    await bench.run(assembly("alpha", Rang, hear))
    lost, good = Unheard(tenant="acme", text="where to"), ring("good")
    await bench.send(lost, good)
    parked = await bench.parked_one()
    await until(lambda: heard == [good])
    assert (parked.queue, parked.contract, parked.tenant) == ("postroom", "test.unheard.v1", "acme")
    assert parked.error == "no queue takes test.unheard.v1"
    assert Unheard.model_validate_json(parked.body) == lost
    await eventually(lambda: _drained(bench))


async def test_a_database_that_goes_away_under_a_handler_is_no_bug(bench: Bench) -> None:
    seen: list[Rang] = []

    async def hear(message: Rang) -> None:
        seen.append(message)
        async with bench.units("alpha").handling(message) as unit:
            await effect(unit, "rang")
            if len(seen) == 1:
                own = (await unit.db.execute(select(func.pg_backend_pid()))).scalar_one()
                await bench.terminate(own)
                await unit.db.execute(select(1))

    await bench.run(assembly("alpha", Rang, hear))
    await bench.send(ring())
    await eventually(lambda: bench.handled(1))
    assert await bench.parked() == []
    assert await bench.effects() == {"rang": 1}


async def test_a_slow_message_delays_no_other_one(bench: Bench) -> None:
    slow = asyncio.Event()
    heard: list[str] = []

    async def hear(message: Rang) -> None:
        if message.text == "slow":
            await slow.wait()
        heard.append(message.text)

    await bench.run(assembly("alpha", Rang, hear))
    await bench.send(ring("slow"), *(ring(str(number)) for number in range(12)))
    await until(lambda: len(heard) == 12)
    assert "slow" not in heard
    slow.set()
    await until(lambda: "slow" in heard)


async def test_a_handler_is_told_nothing_of_what_another_contract_does(bench: Bench) -> None:
    heard: list[str] = []

    async def hear(message: Rang) -> None:
        heard.append(message.name)

    async def listen(message: Answered) -> None:
        heard.append(message.name)

    await bench.run(assembly("alpha", Rang, hear), assembly("delta", Answered, listen))
    await bench.send(ring(), Answered(tenant="acme"))
    await until(lambda: len(heard) == 2)
    assert sorted(heard) == ["test.answered.v1", "test.rang.v1"]


async def _drained(bench: Bench) -> bool:
    return await bench.waiting() == []
