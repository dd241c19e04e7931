"""Servers, databases and folders for every test; a server is started when the first test asks for it."""

from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.blobs.filesystem import FilesystemBlobs
from shared.storage.engine import make_engine
from shared.storage.secrets import make_keys
from tests import servers
from tests.brokers import Broker


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a test with a time limit of its own more of it beside others, as `Installation.until` does."""
    for item in items:
        if (own := item.get_closest_marker("timeout")) is not None:
            item.add_marker(pytest.mark.timeout(own.args[0] * servers.SIDE_BY_SIDE), append=False)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server where databases and roles may be made; tests use `database_url`."""
    with servers.postgres() as url:
        yield url


@pytest.fixture(scope="session")
def redis_url(worker_id: str) -> Iterator[str]:
    """A Redis for this process of the run alone; of a server that the environment names, a database."""
    number = 0 if worker_id == "master" else int(worker_id.removeprefix("gw"))
    with servers.redis(number) as url:
        yield url


@pytest.fixture(scope="session")
def broker() -> Iterator[Broker]:
    with servers.broker() as started:
        yield started


@pytest.fixture(scope="session")
def broker_url(broker: Broker) -> Iterator[str]:
    """One virtual host for the whole run; a test that declares queues uses `vhost_url`."""
    with broker.vhost() as url:
        yield url


@pytest.fixture
def vhost_url(broker: Broker) -> Iterator[str]:
    """A virtual host for this test alone."""
    with broker.vhost() as url:
        yield url


@pytest.fixture(scope="session")
def template_url(postgres_url: str) -> Iterator[str]:
    with servers.migrated(postgres_url) as url:
        yield url


@pytest.fixture
def database_url(postgres_url: str, template_url: str) -> Iterator[str]:
    """A migrated, empty database for this test alone."""
    with servers.database(postgres_url, template=template_url) as url:
        yield url


@pytest.fixture
async def engine_of(database_url: str) -> AsyncIterator[Callable[[str], AsyncEngine]]:
    """Engines of `database_url` by service, disposed of afterwards."""
    engines: dict[str, AsyncEngine] = {}

    def engine_of(service: str) -> AsyncEngine:
        if service not in engines:
            engines[service] = make_engine(database_url, service)
        return engines[service]

    yield engine_of
    for engine in engines.values():
        await engine.dispose()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A POSTROOM_HOME with keys."""
    folder = tmp_path / "home"
    make_keys(folder)
    return folder


@pytest.fixture
def blobs(home: Path) -> FilesystemBlobs:
    return FilesystemBlobs(home / "blobs")
