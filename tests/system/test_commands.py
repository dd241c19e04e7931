"""What cron runs: `postroom scan`, `prune` and `mail`, with no service running and beside running ones."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from sqlalchemy import Text, cast, select, update

from sandbox.knobs import Fault, Knobs
from shared.contracts.sending import SendState
from shared.messaging.queues import depths
from shared.settings import ProcessSettings
from shared.storage.config import options
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails as incoming
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import tickets
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.system.outgoings import body_of, mail_to
from tests.system.shell import LATER, REFUSED, Shell
from tests.system.workers import Worker

RAW = "parser.mail.stored.v1"
PATIENCE = 120
LETTER = (
    b"From: Ann <ann@firm.example>\r\nTo: support@helpdesk.example\r\nSubject: Printer\r\n"
    b"Message-ID: <one@firm.example>\r\nDate: Mon, 2 Mar 2026 09:00:00 +0000\r\n\r\nIt is on fire.\r\n"
)


@pytest.fixture
def settings(database_url: str, redis_url: str, vhost_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url, broker_url=vhost_url)


@pytest.fixture
async def installation(settings: ProcessSettings) -> AsyncIterator[Installation]:
    async with installed(settings) as made:
        await made.set_up({"close_inactive_tickets": True})
        await made.add_mailbox()
        yield made


@pytest.fixture
def shell(settings: ProcessSettings, installation: Installation) -> Shell:
    return Shell(environment_of(settings, installation.sandbox))


async def ready_in(settings: ProcessSettings, name: str) -> int:
    async with await aio_pika.connect(settings.broker_url or "") as connection:
        return (await depths(connection, [name]))[name].ready


async def test_scan_fetches_stores_and_publishes_without_a_running_service(
    installation: Installation, shell: Shell, settings: ProcessSettings
) -> None:
    installation.sandbox.deliver(SUPPORT, LETTER)
    code, said = await shell.run("scan")
    assert (code, said) == (0, f"{TENANT} {SUPPORT}: 1 new")
    (row,) = await installation.rows(select(incoming.c.state))
    assert row.state == "settled"
    assert await ready_in(settings, RAW) == 1


async def test_a_mailbox_inside_its_cooldown_is_skipped_and_named_unless_forced(
    installation: Installation, shell: Shell
) -> None:
    await shell.run("scan")
    installation.sandbox.deliver(SUPPORT, LETTER)
    code, said = await shell.run("scan", TENANT, SUPPORT)
    assert code == 0, said
    assert f"{SUPPORT}: skipped, inside its cooldown until" in said
    assert await installation.rows(select(incoming.c.state)) == []
    code, said = await shell.run("scan", TENANT, SUPPORT, "--force")
    assert (code, said) == (0, f"{TENANT} {SUPPORT}: 1 new")
    assert len(await installation.rows(select(incoming.c.state))) == 1


async def test_a_mailbox_that_fails_is_told_with_the_reason_and_the_exit_code(
    installation: Installation, shell: Shell
) -> None:
    await installation.add_mailbox("ops@helpdesk.example", secret="wrong")
    installation.sandbox.deliver(SUPPORT, LETTER)
    code, said = await shell.run("scan")
    assert code == LATER
    assert f"{TENANT} {SUPPORT}: 1 new" in said
    assert f"{TENANT} ops@helpdesk.example: failed, AADSTS7000215" in said


async def test_a_name_that_is_not_there_is_refused_with_those_that_are(shell: Shell) -> None:
    assert await shell.run("scan", "acme") == (REFUSED, f"postroom: no tenant acme; there are: {TENANT}")
    code, said = await shell.run("scan", TENANT, "nobody@helpdesk.example")
    assert code == REFUSED
    assert "no enabled mailbox nobody@helpdesk.example" in said


async def test_prune_closes_what_is_inactive_and_once(
    installation: Installation, shell: Shell, settings: ProcessSettings
) -> None:
    installation.sandbox.deliver(SUPPORT, LETTER)
    await shell.run("scan")
    workers = await started(settings, installation, "parser", "ticketing")
    await installation.until(lambda: in_status(installation, "new"), "the ticket is there", PATIENCE)
    await stopped(workers)
    assert await shell.run("prune") == (0, f"{TENANT}: 0 reminded, 0 closed")
    long_ago = tickets.c.last_person_post_at - timedelta(days=15)
    async with in_tenant(installation.house.engine("ticketing"), TENANT) as db:
        await db.execute(update(tickets).values(last_person_post_at=long_ago))
    told = await asyncio.gather(shell.run("prune"), shell.run("prune", TENANT))
    assert sorted(said for _, said in told) == [
        f"{TENANT}: 0 reminded, 0 closed",
        f"{TENANT}: 0 reminded, 1 closed",
    ]
    assert await in_status(installation, "closed")


async def test_mail_sends_what_is_due_once_however_many_run_it(
    installation: Installation, shell: Shell, settings: ProcessSettings
) -> None:
    installation.sandbox.set_knobs(SUPPORT, Knobs(latency_ms=(100, 300)))
    installation.sandbox.add_fault(SUPPORT, Fault(match="draft", status=503))
    await installation.answer_new_tickets()
    installation.sandbox.deliver(SUPPORT, LETTER)
    await shell.run("scan")
    workers = await started(settings, installation, "parser", "ticketing", "triggers", "mailer")
    await installation.until(lambda: waits_for_a_retry(installation), "the first attempt failed", PATIENCE)
    await stopped(workers)
    await let_time_pass(installation)
    told = await asyncio.gather(*(shell.run("mail") for _ in range(3)))
    assert {code for code, _ in told} == {0}
    assert any("sent" in said.splitlines()[0] for _, said in told)
    assert all(f"{TENANT}: " in said and "0 planned, 0 held" in said for _, said in told)
    assert len(installation.sandbox.sent(SUPPORT)) == 1
    assert [row.state for row in await installation.rows(select(outgoing.c.state))] == [SendState.SENT]


async def test_mail_says_what_was_sent_and_what_was_not_and_why(
    installation: Installation, shell: Shell, settings: ProcessSettings
) -> None:
    async with in_tenant(installation.house.engine("desk"), TENANT) as db:
        of_threshold = options.c.name == "mail_send_threshold"
        await db.execute(update(options).where(of_threshold).values(value=1))
    body, tomorrow = await body_of(installation), installation.house.clock() + timedelta(days=1)
    ann = f"{uuid4().hex}@firm.example"  # Redis knows of others whom earlier tests wrote to
    for number, to in enumerate((ann, ann, "ben@firm.example")):
        await installation.tell(mail_to(installation, number, body, (to,), send_at=tomorrow))
    workers = await started(settings, installation, "mailer")
    await installation.until(lambda: counted(installation, 3), "the mails are planned", PATIENCE)
    await stopped(workers)
    long_ago = installation.house.clock() - timedelta(hours=3)
    async with in_tenant(installation.house.engine("mailer"), TENANT) as db:
        to_ann = cast(outgoing.c.recipients, Text).contains(ann)
        await db.execute(update(outgoing).where(to_ann).values(due_at=long_ago, send_at=long_ago))
    code, said = await shell.run("mail", TENANT)
    assert code == 0, said
    assert f"sent, 3 h late: it was planned for {long_ago:%Y-%m-%d %H:%M:%S} UTC" in said
    assert "skipped, held: mail_send_threshold: 1 mails to one address within 5 minutes" in said
    assert f"skipped, planned for {tomorrow:%Y-%m-%d %H:%M:%S} UTC" in said
    assert said.endswith(f"{TENANT}: 1 sent, 1 not, 1 planned, 1 held")
    assert len(installation.sandbox.sent(SUPPORT)) == 1


async def counted(installation: Installation, many: int) -> bool:
    return len(await installation.rows(select(outgoing.c.id))) == many


async def started(settings: ProcessSettings, installation: Installation, *names: str) -> list[Worker]:
    environment = environment_of(settings, installation.sandbox)
    workers = [Worker(f"services.{name}", environment, settings.home / f"{name}.log") for name in names]
    for worker in workers:
        await worker.start()
    return workers


async def stopped(workers: list[Worker]) -> None:
    await asyncio.gather(*(worker.stop() for worker in workers))


async def in_status(installation: Installation, status: str) -> bool:
    return [row.status for row in await installation.rows(select(tickets.c.status))] == [status]


async def waits_for_a_retry(installation: Installation) -> bool:
    rows = await installation.rows(select(outgoing.c.state, outgoing.c.attempts, outgoing.c.lease))
    return [(row.state, row.attempts, row.lease) for row in rows] == [(SendState.QUEUED, 1, None)]


async def let_time_pass(installation: Installation) -> None:
    """Make the next attempt due."""
    async with in_tenant(installation.house.engine("mailer"), TENANT) as db:
        await db.execute(update(outgoing).values(due_at=installation.house.clock()))
