"""A plug-in of others runs beside our loop: what it raises has a name, and what hangs is left alone."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from shared.plugins.aside import AT_ONCE, Aside, Broke

LONG = 20.0


@pytest.fixture
def aside() -> Iterator[Aside]:
    made = Aside("test")
    yield made
    made.close()


class Client:
    """Keeps something between calls that belongs to one loop."""

    def __init__(self) -> None:
        self.lock: asyncio.Lock | None = None
        self.loops: set[int] = set()

    async def ask(self, words: str) -> str:
        self.lock = self.lock or asyncio.Lock()
        async with self.lock:
            await asyncio.sleep(0)
            self.loops.add(id(asyncio.get_running_loop()))
        return words.upper()


async def test_coroutines_of_a_plug_in_share_one_loop_that_is_not_ours(aside: Aside) -> None:
    client = Client()
    told = await asyncio.gather(*(aside.call(client.ask, word, seconds=LONG) for word in "abc"))
    assert told == ["A", "B", "C"]
    assert len(client.loops) == 1
    assert id(asyncio.get_running_loop()) not in client.loops


async def test_plain_functions_and_what_hands_on_a_coroutine_are_called_too(aside: Aside) -> None:
    client = Client()
    assert await aside.call(str.upper, "a", seconds=LONG) == "A"
    assert await aside.call(lambda word: client.ask(word), "b", seconds=LONG) == "B"  # noqa: PLW0108 - no coroutine function
    assert await aside.call(partial(client.ask, "c"), seconds=LONG) == "C"


@pytest.mark.parametrize(
    "error", [ValueError("ada@acme.example"), SystemExit(1), KeyboardInterrupt(), StopIteration()], ids=repr
)
async def test_whatever_it_raises_is_one_error_without_its_words(aside: Aside, error: BaseException) -> None:
    def fails() -> None:
        raise error

    async def fails_later() -> None:
        await asyncio.sleep(0)
        raise error

    for function in (fails, fails_later):
        with pytest.raises(Broke) as caught:
            await aside.call(function, seconds=LONG)
        assert "ada" not in str(caught.value)
    assert await aside.call(str.upper, "a", seconds=LONG) == "A"


@pytest.mark.parametrize("kind", ["plain", "coroutine"])
async def test_calls_that_hang_are_limited_and_when_they_end_it_works_again(aside: Aside, kind: str) -> None:
    go_on = threading.Event()

    async def hangs() -> Any:
        go_on.wait(LONG)

    function = go_on.wait if kind == "plain" else hangs
    hanging = [asyncio.create_task(aside.call(function, seconds=LONG)) for _ in range(AT_ONCE)]
    await asyncio.sleep(0)  # each has been handed over
    with pytest.raises(TimeoutError):
        await aside.call(str.upper, "a", seconds=LONG)
    go_on.set()
    await asyncio.gather(*hanging)
    assert await aside.call(str.upper, "a", seconds=LONG) == "A"


async def test_a_call_that_is_given_up_is_cancelled_and_gives_its_place_back(aside: Aside) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    async def waits() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            cancelled.set()

    for _ in range(AT_ONCE * 2):
        begun.clear()
        cancelled.clear()
        call = asyncio.create_task(aside.call(waits, seconds=LONG))
        assert await asyncio.to_thread(begun.wait, LONG)
        call.cancel()
        assert await asyncio.to_thread(cancelled.wait, LONG)
    assert await aside.call(str.upper, "a", seconds=LONG) == "A"


async def test_calls_that_never_came_to_their_turn_give_their_places_back(aside: Aside) -> None:
    begun, go_on, client = threading.Event(), threading.Event(), Client()

    async def blocks() -> None:
        begun.set()
        go_on.wait(LONG)

    blocking = asyncio.create_task(aside.call(blocks, seconds=LONG))
    assert await asyncio.to_thread(begun.wait, LONG)
    for _ in range(AT_ONCE - 1):
        with pytest.raises(TimeoutError):
            await aside.call(client.ask, "late", seconds=0.01)
    go_on.set()
    await blocking
    # in the order of that loop: when this one is answered, those before it are gone
    assert await aside.call(client.ask, "a", seconds=LONG) == "A"
    told = await asyncio.gather(*(aside.call(client.ask, "b", seconds=LONG) for _ in range(AT_ONCE)))
    assert told == ["B"] * AT_ONCE
