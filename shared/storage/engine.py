"""Connections: every one takes its service's role; transactions of one tenant; sweeps; NOTIFY heard."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from types import TracebackType
from typing import Self

import asyncpg
import structlog
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from shared.storage.owners import SWEEP_ROLE, role_of
from shared.waiting import woken

TENANT_SETTING = "postroom.tenant"
LOOK_SECONDS = 30.0
RECONNECT_SECONDS = 1.0

QUICK = {"jit": "off", "max_parallel_workers_per_gather": "0"}
"""What pays for long questions only: to start helpers takes longer than what a service asks."""

log = structlog.get_logger()


POOL, OVERFLOW = 8, 4
"""Connections that a process keeps, and those it adds for a moment: to connect costs more than to ask."""


def make_engine(url: str, service: str, *, pool_size: int = POOL) -> AsyncEngine:
    """An engine whose every connection acts under the role of `service`, whoever signs in."""
    return engine_as(url, f"postroom-{service}", role=role_of(service), pool_size=pool_size)


def engine_as(url: str, application: str, *, role: str | None = None, pool_size: int = POOL) -> AsyncEngine:
    """An engine under `role`; without one it acts as the owner of the tables, which only migrations do."""

    async def connect() -> asyncpg.Connection:
        return await _connect(url, application, role)

    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=connect,
        pool_size=pool_size,
        max_overflow=OVERFLOW,
        pool_pre_ping=True,
        hide_parameters=True,  # they are words of mails and secrets; an error's text may come anywhere
    )


@asynccontextmanager
async def in_tenant(engine: AsyncEngine, tenant: str) -> AsyncIterator[AsyncConnection]:
    """One transaction that sees and writes the rows of `tenant` only; committed at the end."""
    async with engine.begin() as connection:
        await connection.execute(select(func.set_config(TENANT_SETTING, tenant, True)))  # noqa: FBT003
        yield connection


@asynccontextmanager
async def sweeping(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """One transaction that sees due rows of every tenant, by the columns that claiming needs."""
    async with engine.begin() as connection:
        await connection.execute(text(f"SET LOCAL ROLE {SWEEP_ROLE}"))
        yield connection


class Listener:
    """Hears NOTIFY on a session of its own and connects again when it is lost.

    What is notified while it is away is lost, so whoever waits polls as well. `url` must reach the
    server itself: a pooler between transactions hears nothing.
    """

    def __init__(
        self, url: str, service: str, channels: Mapping[str, asyncio.Event | Callable[[str], None]]
    ) -> None:
        """Take for each channel an event to set, or a function to call with the payload."""
        self._url = url
        self._service = service
        self._channels = channels
        self._tried = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._listen_for_ever())
        await self._tried.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _listen_for_ever(self) -> None:
        while True:
            try:
                await self._listen()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                log.warning("listener.lost", service=self._service, error=type(error).__name__)
            finally:
                self._tried.set()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        connection = await _connect(self._url, f"postroom-{self._service}-listen", role_of(self._service))
        try:
            lost = asyncio.Event()
            connection.add_termination_listener(lambda _: lost.set())
            for channel in self._channels:
                await connection.add_listener(channel, self._hear)
            self._tried.set()
            while not await woken(lost, LOOK_SECONDS):
                await connection.execute("SELECT 1", timeout=LOOK_SECONDS)
        finally:
            connection.terminate()

    def _hear(self, _connection: object, _pid: int, channel: str, payload: object) -> None:
        match self._channels[channel]:
            case asyncio.Event() as event:
                event.set()
            case call:
                call(str(payload))


def plain_url(url: str) -> str:
    """The URL as libpq knows it, whichever driver it names."""
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


async def _connect(url: str, application: str, role: str | None) -> asyncpg.Connection:
    # a start parameter and not SET ROLE: RESET ALL and DISCARD ALL come back to it
    settings = {"application_name": application, **QUICK} | ({"role": role} if role else {})
    return await asyncpg.connect(plain_url(url), server_settings=settings)
