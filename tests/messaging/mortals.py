"""Worker processes of their own, so that a test can let them die by kill -9 as a process in trouble does."""

import asyncio
import multiprocessing
import os
import signal
from datetime import timedelta
from multiprocessing.process import BaseProcess

from shared.messaging import dispatch
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.rabbit import RabbitTransport
from shared.messaging.unit import Units
from shared.storage.engine import make_engine
from tests.messaging.bench import LADDER, Bench, assembly, effect
from tests.messaging.stories import Rang

IN_WORK = "kills before the commit"
WHEN_DONE = "kills after the commit"


async def worker(bench: Bench) -> BaseProcess:
    """Start a process that handles what the service alpha hears, until a message kills it."""
    # forked from a server that has imported everything: a process in some tens of milliseconds
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_live, args=(bench.kind, bench.database_url, bench.url), daemon=True)
    await asyncio.to_thread(process.start)
    bench.stack.callback(process.kill)
    return process


async def death_of(process: BaseProcess) -> None:
    """Wait until it was killed."""
    await asyncio.to_thread(process.join, 30)
    assert process.exitcode == -signal.SIGKILL


def _live(kind: str, database_url: str, url: str) -> None:
    asyncio.run(_work(kind, database_url, url))


async def _work(kind: str, database_url: str, url: str) -> None:
    dispatch.APART_SECONDS = 0.2
    engine = make_engine(database_url, "ticketing")
    units = Units(engine, "alpha")

    async def hear(message: Rang) -> None:
        async with units.handling(message) as unit:
            await effect(unit, message.text)
            if message.text == IN_WORK:
                os.kill(os.getpid(), signal.SIGKILL)
        if message.text == WHEN_DONE:
            os.kill(os.getpid(), signal.SIGKILL)

    transport = (
        RabbitTransport(url, ladder=LADDER)
        if kind == "rabbit"
        else EmbeddedTransport(engine, ladder=LADDER, grace=timedelta(0))
    )
    await transport.start([assembly("alpha", Rang, hear)])
    await asyncio.Event().wait()
