"""`postroom tenant`: who is there, and what becomes of a tenant that is suspended."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.waking import News, WakeMailbox
from shared.messaging.failures import AlreadyHandled
from shared.settings import ProcessSettings
from shared.storage.config import erasures
from shared.storage.engine import engine_as, in_tenant
from shared.storage.ingest import mails as ledger
from shared.storage.tables import TABLES
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.storage.filling import fill
from tests.system.shell import REFUSED, Shell

LETTER = b"From: anna@example.com\r\nTo: support@helpdesk.example\r\nSubject: Printer\r\n\r\nIt smokes.\r\n"


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


async def rows_of(database_url: str, tenant: str) -> dict[str, int]:
    owner, found = engine_as(database_url, "test-owner", pool_size=1), {}
    async with owner.begin() as db:
        for table in TABLES:
            mine = (table.c.tenant if "tenant" in table.c else table.c.id) == tenant
            found[table.fullname] = (await db.execute(select(func.count()).where(mine))).scalar_one()
    await owner.dispose()
    return {name: count for name, count in found.items() if count}


async def states(installation: Installation) -> list[str]:
    return [row.state for row in await installation.rows(select(ledger.c.state))]


async def test_a_suspended_tenant_waits_and_goes_on_where_it_was(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        await installation.add_mailbox()
        shell = Shell(environment_of(settings, installation.sandbox))
        assert (await shell.run("tenant", "suspend", "acme"))[0] == REFUSED
        assert await shell.run("tenant", "create", "acme") == (0, "tenant acme: created")
        assert await shell.run("tenant", "suspend", TENANT) == (0, f"tenant {TENANT}: suspended")
        assert await shell.run("tenant", "suspend", TENANT) == (0, f"tenant {TENANT}: is suspended already")
        installation.sandbox.deliver(SUPPORT, LETTER)
        assert await shell.run("scan") == (0, "")
        code, said = await shell.run("scan", TENANT)
        assert (code, said) == (
            REFUSED,
            f"postroom: {TENANT} is suspended; go on: postroom tenant resume {TENANT}",
        )
        assert await states(installation) == []
        _, said = await shell.run("tenant", "list", "--json")
        listed = {each["tenant"]: each for each in map(json.loads, said.replace("} {", "}\n{").splitlines())}
        assert {name: each["state"] for name, each in listed.items()} == {
            "acme": "active",
            TENANT: "suspended",
        }
        assert listed[TENANT]["counts"]["mailboxes"] == 1
        assert await shell.run("tenant", "resume", TENANT) == (0, f"tenant {TENANT}: active")
        assert await shell.run("scan") == (0, f"{TENANT} {SUPPORT}: 1 new")
        assert await states(installation) == ["settled"]


async def test_an_erased_tenant_leaves_nothing_but_its_receipt_and_others_as_they_were(
    settings: ProcessSettings, database_url: str, blobs: FilesystemBlobs
) -> None:
    async with installed(settings) as installation:
        owner = engine_as(database_url, "test-owner", pool_size=1)
        for tenant in ("acme", "zeta"):
            await fill(owner, tenant, f"Quibbleworth of {tenant}")
            await blobs.put(tenant, LETTER)
        await owner.dispose()
        before = await rows_of(database_url, "zeta")
        shell = Shell(environment_of(settings, installation.sandbox))
        code, said = await shell.run("tenant", "erase", "acme", "--yes", "acme")
        assert (code, said) == (
            REFUSED,
            "postroom: acme works; first: postroom tenant suspend acme",
        )
        await shell.run("tenant", "suspend", "acme")
        code, said = await shell.run("tenant", "erase", "acme", says="zeta\n")
        assert code == REFUSED
        assert "1 ticketing.post" in said
        assert "1 blobs" in said
        assert (await rows_of(database_url, "acme")) == before
        code, said = await shell.run("tenant", "erase", "acme", says="acme\n")
        assert code == 0, said
        assert await rows_of(database_url, "acme") == {"config.tenant": 1, "config.erasure": 2}
        assert [names async for names in blobs.names("acme")] == []
        assert await rows_of(database_url, "zeta") == before
        assert [names async for names in blobs.names("zeta")] != []
        receipt = said.rpartition(" ")[2]
        assert await shell.run("tenant", "erase", "acme", "--yes", "acme") == (
            0,
            f"tenant acme: erased; receipt {receipt}",
        )
        async with in_tenant(installation.house.engine("desk"), "acme") as db:
            rows = (await db.execute(select(erasures).where(erasures.c.of == "tenant"))).all()
        assert [(str(row.id), row.found["ticketing.post"], row.plan) for row in rows] == [(receipt, 1, None)]
        assert rows[0].finished_at is not None
        assert "acme" not in rows[0].subject
        await nothing_comes_back(installation, shell)


async def nothing_comes_back(installation: Installation, shell: Shell) -> None:
    for words in (("tenant", "create", "acme"), ("tenant", "resume", "acme")):
        code, said = await shell.run(*words)
        assert code == REFUSED
        assert "its name is not given again" in said
    with pytest.raises(AlreadyHandled):
        await a_late_message(installation)


async def a_late_message(installation: Installation) -> None:
    """A broker may still hold one when all is gone."""
    message = WakeMailbox(tenant="acme", mailbox=uuid4(), news=News.CHANGED)
    async with installation.house.units("ingest").handling(message):
        pass
