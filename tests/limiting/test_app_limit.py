"""The limit of an app over all its mailboxes, and what a limit is counted by."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from postroom.demo.stage import reaching
from sandbox.knobs import Knobs
from sandbox.server import Sandbox
from shared.connecting import Connections
from shared.limiting import Limiter, Limits
from shared.storage.secrets import Keys

LIMITS = Limits(longest_wait=timedelta(seconds=20))
SLOW = Knobs(latency_ms=(30, 30))
BOXES = [f"box{number}@helpdesk.example" for number in range(6)]


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    await client.flushdb()
    yield client
    await client.aclose()


@pytest.fixture
async def sandbox(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Sandbox]:
    async with Sandbox() as started:
        for name, value in reaching(started).items():
            monkeypatch.setenv(name, value)
        for address in BOXES:
            started.add_mailbox(address)
            started.set_knobs(address, SLOW)
        yield started


def row_of(sandbox: Sandbox, keys: Keys, address: str, **settings: object) -> Any:  # Any: a row
    app = {"tenant_id": sandbox.tenant, "client_id": sandbox.client_id} | settings
    sealed = keys.sealer("mailbox").seal(sandbox.client_secret)
    facts = {"id": uuid4(), "provider": "graph", "address": address, "folder": "inbox", "secret": sealed}
    return SimpleNamespace(settings=app, tenant="default", secret_expires_at=None, **facts)


async def processes(
    stack: AsyncExitStack, redis: Redis, keys: Keys, apps: int | None, many: int = 3
) -> list[Connections]:
    def limiter(limits: Limits) -> Limiter:
        return Limiter(redis, limits=limits)

    made = [
        Connections(
            keys.opener("mailbox"),
            limiter(LIMITS),
            lambda: datetime.now(UTC),
            apps=limiter(LIMITS.of_an_app(apps)) if apps else None,
        )
        for _ in range(many)
    ]
    for each in made:
        stack.push_async_callback(each.close)
    return made


async def most_at_once(sandbox: Sandbox, redis: Redis, home: Path, apps: int | None) -> int:
    """Let three processes ask six mailboxes of one app all at once; count at the sandbox."""
    keys, most = Keys.load(home), 0
    rows = [row_of(sandbox, keys, address) for address in BOXES]

    async def ask(process: Connections, row: Any) -> None:  # Any: a row
        async with process.to(row) as connection:
            await connection.list(None, None)

    async def watch() -> None:
        nonlocal most
        while True:
            most = max(most, sum(sandbox.in_flight(address) for address in BOXES))
            await asyncio.sleep(0)

    async with AsyncExitStack() as stack:
        everybody = await processes(stack, redis, keys, apps)
        watching = asyncio.create_task(watch())
        await asyncio.gather(*(ask(process, row) for process in everybody for row in rows))
        watching.cancel()
    return most


async def test_an_app_asks_no_more_at_once_than_it_may_over_all_mailboxes(
    sandbox: Sandbox, redis: Redis, home: Path
) -> None:
    assert await most_at_once(sandbox, redis, home, apps=2) == 2


async def test_without_a_limit_of_the_app_each_mailbox_has_its_own(
    sandbox: Sandbox, redis: Redis, home: Path
) -> None:
    assert await most_at_once(sandbox, redis, home, apps=None) > 2


async def test_a_limit_is_counted_by_app_and_mailbox_and_by_no_other_setting(
    sandbox: Sandbox, redis: Redis, home: Path
) -> None:
    keys = Keys.load(home)
    same = [row_of(sandbox, keys, BOXES[0]), row_of(sandbox, keys, BOXES[0].upper(), cloud="global")]
    other = row_of(sandbox, keys, BOXES[0], client_id="another")
    async with AsyncExitStack() as stack:
        (process,) = await processes(stack, redis, keys, apps=None, many=1)

        def counted_by(row: Any) -> str:  # Any: a row
            limit = process._connect(row)._tools.limit  # type: ignore[attr-defined]  # noqa: SLF001
            return str(limit.key)

        assert counted_by(same[0]) == counted_by(same[1]) != counted_by(other)
