"""Whom `postroom scan` and `prune` reach: every tenant and mailbox, or the one that is named."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from postroom.seeding import GraphMailbox, Seeding
from shared.settings import ProcessSettings
from shared.storage.config import options
from shared.storage.engine import in_tenant
from shared.storage.tickets import tickets
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.system.shell import Shell

OTHER, SALES, THEIRS = "acme", "sales@helpdesk.example", "help@acme.example"


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


async def mailbox_of_other(installation: Installation) -> None:
    sandbox = installation.sandbox
    sandbox.add_mailbox(THEIRS)
    sealed = installation.house.keys.sealer("mailbox").seal(sandbox.client_secret)
    box = GraphMailbox(THEIRS, "Acme", sandbox.tenant, sandbox.client_id, sealed)
    async with in_tenant(installation.house.engine("desk"), OTHER) as db:
        await Seeding(db, OTHER, installation.house.clock()).mailbox(box, department=None)


async def silent_ticket(installation: Installation, tenant: str) -> None:
    """A tenant that closes what is inactive, and a ticket that is."""
    at = installation.house.clock() - timedelta(days=20)
    clocks = dict.fromkeys(("created_at", "changed_at", "last_person_post_at"), at)
    row = {"id": uuid4(), "tenant": tenant, "number": 1, "subject": "x", "status": "open", "category": "open"}
    wanted = {"tenant": tenant, "value": True, "changed_at": at, "changed_by": "test"}
    async with in_tenant(installation.house.engine("desk"), tenant) as db:
        await db.execute(insert(options).values(name="close_inactive_tickets", **wanted))
    async with in_tenant(installation.house.engine("ticketing"), tenant) as db:
        await db.execute(insert(tickets).values(kind="external", **row, **clocks))


async def status(installation: Installation, tenant: str) -> str:
    async with in_tenant(installation.house.engine("ticketing"), tenant) as db:
        return str((await db.scalars(select(tickets.c.status))).one())


async def test_scan_reaches_all_or_the_tenant_or_the_mailbox_that_is_named(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        shell = Shell(environment_of(settings, installation.sandbox))
        assert (await shell.run("tenant", "create", OTHER))[0] == 0
        await installation.add_mailbox()
        await installation.add_mailbox(SALES)
        await mailbox_of_other(installation)
        ours, theirs = (f"{TENANT} {SALES}: 0 new", f"{TENANT} {SUPPORT}: 0 new"), f"{OTHER} {THEIRS}: 0 new"
        for words, reached in (
            ((), (*ours, theirs)),
            ((TENANT,), ours),
            ((OTHER,), (theirs,)),
            ((TENANT, SALES), ours[:1]),
        ):
            code, said = await shell.run("scan", *words, "--force")
            assert (code, [line for line in (*ours, theirs) if line in said]) == (0, list(reached)), said


async def test_prune_reaches_all_tenants_or_the_one_that_is_named(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        shell = Shell(environment_of(settings, installation.sandbox))
        assert (await shell.run("tenant", "create", OTHER))[0] == 0
        async with in_tenant(installation.house.engine("desk"), TENANT) as db:
            await db.execute(options.delete())
        for tenant in (TENANT, OTHER):
            await silent_ticket(installation, tenant)
        assert await shell.run("prune", OTHER) == (0, f"{OTHER}: 0 reminded, 1 closed")
        assert [await status(installation, tenant) for tenant in (OTHER, TENANT)] == ["closed", "open"]
        assert (await shell.run("prune"))[0] == 0
        assert [await status(installation, tenant) for tenant in (OTHER, TENANT)] == ["closed", "closed"]
