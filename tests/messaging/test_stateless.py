"""A service without a database: what it tells is kept before its message is done, under fixed ids."""

import asyncio
from uuid import uuid5

import pytest

from shared.contracts.errors import Permanent, Transient
from shared.messaging.bodies import MAX_BYTES
from shared.messaging.dispatch import Assembly, Emit
from shared.messaging.topology import Service
from tests.messaging.bench import Bench, assembly, ring, until
from tests.messaging.stories import Answered, Rang, Unheard


def telling(*told: Answered | Unheard, fails: list[Exception] | None = None) -> Assembly:
    service = Service("alpha", stateless=True)
    failures = fails or []

    @service.on(Rang)
    async def hear(_message: Rang, emit: Emit) -> None:
        for message in told:
            emit(message)
        if failures:
            raise failures.pop(0)

    return Assembly(service, {})


def hearing(heard: list[Answered]) -> Assembly:
    async def listen(message: Answered) -> None:
        heard.append(message)

    return assembly("delta", Answered, listen)


async def test_what_it_tells_descends_from_the_message_by_fixed_ids(bench: Bench) -> None:
    heard: list[Answered] = []
    told = Answered(tenant="other", text="one"), Answered(tenant="other", text="two")
    await bench.run(telling(*told), hearing(heard))
    message = ring()
    await bench.send(message)
    await until(lambda: len(heard) == 2)
    ids = [uuid5(message.id, f"test.answered.v1/{index}") for index in range(2)]
    assert [each.id for each in sorted(heard, key=lambda each: each.text)] == ids
    assert {(each.tenant, each.caused_by, each.hops) for each in heard} == {("acme", message.id, 1)}


async def test_a_message_handled_again_tells_the_same_again(bench: Bench) -> None:
    heard: list[Answered] = []
    await bench.run(telling(Answered(tenant="acme")), hearing(heard))
    message = ring()
    await bench.send(message, message)
    await until(lambda: len(heard) == 2)
    assert heard[0].id == heard[1].id


async def test_nothing_is_told_by_an_attempt_that_failed(bench: Bench) -> None:
    heard: list[Answered] = []
    await bench.run(telling(Answered(tenant="acme"), fails=[Transient("not yet")]), hearing(heard))
    await bench.send(ring())
    await until(lambda: heard)
    assert await bench.parked() == []
    assert len(heard) == 1


@pytest.mark.parametrize(
    ("told", "error"),
    [
        (Unheard(tenant="acme"), "unheard: no queue takes test.unheard.v1"),
        (Answered(tenant="acme", text="x" * MAX_BYTES), "too_large: test.answered.v1 has "),
    ],
    ids=["unheard", "too large"],
)
async def test_what_cannot_be_told_parks_the_message(
    bench: Bench, told: Answered | Unheard, error: str
) -> None:
    await bench.run(telling(told))
    await bench.send(ring())
    assert (await bench.parked_one()).error.startswith(error)


async def test_the_message_stays_until_what_it_tells_is_confirmed(
    rabbit: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broker refuses at first; the handler is not called again, and nothing is lost."""
    heard: list[Answered] = []
    refused = asyncio.Event()
    transport = await rabbit.run(telling(Answered(tenant="acme")), hearing(heard))
    tell = transport._publisher.tell  # type: ignore[union-attr]  # noqa: SLF001 - stands in the way of one publish

    async def refuse_once(message: Answered) -> None:
        if not refused.is_set():
            refused.set()
            raise ConnectionError
        await tell(message)

    monkeypatch.setattr(transport._publisher, "tell", refuse_once)  # type: ignore[union-attr]  # noqa: SLF001
    await rabbit.send(ring())
    await until(lambda: heard)
    assert refused.is_set()
    assert await rabbit.parked() == []


async def test_a_handler_that_asks_for_what_the_app_lacks_is_refused_at_start() -> None:
    service = Service("alpha")

    @service.on(Rang)
    async def hear(_message: Rang, _wanted: Permanent) -> None: ...

    with pytest.raises(TypeError, match="asks for _wanted"):
        Assembly(service, {})
