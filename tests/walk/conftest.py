"""One installation that runs for all tests of a module; each test has mailboxes of its own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from datetime import timedelta

import pytest
import pytest_asyncio
from redis import Redis

from shared.settings import ProcessSettings
from shared.storage.secrets import make_keys
from tests import servers
from tests.walk.walking import LARGEST, Walk, free_port, walking

LEASE = timedelta(days=2)
"""Longer than any test moves the clock: nobody loses a row because time passed."""


@pytest.fixture(scope="module")
def settings(
    request: pytest.FixtureRequest,
    postgres_url: str,
    template_url: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ProcessSettings]:
    """In a module that says `TOLD = True`, Graph reaches the desk and tells of new mail."""
    home = tmp_path_factory.mktemp("home")
    forget_all(redis_url)
    make_keys(home)
    port = free_port()
    reached = f"http://127.0.0.1:{port}" if getattr(request.module, "TOLD", False) else None
    with servers.database(postgres_url, template=template_url) as url:
        yield ProcessSettings(
            home=home,
            database_url=url,
            redis_url=redis_url,
            lease=LEASE,
            desk_port=port,
            public_url=reached,
            private_webhooks=True,  # who is called listens on loopback
            parser_workers=1,
            largest_mail=LARGEST,
        )


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(settings: ProcessSettings) -> AsyncIterator[Walk]:
    with pytest.MonkeyPatch.context() as patch:
        async with walking(settings, patch.setenv) as made:
            yield made


def forget_all(redis_url: str) -> None:
    """Empty Redis: what another module was told to wait for counts by a clock that ran ahead."""
    with closing(Redis.from_url(redis_url)) as redis:
        redis.flushdb()
