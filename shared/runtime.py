"""Assemble and run services: the house with its servers, the loops of one process, signals."""

import asyncio
import signal
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from time import perf_counter

import structlog
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.blobs.filesystem import FilesystemBlobs
from shared.connecting import Connections
from shared.contracts.errors import Permanent
from shared.limiting import Limiter, limits_within
from shared.messaging.claiming import Claiming
from shared.messaging.dispatch import Assembly
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.failures import where
from shared.messaging.rabbit import RabbitTransport
from shared.messaging.relay import Relayed, relayed
from shared.messaging.topology import DUE_CHANNEL, OUTBOX_CHANNEL, Sweep, parts_for
from shared.messaging.unit import Units, now
from shared.observability.health import HealthServer
from shared.observability.logging import set_up_logging
from shared.observability.metrics import failed_sweeps, sweep_seconds, swept
from shared.plugins.configured import require_configuration
from shared.settings import ProcessSettings
from shared.storage.embedded import EmbeddedPostgres, EmbeddedRedis
from shared.storage.engine import Listener, make_engine
from shared.storage.faults import is_away, unreachable
from shared.storage.migrating import require_current_schema
from shared.storage.secrets import Keys
from shared.tokens import SharedTokens
from shared.waiting import woken

log = structlog.get_logger()

Transport = EmbeddedTransport | RabbitTransport
SAFETY_NET_SECONDS = 1.0
"""How often the outbox is looked at when no NOTIFY came: one may be lost."""
ROOM_SECONDS = 0.1
"""How often a queue is looked at that had no room for what waits."""
GRACE_SECONDS = 20.0
"""How long a stop waits for sweeps at work."""


class House:
    """What every service of a process shares: servers, keys, blobs, the clock."""

    def __init__(self, settings: ProcessSettings, keys: Keys, clock: Callable[[], datetime] = now) -> None:
        self.settings = settings
        self.keys = keys
        self.clock = clock
        self.blobs = FilesystemBlobs(settings.blobs or settings.home / "blobs")
        self._engines: dict[str, AsyncEngine] = {}
        self._database_url = settings.database_url
        self._redis_url = settings.redis_url
        self._stack = AsyncExitStack()
        self._redis: Redis | None = None

    async def open(self, *, database: bool) -> None:
        """Check the configuration file, and bring up what has no URL: a private PostgreSQL and Redis."""
        require_configuration()
        if not database:
            return
        if self._database_url is None:
            postgres = EmbeddedPostgres(self.settings.home)
            self._database_url = await postgres.start()
            self._stack.push_async_callback(postgres.stop)
        if self._redis_url is None:
            private = EmbeddedRedis(self.settings.home)
            self._redis_url = await private.start()
            self._stack.push_async_callback(private.stop)

    async def close(self) -> None:
        if self._redis is not None:
            await self._redis.aclose()
        for engine in self._engines.values():
            await engine.dispose()
        await self._stack.aclose()

    @property
    def database_url(self) -> str:
        if self._database_url is None:
            raise Permanent("no database: set POSTROOM_DATABASE_URL", code="no_database")
        return self._database_url

    @property
    def redis_url(self) -> str:
        assert self._redis_url is not None, "the house is not open"
        return self._redis_url

    @property
    def redis(self) -> Redis:
        if self._redis is None:
            self._redis = Redis.from_url(self.redis_url)
        return self._redis

    def engine(self, service: str) -> AsyncEngine:
        """Return the pool whose connections act under this service's role."""
        if service not in self._engines:
            self._engines[service] = make_engine(self.database_url, service)
        return self._engines[service]

    def units(self, service: str) -> Units:
        return Units(self.engine(service), service, self.clock, self.settings.lease)

    def connections(self) -> Connections:
        """Return connections to mailboxes; closed with the house."""
        limits, of_app = limits_within(self.settings.lease), self.settings.app_requests_at_once
        opener = self.keys.opener("mailbox")
        made = Connections(
            opener,
            Limiter(self.redis, self.clock, limits),
            self.clock,
            tokens=SharedTokens(self.redis, opener.safe("tokens")),
            apps=Limiter(self.redis, self.clock, limits.of_an_app(of_app)) if of_app else None,
        )
        self._stack.push_async_callback(made.close)
        return made

    def on_close(self, call: Callable[[], object]) -> None:
        """Call it when the house closes, before its servers stop."""
        self._stack.callback(call)


class Running:
    """The loops of one process: transport, relay, sweeps."""

    def __init__(
        self, transport: Transport, assemblies: Sequence[Assembly], relay_engine: AsyncEngine | None
    ) -> None:
        self.transport = transport
        self.assemblies = assemblies
        self.relay_engine = relay_engine
        self.woken = asyncio.Event()
        self._due: dict[str, list[asyncio.Event]] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._listener: Listener | None = None
        self._claiming: list[Claiming] = []
        self._stopping = False

    async def start(self, listen_url: str | None = None) -> None:
        await self.transport.start(self.assemblies)
        if self.relay_engine is not None:
            if listen_url is not None:
                channels: dict[str, asyncio.Event | Callable[[str], None]] = {
                    OUTBOX_CHANNEL: self.woken,
                    DUE_CHANNEL: self._wake,
                }
                self._listener = Listener(listen_url, self.assemblies[0].service.name, channels)
                await self._listener.__aenter__()
            self._tasks.append(asyncio.create_task(self._relay(self.relay_engine), name="relay"))
        for assembly in self.assemblies:
            for sweep in assembly.service.sweeps:
                name = f"{assembly.service.name}.{sweep.name}"
                self._tasks.append(asyncio.create_task(self._sweep(assembly, sweep), name=name))
            for work in assembly.service.due:
                claiming = Claiming(assembly, work)
                self._claiming.append(claiming)
                self._due.setdefault(assembly.service.name, []).append(claiming.woken)
                name = f"{assembly.service.name}.{work.name}"
                self._tasks.append(asyncio.create_task(claiming.run(), name=name))

    async def stop(self) -> None:
        """Let sweeps and handlers finish, stop the transport. A sweep that takes too long is cancelled; its
        rows then wait out their leases."""
        self._stopping = True
        for event in [self.woken, *(event for events in self._due.values() for event in events)]:
            event.set()
        await asyncio.gather(*(each.stop(GRACE_SECONDS) for each in self._claiming))
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=GRACE_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            await self._listener.__aexit__(None, None, None)
        await self.transport.stop()

    async def unready(self) -> str | None:
        """Say why this process would not work now; None when it would."""
        dead = [task.get_name() for task in self._tasks if task.done()]
        if dead:
            return f"stopped: {', '.join(dead)}"
        if self.relay_engine is not None and (reason := await unreachable(self.relay_engine)):
            return reason
        return await self.transport.unready()

    def _wake(self, service: str) -> None:
        for event in self._due.get(service, []):
            event.set()

    async def _relay(self, engine: AsyncEngine) -> None:
        while not self._stopping:
            self.woken.clear()
            try:
                done = await relayed(engine, self.transport)
            except Exception as error:  # noqa: BLE001 - the relay outlives every outage
                log.warning("relay.failed", error=where(error))
                done = Relayed(0)
            if not done.moved:
                pause = ROOM_SECONDS if done.held_back else SAFETY_NET_SECONDS
                await woken(self.woken, pause)

    async def _sweep(self, assembly: Assembly, sweep: Sweep) -> None:
        service = assembly.service.name
        parts = parts_for(sweep.step, assembly.parts)
        due = asyncio.Event()
        self._due.setdefault(service, []).append(due)
        while not self._stopping:
            due.clear()
            begun = perf_counter()
            try:
                done = await sweep.step(**parts)
            except Exception as error:  # noqa: BLE001 - one bad row must not end the sweep
                log.error("sweep.failed", service=service, sweep=sweep.name, error=where(error))  # noqa: TRY400 - no traceback: it may hold words of a mail
                failed_sweeps.labels(service, sweep.name).inc()
                done = 0
            if done:
                swept.labels(service, sweep.name).inc(done)
                sweep_seconds.labels(service, sweep.name).observe(perf_counter() - begun)
            else:
                await woken(due, sweep.every.total_seconds())


Beside = Callable[[House, Transport, asyncio.Event], Awaitable[None]]
"""What a process does beside its messages, until the event is set: the desk serves pages."""


def main(name: str, assemble: Callable[[House], Assembly], beside: Beside | None = None) -> None:
    """Run one service as a process of its own, until SIGTERM or SIGINT."""
    settings = ProcessSettings()
    set_up_logging(settings.log_level, settings.log_format)
    try:
        asyncio.run(run_service(name, assemble, settings, beside=beside))
    except Permanent as error:
        log.error("service.refused", service=name, code=error.code, reason=error.reason)  # noqa: TRY400 - the reason is the message
        raise SystemExit(78) from None
    except Exception as error:
        if not is_away(error):
            raise
        log.error("service.unavailable", service=name, error=type(error).__name__)  # noqa: TRY400 - it says all
        raise SystemExit(69) from None


async def run_service(
    name: str,
    assemble: Callable[[House], Assembly],
    settings: ProcessSettings,
    stop: asyncio.Event | None = None,
    beside: Beside | None = None,
) -> None:
    """Run one service over RabbitMQ until `stop` is set or a signal comes."""
    if settings.broker_url is None:
        raise Permanent("no broker: set POSTROOM_BROKER_URL", code="no_broker")
    stop = stop or stop_on_signals()
    stateless = name == "parser"
    house = House(settings, Keys.load(settings.home))
    try:
        await house.open(database=not stateless)
        if not stateless:
            await require_current_schema(house.engine(name))
        assembly = assemble(house)
        transport = RabbitTransport(
            settings.broker_url, drain_into=house.engine("desk") if name == "desk" else None
        )
        running = Running(transport, [assembly], None if stateless else house.engine(name))
        health = HealthServer(settings.health_port, running.unready) if settings.health_port else None
        await running.start(None if stateless else settings.listen_database_url or house.database_url)
        if health:
            await health.start()
        log.info("service.started", service=name)
        await (beside(house, transport, stop) if beside else stop.wait())
        log.info("service.stopping", service=name)
        if health:
            await health.stop()
        await running.stop()
    finally:
        await house.close()


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGTERM and SIGINT set."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    return stop
