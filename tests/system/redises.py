"""A Redis of one test's own, that dies as by a power cut and comes back empty, under the same address."""

import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from redis.asyncio import Redis

from shared.storage.embedded import EmbeddedRedis


class MortalRedis:
    """It runs from `alive` to the end of the block."""

    def __init__(self, server: EmbeddedRedis, url: str) -> None:
        self._server = server
        self.url = url
        self.deaths = 0

    async def kill(self) -> None:
        """Kill -9: nothing is written down, and everybody's connection breaks."""
        async with Redis.from_url(self.url) as redis:
            pid = int((await redis.info("server"))["process_id"])
        os.kill(pid, signal.SIGKILL)
        self.deaths += 1

    async def start_again(self) -> None:
        assert await self._server.start() == self.url, "it came back under another address"

    async def flush(self) -> None:
        """Let it forget everything while it runs."""
        async with Redis.from_url(self.url) as redis:
            await redis.flushall()


@asynccontextmanager
async def mortal_redis(folder: Path) -> AsyncIterator[MortalRedis]:
    """Run one. The folder's path is short, as that of a unix socket must be."""
    server = EmbeddedRedis(folder)
    made = MortalRedis(server, await server.start())
    try:
        yield made
    finally:
        await server.stop()
