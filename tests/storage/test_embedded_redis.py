"""The private Redis of a home."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import ConnectionError as NoConnectionError

from shared.storage.embedded import EmbeddedRedis

START_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from shared.storage.embedded import EmbeddedRedis
asyncio.run(EmbeddedRedis(Path(sys.argv[1])).start())
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
async def server(house: Path) -> AsyncIterator[EmbeddedRedis]:
    server = EmbeddedRedis(house)
    yield server
    await server.stop()


async def pid_of(url: str) -> int:
    async with Redis.from_url(url) as redis:
        return int((await redis.info("server"))["process_id"])


async def test_it_answers_on_a_socket_that_nobody_else_may_use(server: EmbeddedRedis, house: Path) -> None:
    url = await server.start()
    assert url.startswith("unix:")
    assert await pid_of(url) > 0
    socket = house / "redis" / "run" / "redis.sock"
    if socket.exists():
        assert socket.stat().st_mode & 0o777 == 0o700
    async with Redis.from_url(url) as redis:
        assert (await redis.config_get("port"))["port"] == "0"


async def test_the_last_to_leave_stops_it(server: EmbeddedRedis, house: Path) -> None:
    other = EmbeddedRedis(house)
    url = await server.start()
    assert await other.start() == url
    await server.stop()
    assert await pid_of(url) > 0
    await other.stop()
    with pytest.raises(NoConnectionError):
        await pid_of(url)


async def test_a_server_of_a_killed_process_is_found_again(server: EmbeddedRedis, house: Path) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", START_AND_DIE, str(house))
    assert await process.wait() == -signal.SIGKILL
    assert await pid_of(await server.start()) != os.getpid()


async def test_a_killed_server_is_started_again(server: EmbeddedRedis, house: Path) -> None:
    killed = await pid_of(await server.start())
    os.kill(killed, signal.SIGKILL)
    again = EmbeddedRedis(house)
    assert await pid_of(await again.start()) != killed
    await again.stop()
