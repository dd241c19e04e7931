"""A bench a test, on each transport; RabbitMQ is real and the virtual host is the test's own."""

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.brokers import Broker
from tests.messaging.bench import Bench, Kind
from tests.messaging.management import Api


@pytest.fixture(params=["embedded", "rabbit"])
async def bench(
    request: pytest.FixtureRequest, engine_of: Callable[[str], AsyncEngine], database_url: str
) -> AsyncIterator[Bench]:
    kind: Kind = request.param
    url = request.getfixturevalue("vhost_url") if kind == "rabbit" else ""
    async with AsyncExitStack() as stack:
        yield Bench(kind, engine_of("ticketing"), database_url, url, stack)


@pytest.fixture
async def rabbit(
    vhost_url: str, engine_of: Callable[[str], AsyncEngine], database_url: str
) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench("rabbit", engine_of("ticketing"), database_url, vhost_url, stack)


@pytest.fixture
async def embedded(engine_of: Callable[[str], AsyncEngine], database_url: str) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield Bench("embedded", engine_of("ticketing"), database_url, "", stack)


@pytest.fixture
def api(broker: Broker, vhost_url: str) -> Api:
    return Api(broker, vhost_url)
