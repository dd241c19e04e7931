"""Where a plug-in of others runs: beside our loop, under a time limit, so that nothing it does stops us."""

import asyncio
import inspect
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock, Thread
from typing import Any

AT_ONCE = 8
"""Calls of one plug-in that may be at work; one more is refused, since the others seem to hang."""

Call = Callable[..., Any]  # Any: whatever the plug-in returns; the caller checks it


class Broke(Exception):
    """The plug-in raised; `kind` names the type of what it raised, whose text may hold words of a mail."""

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


class Aside:
    """A thread with a loop of its own for one plug-in. A coroutine runs in that loop, always the same one, so
    that a client kept between calls works; a plain function runs in a thread of its own. A call that never
    ends keeps its thread, which is no reason for the process to stay."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = Lock()
        self._at_work = 0
        self._loop: asyncio.AbstractEventLoop | None = None

    async def call(self, function: Call, *arguments: object, seconds: float) -> object:
        """Call the plug-in and wait for its answer.

        Raises:
            TimeoutError: it took too long, or too many calls hang.
            Broke: it raised, whatever it was.
        """
        with self._lock:
            if self._at_work >= AT_ONCE:
                raise TimeoutError
            self._at_work += 1
        answer: Future[object] = Future()
        if inspect.iscoroutinefunction(function):
            loop = self._running()
            loop.call_soon_threadsafe(self._begin, loop, answer, _guarded(function, arguments))
        else:
            Thread(target=self._work, args=(answer, function, arguments), daemon=True).start()
        async with asyncio.timeout(seconds):
            return await asyncio.wrap_future(answer)

    def close(self) -> None:
        """End the loop. Whatever hangs in it is left behind."""
        with self._lock:
            loop, self._loop = self._loop, None
        if loop is not None:
            loop.call_soon_threadsafe(loop.stop)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                Thread(target=_run, args=(self._loop,), name=self._name, daemon=True).start()
            return self._loop

    def _begin(
        self, loop: asyncio.AbstractEventLoop, answer: Future[object], work: Coroutine[Any, Any, object]
    ) -> None:
        task = loop.create_task(work)
        task.add_done_callback(lambda done: self._end(answer, done))
        answer.add_done_callback(lambda _: _called_off(loop, task))

    def _end(self, answer: Future[object], done: asyncio.Task[object]) -> None:
        error = Broke("CancelledError") if done.cancelled() else done.exception()
        self._hand_over(answer, error, None if error else done.result())

    def _work(self, answer: Future[object], function: Call, arguments: tuple[object, ...]) -> None:
        error, result = None, None
        try:
            result = function(*arguments)
            if inspect.iscoroutine(result):
                result = asyncio.run(result)
        except BaseException as raised:  # noqa: BLE001 - a plug-in of others may raise anything, an exit too
            error = Broke(type(raised).__name__)
        self._hand_over(answer, error, result)

    def _hand_over(self, answer: Future[object], error: BaseException | None, result: object) -> None:
        with self._lock:
            self._at_work -= 1
        if not answer.set_running_or_notify_cancel():
            return
        if error is None:
            answer.set_result(result)
        else:
            answer.set_exception(error)


async def _guarded(function: Call, arguments: tuple[object, ...]) -> object:
    try:
        return await function(*arguments)
    except asyncio.CancelledError:
        raise
    except BaseException as raised:
        raise Broke(type(raised).__name__) from raised


def _called_off(loop: asyncio.AbstractEventLoop, task: asyncio.Task[object]) -> None:
    if not task.done():
        with suppress(RuntimeError):  # the loop has ended, and the task with it
            loop.call_soon_threadsafe(task.cancel)


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        left = asyncio.all_tasks(loop)
        for task in left:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
        loop.close()
