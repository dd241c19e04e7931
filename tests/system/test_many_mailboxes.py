"""Two hundred mailboxes, four ingest processes: all mail once, by one at a time, in turns, within limits."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sandbox import usage
from sandbox.knobs import Knobs
from shared.settings import ProcessSettings
from shared.storage.ingest import mails
from tests.installation import Installation, environment_of, installed
from tests.sizes import sized
from tests.system.workers import Worker
from tests.walk.letters import letter

pytestmark = pytest.mark.timeout(900)

MAILBOXES, EACH, PROCESSES = sized(200, 60), sized(50, 30), 4
PATIENCE_SECONDS = 600


async def test_each_mail_of_many_mailboxes_is_kept_once(
    database_url: str, redis_url: str, vhost_url: str, home: Path
) -> None:
    settings = ProcessSettings(
        home=home, database_url=database_url, redis_url=redis_url, broker_url=vhost_url
    )
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(installed(settings))
        await installation.set_up()
        addresses = [f"box{number}@helpdesk.example" for number in range(MAILBOXES)]
        for address in addresses:
            await _fill(installation, address)
        environment = environment_of(settings, installation.sandbox)
        workers = [
            Worker("services.ingest", environment, home / f"ingest{number}.log")
            for number in range(PROCESSES)
        ]
        for worker in workers:
            stack.push_async_callback(worker.stop)
            await worker.start()
        await installation.until(lambda: _all_kept(installation, workers), "all is kept", PATIENCE_SECONDS)
        await _kept_in_turns(installation)
        for address in addresses:
            (seen,) = installation.sandbox.usage(address)
            assert seen.by_operation["value"] == EACH, "a mail was fetched twice"
            assert seen.at_once_by_operation["delta"] == 1, "two scanned one mailbox at once"
            assert seen.most_at_once <= usage.AT_ONCE
            assert seen.most_requests <= usage.REQUESTS


async def _fill(installation: Installation, address: str) -> None:
    await installation.add_mailbox(address, after_storing="leave")
    installation.sandbox.set_knobs(address, Knobs(realistic_limits=True))
    for number in range(EACH):
        installation.sandbox.deliver(address, letter(f"{number}"))
    await asyncio.sleep(0)  # the sandbox serves in between


async def _all_kept(installation: Installation, workers: Sequence[Worker]) -> bool:
    for worker in workers:
        assert not worker.died()
    kept = select(func.count()).where(mails.c.state == "settled")
    ((count,),) = await installation.rows(kept)
    return bool(count == MAILBOXES * EACH)


async def _kept_in_turns(installation: Installation) -> None:
    """When half of all mail was kept, no mailbox was left behind."""
    order = await installation.rows(select(mails.c.mailbox).order_by(mails.c.stored_at))
    assert len(order) == MAILBOXES * EACH
    early = Counter(row.mailbox for row in order[: len(order) // 2])
    assert len(early) == MAILBOXES
    assert min(early.values()) >= EACH // 10
