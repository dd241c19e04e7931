"""Servers for tests: named by the environment, else in containers, else private ones on this machine.

Never a server that merely happens to listen at a default port.
"""

import asyncio
import gc
import os
import tempfile
import warnings
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg
from sqlalchemy.engine import make_url

from shared.storage.embedded import EmbeddedPostgres, EmbeddedRedis
from shared.storage.migrating import migrate
from tests.brokers import Broker, private_broker, rabbitmq_program

POSTGRES_IMAGE = "postgres:17"
REDIS_IMAGE = "redis:8"
RABBITMQ_IMAGE = "rabbitmq:4-management"
MANAGEMENT_PORT = 15672
SIDE_BY_SIDE = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
"""Processes of the run: each waits so many times as long, because they share the machine."""
NEEDLESS = ("fsync", "full_page_writes")
"""What keeps data through a loss of power, which no test outlives; most of them would wait for the disk."""

Result = TypeVar("Result")


class ServerMissingError(RuntimeError):
    """A server that the tests need is not there and cannot be started."""


# Any: what a coroutine yields and is sent is nobody's business here
def apart(work: Coroutine[Any, Any, Result]) -> Result:
    """Run on a loop and thread of its own, away from the loop of the test."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of a server where databases and roles may be made."""
    if url := os.environ.get("POSTROOM_TEST_DATABASE_URL"):
        yield url
    elif docker_answers():
        from testcontainers.community.postgres import PostgresContainer  # noqa: PLC0415 - only with Docker

        with _contained(PostgresContainer(POSTGRES_IMAGE, driver=None)) as container:
            yield container.get_connection_url()
    else:
        with _folder() as folder:
            server = EmbeddedPostgres(folder)
            try:
                url = apart(server.start())
                for safety in NEEDLESS:
                    apart(_execute(url, f"ALTER SYSTEM SET {safety} = off"))
                apart(_execute(url, "SELECT pg_reload_conf()"))
                yield url
            finally:
                apart(server.remove())


@contextmanager
def redis(number: int = 0) -> Iterator[str]:
    """The URL of a database that may be emptied: of the server that the environment names, the one that is so
    many behind its own."""
    if url := os.environ.get("POSTROOM_TEST_REDIS_URL"):
        parts = urlsplit(url)
        yield urlunsplit(parts._replace(path=f"/{int(parts.path.strip('/') or 0) + number}"))
    elif docker_answers():
        from testcontainers.community.redis import RedisContainer  # noqa: PLC0415 - only with Docker

        with _contained(RedisContainer(REDIS_IMAGE)) as container:
            yield f"redis://{container.get_container_host_ip()}:{container.get_exposed_port(6379)}/0"
    else:
        with _folder() as folder:
            server = EmbeddedRedis(folder)
            try:
                yield apart(server.start())
            finally:
                apart(server.stop())


@contextmanager
def broker() -> Iterator[Broker]:
    if url := os.environ.get("POSTROOM_TEST_BROKER_URL"):
        yield Broker(url, os.environ.get("POSTROOM_TEST_BROKER_API_URL") or _usual_api(url))
    elif docker_answers():
        with _broker_container() as contained:
            yield contained
    elif server := rabbitmq_program("rabbitmq-server"):
        with private_broker(server) as private:
            yield private
    else:
        raise ServerMissingError(
            "no RabbitMQ: install rabbitmq-server, start Docker, or set POSTROOM_TEST_BROKER_URL"
        )


@contextmanager
def database(server: str, *, template: str | None = None) -> Iterator[str]:
    """The URL of a new database, dropped afterwards; a copy of the database `template`, when given."""
    name = f"postroom_test_{uuid4().hex}"
    copied = f" TEMPLATE {make_url(template).database}" if template else ""
    apart(_execute(server, f"CREATE DATABASE {name}{copied}"))
    try:
        yield make_url(server).set(database=name).render_as_string(hide_password=False)
    finally:
        apart(_execute(server, f"DROP DATABASE {name} WITH (FORCE)"))


@contextmanager
def migrated(server: str) -> Iterator[str]:
    with database(server) as url:
        apart(migrate(url))
        yield url


@cache
def docker_answers() -> bool:
    import docker  # noqa: PLC0415 - comes with testcontainers; imports slowly
    import docker.errors  # noqa: PLC0415

    with _careless_with_sockets():
        try:
            with closing(docker.from_env(timeout=5)) as engine:
                return bool(engine.ping())
        except docker.errors.DockerException:
            return False


async def _execute(url: str, statement: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder that the private PostgreSQL's system user may pass through."""
    with tempfile.TemporaryDirectory(prefix="postroom-test-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o711)
        yield folder


# Any: testcontainers' classes share no typed base that names what is used here
@contextmanager
def _contained(container: Any) -> Iterator[Any]:
    from testcontainers.core.config import testcontainers_config  # noqa: PLC0415 - only with Docker

    # its watcher of leftovers keeps a socket open for the whole run
    testcontainers_config.ryuk_disabled = True
    with _careless_with_sockets():
        container.start()
    try:
        yield container
    finally:
        with _careless_with_sockets():
            container.stop()


@contextmanager
def _careless_with_sockets() -> Iterator[None]:
    """Let a library leave sockets to the collector of garbage, which closes them here and now."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        yield
        gc.collect()


@contextmanager
def _broker_container() -> Iterator[Broker]:
    from testcontainers.core.container import DockerContainer  # noqa: PLC0415 - only with Docker
    from testcontainers.core.wait_strategies import LogMessageWaitStrategy  # noqa: PLC0415

    # testcontainers' own class for it needs pika
    container = DockerContainer(RABBITMQ_IMAGE).with_exposed_ports(5672, MANAGEMENT_PORT)
    with _contained(container.waiting_for(LogMessageWaitStrategy("Server startup complete"))) as started:
        host = started.get_container_host_ip()
        yield Broker(
            f"amqp://guest:guest@{host}:{started.get_exposed_port(5672)}/",
            f"http://guest:guest@{host}:{started.get_exposed_port(MANAGEMENT_PORT)}",
        )


def _usual_api(url: str) -> str:
    parts = urlsplit(url)
    return (
        f"http://{parts.username or 'guest'}:{parts.password or 'guest'}@{parts.hostname}:{MANAGEMENT_PORT}"
    )
