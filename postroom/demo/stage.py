"""Set the stage: a sandbox, an installation that reaches it, and whichever transport was asked for."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from postroom.together import SERVICES, migrated, together
from sandbox.server import Sandbox
from services.desk.serving import assemble as assemble_desk
from shared.contracts.errors import Permanent
from shared.messaging.rabbit import RabbitTransport
from shared.runtime import House, Running, Transport
from shared.settings import ProcessSettings
from shared.storage.secrets import Keys

STOP_SECONDS = 30


@dataclass
class Stage:
    """Everything that runs, as the demo sees it."""

    sandbox: Sandbox
    house: House
    transport: Transport
    processes: Sequence[asyncio.subprocess.Process] = ()

    def check(self) -> None:
        """Raise when a service has died.

        Raises:
            Permanent: naming the exit code.
        """
        for process in self.processes:
            if process.returncode is not None:
                raise Permanent(f"a service ended by itself with exit code {process.returncode}")


@asynccontextmanager
async def staged(settings: ProcessSettings) -> AsyncIterator[Stage]:
    """Run the sandbox and all services until the context ends."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(
            Sandbox(settings.home / "sandbox", _kept_port(settings.home))
        )
        _keep_port(settings.home, sandbox)
        os.environ.update(reaching(sandbox))
        if settings.transport == "embedded":
            here = await stack.enter_async_context(together(settings))
            yield Stage(sandbox, here.house, here.transport)
            return
        await migrated(settings)
        house = House(settings, Keys.load(settings.home))
        await house.open(database=True)
        stack.push_async_callback(house.close)
        transport = RabbitTransport(settings.broker_url or "", drain_into=house.engine("desk"))
        running = Running(transport, [assemble_desk(house)], house.engine("desk"))
        await running.start(house.database_url)
        stack.push_async_callback(running.stop)
        processes = await stack.enter_async_context(_processes(settings, house))
        yield Stage(sandbox, house, transport, processes)


def reaching(sandbox: Sandbox) -> dict[str, str]:
    """Return the environment by which the product takes the sandbox for Graph."""
    return {
        "POSTROOM_GRAPH_BASE_URL": sandbox.base_url,
        "POSTROOM_GRAPH_AUTHORITY": sandbox.authority,
        "POSTROOM_GRAPH_CA_FILE": str(sandbox.ca_file),
    }


@asynccontextmanager
async def _processes(
    settings: ProcessSettings, house: House
) -> AsyncIterator[list[asyncio.subprocess.Process]]:
    """Run one process per service, as a real installation does."""
    environment = os.environ | {
        "POSTROOM_HOME": str(settings.home),
        "POSTROOM_BROKER_URL": settings.broker_url or "",
        "POSTROOM_DATABASE_URL": house.database_url,
        "POSTROOM_REDIS_URL": house.redis_url,
        "POSTROOM_LOG_LEVEL": settings.log_level,
    }
    started = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", f"services.{name}"),
            env=environment | _health_port(settings, number),
            start_new_session=True,
        )
        for number, name in enumerate(SERVICES)
    ]
    try:
        yield started
    finally:
        for process in started:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(asyncio.gather(*(process.wait() for process in started)), STOP_SECONDS)


def _health_port(settings: ProcessSettings, number: int) -> dict[str, str]:
    """With a health port, the services have that one and those that follow."""
    return {"POSTROOM_HEALTH_PORT": str(settings.health_port + number)} if settings.health_port else {}


def _kept_port(home: Path) -> int:
    """Return the port of last time, when it is free: links that were stored name it."""
    try:
        port = int((home / "sandbox.port").read_text())
    except (FileNotFoundError, ValueError):
        return 0

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return 0
    return port


def _keep_port(home: Path, sandbox: Sandbox) -> None:
    (home / "sandbox.port").write_text(sandbox.base_url.rpartition(":")[2].partition("/")[0])
