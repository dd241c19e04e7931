"""A process that dies while it examines a mailbox: the examination is begun anew, and not for ever."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Row, select

from shared.contracts.examining import ExamineMailbox
from shared.settings import ProcessSettings
from shared.storage.ingest import examinations
from tests.installation import TENANT, Installation, environment_of, installed
from tests.system.workers import Worker

LEASE = timedelta(seconds=6)


@pytest.fixture
async def installation(database_url: str, redis_url: str, home: Path) -> AsyncIterator[Installation]:
    settings = ProcessSettings(home=home, database_url=database_url, redis_url=redis_url, lease=LEASE)
    async with installed(settings) as made:
        await made.set_up()
        yield made


@pytest.fixture
async def worker(installation: Installation) -> AsyncIterator[Worker]:
    settings = installation.house.settings
    environment = environment_of(settings, installation.sandbox)
    made = Worker("tests.system.everything", environment, settings.home / "everything.log")
    yield made
    await made.stop()


async def dies(installation: Installation, worker: Worker) -> None:
    """Let it die after the second finding of an examination."""
    await worker.start("ingest.examining:2")

    async def dead() -> bool:
        return worker.died()

    await installation.until(dead, "it is killed while it examines")


async def ended(installation: Installation) -> Row[tuple[str, str | None, list[dict[str, str]]]]:
    c = examinations.c
    query = select(c.state, c.reason, c.findings).where(c.ended_at.is_not(None))

    async def so() -> bool:
        return bool(await installation.rows(query))

    await installation.until(so, "the examination ends")
    (row,) = await installation.rows(query)
    return row


async def test_it_is_begun_anew_after_a_kill(installation: Installation, worker: Worker) -> None:
    mailbox = await installation.add_mailbox()
    await installation.tell(ExamineMailbox(tenant=TENANT, mailbox=mailbox))
    await dies(installation, worker)
    (row,) = await installation.rows(select(examinations.c.state, examinations.c.findings))
    assert (row.state, len(row.findings)) == ("running", 4)
    await worker.start()
    done = await ended(installation)
    assert (done.state, done.reason) == ("done", None)
    checks = [finding["check"] for finding in done.findings]
    assert len(checks) == len(set(checks))
    assert checks[-1] == "probe"


async def test_one_that_always_dies_is_given_up_and_keeps_what_it_found(
    installation: Installation, worker: Worker
) -> None:
    mailbox = await installation.add_mailbox()
    await installation.tell(ExamineMailbox(tenant=TENANT, mailbox=mailbox))
    for _ in range(3):
        await dies(installation, worker)
    await worker.start()
    done = await ended(installation)
    assert done.state == "failed"
    assert done.reason == "it broke off 3 times; the log of ingest says why"
    assert len(done.findings) == 4
