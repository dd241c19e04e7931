"""With the database away: a process is not ready and says why, the desk and the commands say it in words."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.app import make_app
from services.desk.desk import Desk
from shared.blobs.filesystem import FilesystemBlobs
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.unit import Units, now
from shared.runtime import Running
from shared.storage.engine import make_engine
from tests.system.shell import LATER, Shell

NOWHERE = "postgresql://postroom@127.0.0.1:1/postroom"


@pytest.fixture
async def engine() -> AsyncIterator[AsyncEngine]:
    engine = make_engine(NOWHERE, "desk")
    yield engine
    await engine.dispose()


async def test_a_process_without_its_database_is_not_ready(engine: AsyncEngine) -> None:
    running = Running(EmbeddedTransport(engine, now), [], engine)
    assert await running.unready() == "database unreachable: ConnectionRefusedError"


async def test_the_desk_answers_not_now(engine: AsyncEngine, tmp_path: Path) -> None:
    desk = Desk(engine=engine, units=Units(engine, "desk"), blobs=FilesystemBlobs(tmp_path))
    transport = httpx.ASGITransport(make_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
        answer = await client.get("/api/v1/tickets", headers={"Authorization": "Bearer default.x"})
    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("The database does not answer")


async def test_a_service_that_finds_no_database_says_so_and_ends_to_be_started_again(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.ticketing"),
        env=os.environ | _nothing_there(tmp_path),
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    told = json.loads(said)
    assert process.returncode == LATER
    assert (told["event"], told["service"], told["error"]) == (
        "service.unavailable",
        "ticketing",
        "ConnectionRefusedError",
    )


@pytest.mark.parametrize(
    "command", [("parked", "list"), ("migrate",), ("tenant", "list"), ("run", "ticketing")]
)
async def test_a_command_says_that_it_may_be_tried_later(command: tuple[str, ...], tmp_path: Path) -> None:
    code, said = await Shell(_nothing_there(tmp_path)).run(*command)
    assert code == LATER
    assert said == (
        "postroom: the database or the broker does not answer (ConnectionRefusedError); try again later"
    )


async def test_a_service_without_a_broker_says_the_same_below_the_line_of_its_library(tmp_path: Path) -> None:
    code, said = await Shell(_nothing_there(tmp_path)).run("run", "parser")
    assert code == LATER
    assert said.endswith(
        "} postroom: the database or the broker does not answer (AMQPConnectionError); try again later"
    )


def _nothing_there(home: Path) -> dict[str, str]:
    return {
        "POSTROOM_HOME": str(home),
        "POSTROOM_DATABASE_URL": NOWHERE,
        "POSTROOM_REDIS_URL": "redis://127.0.0.1:1/0",
        "POSTROOM_BROKER_URL": "amqp://127.0.0.1:1",
    }
