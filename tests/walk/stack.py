"""What a stack of tests is told, and a whole one for a program that is no test."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

from redis import Redis

from shared.settings import ProcessSettings
from shared.storage.secrets import make_keys
from tests import servers
from tests.walk.walking import LARGEST, Walk, free_port, walking

LEASE = timedelta(days=2)
"""Longer than any test moves the clock: nobody loses a row because time passed."""


@contextmanager
def told(
    postgres: str, template: str, redis: str, home: Path, *, reached: bool = False
) -> Iterator[ProcessSettings]:
    """Make a database and say where all is. `reached`: Graph reaches the desk and tells of new mail."""
    forget_all(redis)
    make_keys(home)
    port = free_port()
    with servers.database(postgres, template=template) as url:
        yield ProcessSettings(
            home=home,
            database_url=url,
            redis_url=redis,
            lease=LEASE,
            desk_port=port,
            public_url=f"http://127.0.0.1:{port}" if reached else None,
            private_webhooks=True,  # who is called listens on loopback
            parser_workers=1,
            largest_mail=LARGEST,
        )


@asynccontextmanager
async def stack() -> AsyncIterator[Walk]:
    """Start everything, servers included, for as long as a program lasts."""
    with (
        tempfile.TemporaryDirectory(prefix="postroom-stack-") as home,
        servers.postgres() as postgres,
        servers.redis() as redis,
        servers.migrated(postgres) as template,
        told(postgres, template, redis, Path(home)) as settings,
    ):
        async with walking(settings, os.environ.__setitem__) as walk:
            yield walk


def forget_all(redis_url: str) -> None:
    """Empty Redis: what another module was told to wait for counts by a clock that ran ahead."""
    with closing(Redis.from_url(redis_url)) as redis:
        redis.flushdb()
