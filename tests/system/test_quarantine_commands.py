"""`postroom quarantine list`, `retry`, `accept`, `drop`, with no service running."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import insert, select

from shared.contracts.mail import MailStored
from shared.settings import ProcessSettings
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from shared.storage.messages import outbox
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.system.shell import REFUSED, Shell
from tests.walk.letters import letter


@pytest.fixture
async def installation(database_url: str, redis_url: str, home: Path) -> AsyncIterator[Installation]:
    async with installed(ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)) as made:
        await made.set_up()
        yield made


@pytest.fixture
def shell(installation: Installation) -> Shell:
    return Shell(environment_of(installation.house.settings, installation.sandbox))


async def put_aside(installation: Installation, reason: str, blob: str | None) -> UUID:
    mailbox, mail, at = await installation.add_mailbox(), uuid4(), installation.house.clock()
    facts = {"mailbox": mailbox, "provider_id": str(mail), "state": "quarantined", "reason": reason}
    moments = {"listed_at": at, "received_at": at, "settled_at": at if blob else None}
    async with in_tenant(installation.house.engine("ingest"), TENANT) as db:
        row = facts | moments | {"blob": blob, "size": 7 if blob else None}
        await db.execute(insert(mails).values(id=mail, tenant=TENANT, **row))
    return mail


async def state_of(installation: Installation, mail: UUID) -> tuple[str, str | None]:
    (row,) = await installation.rows(select(mails.c.state, mails.c.reason).where(mails.c.id == mail))
    return row.state, row.reason


async def test_mails_in_quarantine_are_listed_for_people_and_for_programs(
    installation: Installation, shell: Shell
) -> None:
    mail = await put_aside(installation, "crash", "a" * 64)
    code, said = await shell.run("quarantine", "list", "--json")
    assert code == 0
    assert (json.loads(said)["id"], json.loads(said)["reason"]) == (str(mail), "crash")
    assert str(mail) in (await shell.run("quarantine", "list", TENANT))[1]


async def test_a_mail_is_accepted_once_and_its_message_waits_for_the_parser(
    installation: Installation, shell: Shell
) -> None:
    mail = await put_aside(installation, "crash", "a" * 64)
    assert await shell.run("quarantine", "accept", TENANT, str(mail)) == (0, f"{mail}: on its way")
    code, said = await shell.run("quarantine", "accept", TENANT, str(mail))
    assert code == REFUSED
    assert "not in quarantine" in said
    (row,) = await installation.rows(select(outbox.c.body).where(outbox.c.contract == MailStored.name))
    told = MailStored.model_validate_json(row.body)
    assert (told.mail, told.accepted) == (mail, True)
    assert await state_of(installation, mail) == ("settled", "accepted")


async def test_a_dropped_mail_is_listed_apart_and_retried_later(
    installation: Installation, shell: Shell
) -> None:
    mail = await put_aside(installation, "crash", "a" * 64)
    assert await shell.run("quarantine", "drop", TENANT, str(mail)) == (0, f"{mail}: dropped")
    assert (await shell.run("quarantine", "drop", TENANT, str(mail)))[0] == REFUSED
    assert await shell.run("quarantine", "list", TENANT) == (0, "")
    told = json.loads((await shell.run("quarantine", "list", "--dropped", "--json"))[1])
    assert (told["id"], told["dropped_by"], told["reason"]) == (str(mail), "an administrator", "crash")
    assert await shell.run("quarantine", "retry", TENANT, str(mail)) == (0, f"{mail}: on its way")
    assert await state_of(installation, mail) == ("settled", None)
    assert await installation.rows(select(mails.c.id).where(mails.c.dropped_at.is_not(None))) == []


async def test_what_was_never_fetched_is_retried_and_not_accepted(
    installation: Installation, shell: Shell
) -> None:
    mail = await put_aside(installation, "too_large", None)
    code, said = await shell.run("quarantine", "accept", TENANT, str(mail))
    assert (code, "never fetched" in said) == (REFUSED, True)
    assert await shell.run("quarantine", "retry", TENANT, str(mail)) == (0, f"{mail}: on its way")
    assert await state_of(installation, mail) == ("listed", None)


async def test_an_oversized_mail_is_fetched_when_the_limit_was_raised(
    installation: Installation, shell: Shell
) -> None:
    await installation.add_mailbox(after_storing="leave")
    small = Shell(shell.environment | {"POSTROOM_LARGEST_MAIL": "1000000"})
    installation.sandbox.deliver(SUPPORT, letter("Our film") + b"A frame.\r\n" * 150_000)
    await small.run("scan")
    (row,) = await installation.rows(select(mails.c.id))
    assert await state_of(installation, row.id) == ("quarantined", "too_large")
    await small.run("quarantine", "retry", TENANT, str(row.id))
    await small.run("scan")
    assert await state_of(installation, row.id) == ("quarantined", "too_large")
    await shell.run("quarantine", "retry", TENANT, str(row.id))
    await shell.run("scan")
    assert await state_of(installation, row.id) == ("settled", None)
