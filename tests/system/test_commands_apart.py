"""No command, told to work for one tenant, tells or touches another: each one of the command's own tree.

A new command with a parameter `tenant` is tried with what its other parameters are called. One without, or
one that this does not fit, is named in `OF_ALL` or `WORDS`.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from typer.core import TyperArgument, TyperGroup
from typer.main import get_command

from postroom.cli.app import app_of
from shared.settings import ProcessSettings
from shared.storage.engine import engine_as
from shared.storage.tables import TABLES
from tests.installation import SUPPORT, TENANT, environment_of, installed
from tests.storage.filling import Row, fill
from tests.system.shell import Shell

THEIRS, MARK = "zeta", "Quibbleworth"

THEIR_CONTACT = "anna@quibbleworth.example"

OF_ALL = {
    "migrate": "the schema is of all",
    "run": "a service works for all",
    "sandbox": "it has no tenants",
    "demo": "an installation of its own",
    "welcome": "it is for an installation without users",
    "keys make": "keys are of the installation",
    "keys rotate": "as they are",
    "parse": "it reads a file and touches no tenant",
    "config check": "a file of the installation",
    "config example": "prints one",
    "tenant list": "it names all tenants, for who runs the installation",
    "parked list": "messages that nobody could read have no tenant; it tells no contents",
    "parked replay": "by the id that the list shows",
    "parked drop": "as replay",
}
"""Commands that are told no tenant, and why."""

WORDS: dict[str, list[str]] = {
    "contact erase": [THEIR_CONTACT, "--tenant", TENANT, "--yes", THEIR_CONTACT],
    "trigger add": ["x", "--on", "NEW_TICKET_CREATED", "--when", "kinds=both", "--tenant", TENANT],
}
"""Commands that need to be told something of their own."""

SAYS = "long enough"
"""What is typed where a command asks for something."""


# Any: typer has no name for its commands
def commands(command: Any, above: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    if isinstance(command, TyperGroup):
        for name, one in command.commands.items():
            yield from commands(one, (*above, name))
        return
    yield " ".join(above), command


TREE = dict(commands(get_command(app_of())))


def words_for(name: str, command: Any, of_theirs: dict[str, str]) -> list[str]:
    """Say what a command is called with: our tenant, and whatever else is theirs."""
    if name in WORDS:
        return WORDS[name]
    words = []
    for parameter in command.params:
        if parameter.name == "tenant":
            words += [TENANT] if isinstance(parameter, TyperArgument) else ["--tenant", TENANT]
        elif isinstance(parameter, TyperArgument):
            words.append(of_theirs.get(str(parameter.name), "x"))
        elif parameter.name == "to":
            words += ["--to", f"{of_theirs['to']}/{name}"]
    return words


def test_every_command_is_told_a_tenant_or_is_for_all() -> None:
    told = {name for name, one in TREE.items() if any(each.name == "tenant" for each in one.params)}
    assert set(TREE) == told | set(OF_ALL)
    assert not told & set(OF_ALL)
    assert set(WORDS) <= told


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


async def rows_of_theirs(database_url: str) -> dict[str, list[str]]:
    owner = engine_as(database_url, "test-owner", pool_size=1)
    found = {}
    async with owner.begin() as db:
        for table in TABLES:
            mine = (table.c.tenant if "tenant" in table.c else table.c.id) == THEIRS
            rows = (await db.execute(select(table).where(mine))).all()
            found[table.fullname] = sorted(str(tuple(row)) for row in rows)
    await owner.dispose()
    return found


@pytest.mark.timeout(600)
async def test_no_command_for_one_tenant_tells_or_touches_another(
    settings: ProcessSettings, database_url: str, tmp_path: Path
) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        await installation.add_mailbox()
        owner = engine_as(database_url, "test-owner", pool_size=1)
        rows = await fill(owner, THEIRS, MARK)
        await owner.dispose()
        before = await rows_of_theirs(database_url)
        shell = Shell(environment_of(settings, installation.sandbox))
        ways = {
            name: words_for(name, one, called(rows) | {"to": str(tmp_path)})
            for name, one in TREE.items()
            if name not in OF_ALL
        }
        room, wrong = asyncio.Semaphore(3), []

        async def run(name: str, words: list[str]) -> None:
            async with room:
                code, said = await shell.run(*name.split(), *words, says=f"{SAYS}\n")
            wrong.extend([f"{name} tells of the other"] if MARK in said else [])
            wrong.extend([f"{name} broke: {said}"] if "Traceback" in said or code == 2 else [])

        last = [name for name in ways if name.startswith("tenant ")]
        await asyncio.gather(*(run(name, words) for name, words in ways.items() if name not in last))
        for name in last:
            await run(name, ways[name])
    assert sorted(wrong) == []
    assert_no_word_in(tmp_path)
    assert await rows_of_theirs(database_url) == before


def assert_no_word_in(folder: Path) -> None:
    """Of all that was exported, nothing is theirs."""
    written = [path.read_bytes() for path in folder.rglob("*.jsonl")]
    assert written
    assert not any(MARK.encode() in content for content in written)


def called(rows: dict[str, Row]) -> dict[str, str]:
    """Return what arguments are called, with what of theirs they may be given."""

    def the_id(table: str) -> str:
        found = rows[table]["id"]
        assert isinstance(found, UUID)
        return str(found)

    return {
        "address": SUPPORT,
        "mailbox": SUPPORT,
        "which": the_id("ingest.mail"),
        "organization": the_id("ticketing.organization"),
        "value": json.dumps(1),
    }
