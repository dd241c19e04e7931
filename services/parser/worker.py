"""Parses each mail in a child process: one that hangs, exhausts or breaks the parser harms no other."""

import asyncio
import multiprocessing
import os
import re
import time
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Literal, Self, TypeVar, assert_never

import structlog
from pebble import ProcessExpired, ProcessPool

from services.parser.explaining import Explained, explain
from services.parser.limits import bind, seconds_for
from services.parser.parsing import Parsed, parse
from services.parser.salvaging import MOST_HEADER, header_of
from shared.contracts.mail import ParsingPolicy

Reason = Literal["time", "memory", "crash", "error"]
Trap = Literal["hang", "memory", "crash"]
Answer = TypeVar("Answer")

TRAPS_VARIABLE = "POSTROOM_PARSER_TRAPS"
"""A test aid: with this set to 1, a mail with the header `X-Postroom-Trap: hang | memory | crash` makes the
parser do that, since no known mail can. Never set in an installation; without it the header is nothing."""

MAILS_PER_CHILD = 500
"""A child is replaced now and then, so that no leak of a library grows for ever."""

TRIES = 5
"""How often a mail is read when the pool breaks meanwhile: by a mail whose child died before it could tell
what it reads, or because somebody killed a child that waited."""

_MEMORY_EXIT = 87
_TRAP = re.compile(rb"^X-Postroom-Trap: (hang|memory|crash)\r?$", re.MULTILINE)
_PLACE = re.compile(r'File "[^"]*?([\w.-]+)", line (\d+), in (\w+)')

log = structlog.get_logger()


class Unreadable(Exception):
    """The parser gave up on a mail. `detail` names the exception and the place, never the mail's contents."""

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail}" if detail else reason)
        self.reason: Reason = reason
        self.detail = detail


class ParserPool:
    """A few child processes, started when first needed, each replaced when a mail killed it."""

    def __init__(self, workers: int = 2, memory_bytes: int = 1_500_000_000) -> None:
        self._workers, self._memory_bytes = workers, memory_bytes
        self._pool = self._made()
        self._closed = False
        self._trapped = os.environ.get(TRAPS_VARIABLE) == "1"

    def _made(self) -> ProcessPool:
        # Spawned by this process itself, since a fork server keeps a hanging child alive when this process
        # is killed: each child holds the very pipe whose end would tell the server to leave.
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=MAILS_PER_CHILD,
            initializer=bind,
            initargs=(self._memory_bytes, os.getpid()),
            context=multiprocessing.get_context("spawn"),
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)

    async def parse(self, raw: Path, size: int, policy: ParsingPolicy) -> Parsed:
        """Parse the file `raw` of `size` bytes or raise `Unreadable`; the clock runs once a child is free."""
        return await self._run(parse, raw, size, policy)

    async def parse_header(self, raw: Path, policy: ParsingPolicy) -> Parsed:
        """Parse the header of the file alone, as a mail without words, or raise `Unreadable`."""
        return await self._run(parse, raw, MOST_HEADER, policy, only_header=True)

    async def explain(self, raw: Path, size: int, policy: ParsingPolicy) -> Explained:
        """Parse the file as `parse` does and say why it is read so."""
        return await self._run(explain, raw, size, policy)

    async def _run(
        self,
        work: Callable[[bytes, ParsingPolicy], Answer],
        raw: Path,
        size: int,
        policy: ParsingPolicy,
        *,
        only_header: bool = False,
    ) -> Answer:
        asked = (work, raw, policy.model_dump_json(), self._trapped, only_header)
        for _ in range(TRIES):
            pool = self._pool
            try:
                # One that broke before takes no work, one that breaks now ends it.
                future: Future[Answer] = pool.schedule(run_in_child, args=asked, timeout=seconds_for(size))
                return await _answer(future, seconds_for(size))
            except RuntimeError:
                await self._replace(pool)
        raise Unreadable("crash", f"{TRIES} times its processes ended")

    async def _replace(self, broken: ProcessPool) -> None:
        """Put a new pool in the place of a broken one; of all that were at work, the first does."""
        if self._closed:
            raise RuntimeError("the parser is closed")
        if self._pool is broken:
            log.warning("parser.pool_replaced")
            self._pool = self._made()
            await asyncio.to_thread(_ended, broken)

    def close(self) -> None:
        """Stop at once and leave no child behind; mails in work are forgotten, not lost."""
        self._closed = True
        _ended(self._pool)


async def _answer(future: Future[Answer], limit: float) -> Answer:
    """Wait for a child's answer.

    Raises:
        Unreadable: the mail broke it.
        BrokenProcessPool: the pool broke meanwhile.
    """
    done = asyncio.wrap_future(future)
    try:
        await asyncio.wait([done])
    finally:
        # When the caller goes away, the child must not work on for nobody.
        done.cancel()
    error = done.exception()
    if error is None:
        return done.result()
    if isinstance(error, BrokenProcessPool):
        raise error
    raise _unreadable(error, limit) from None


def _ended(pool: ProcessPool) -> None:
    pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves this one untyped
    pool.join()


def run_in_child(
    work: Callable[[bytes, ParsingPolicy], Answer],
    raw: Path,
    policy_json: str,
    trapped: bool,  # noqa: FBT001 - pickled by position
    only_header: bool,  # noqa: FBT001 - as above
) -> Answer:
    content = header_of(raw.read_bytes()) if only_header else raw.read_bytes()
    try:
        if trapped and (match := _TRAP.search(content[:20_000])):
            _spring(match.group(1).decode())  # type: ignore[arg-type]  # the pattern allows no other
        return work(content, ParsingPolicy.model_validate_json(policy_json))
    except MemoryError:
        # What is left of this process is not worth trusting with the next mail.
        os._exit(_MEMORY_EXIT)


def _spring(trap: Trap) -> None:
    match trap:
        case "hang":
            while True:
                time.sleep(0.1)
        case "memory":
            hoard = [b"x" * 10_000_000 for _ in range(1_000_000)]
            raise AssertionError(f"no memory limit stopped {len(hoard)} blocks")
        case "crash":
            os.abort()
        case _:
            assert_never(trap)


def _unreadable(error: BaseException, limit: float) -> Unreadable:
    if isinstance(error, TimeoutError):
        return Unreadable("time", f"more than {limit:.0f} s")
    if isinstance(error, ProcessExpired):
        if error.exitcode == _MEMORY_EXIT:
            return Unreadable("memory")
        return Unreadable("crash", f"exit code {error.exitcode}")
    if isinstance(error, MemoryError):
        return Unreadable("memory")
    # Only names and line numbers: the text of an exception may quote the mail.
    places = _PLACE.findall(str(getattr(error, "traceback", "")))
    place = " at {}:{} in {}".format(*places[-1]) if places else ""
    return Unreadable("error", f"{type(error).__name__}{place}")
