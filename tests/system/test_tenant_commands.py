"""`postroom tenant`: who is there, and what becomes of a tenant that is suspended."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select

from shared.settings import ProcessSettings
from shared.storage.ingest import mails as ledger
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.system.shell import REFUSED, Shell

LETTER = b"From: anna@example.com\r\nTo: support@helpdesk.example\r\nSubject: Printer\r\n\r\nIt smokes.\r\n"


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


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
