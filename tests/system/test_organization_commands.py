"""`postroom organization`: entered, changed, listed, applied to what is there; refused with the reason."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from shared.settings import ProcessSettings
from shared.storage.engine import in_tenant
from shared.storage.tickets import contacts, history, tickets
from tests.installation import TENANT, Installation, environment_of, installed
from tests.system.shell import REFUSED, Shell


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


async def an_old_ticket(installation: Installation, address: str) -> None:
    at, contact = installation.house.clock(), uuid4()
    async with in_tenant(installation.house.engine("ticketing"), TENANT) as db:
        row = {"id": contact, "tenant": TENANT, "address": address, "created_at": at}
        await db.execute(insert(contacts).values(row))
        moments = dict.fromkeys(("created_at", "changed_at", "last_person_post_at"), at)
        facts = {"number": 1, "subject": "Printer", "status": "open", "kind": "external", "contact": contact}
        await db.execute(insert(tickets).values(id=uuid4(), tenant=TENANT, **facts, **moments))


async def test_organization_is_entered_changed_and_applied_by_commands(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        await an_old_ticket(installation, "ada@mail.acme.example")
        shell = Shell(environment_of(settings, installation.sandbox))

        async def does(*words: str) -> str:
            code, said = await shell.run("organization", *words)
            assert code == 0, said
            return said

        acme = await does("create", "Acme", "acme.example")
        await does("add-domain", acme, "acme.co.uk")
        await does("remove-domain", acme, "acme.co.uk")
        await does("rename", acme, "Acme Ltd")
        listed = json.loads(await does("list", "--json"))
        assert (listed["name"], listed["domains"]) == ("Acme Ltd", ["acme.example"])
        for words, why in (
            (("add-domain", acme, "gmail.com"), "anybody can have an address at gmail.com"),
            (("create", "Other", "acme.example"), "acme.example belongs to Acme Ltd"),
            (("preview", "co.uk"), "co.uk is a public suffix"),
            (("rename", str(uuid4()), "X"), "there is no such organization"),
        ):
            code, said = await shell.run("organization", *words)
            assert (code, why in said) == (REFUSED, True), said
        told = "1 tickets and 1 contacts of acme.example would move #1: none → Acme Ltd"
        assert await does("preview", "acme.example") == told
        for _ in range(2):
            assert await does("apply", "acme.example") == "done"
        (entry,) = await installation.rows(select(history.c.new, history.c.actor))
        assert (entry.new, entry.actor["name"]) == (acme, "an administrator")
