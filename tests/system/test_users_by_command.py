"""`postroom welcome` and `user`: the first run's address, and what the page of users does, by command."""

from pathlib import Path

import pytest
from sqlalchemy import select

from shared.settings import ProcessSettings
from shared.storage.config import users
from shared.storage.desk import audit
from tests.installation import environment_of, installed
from tests.system.shell import REFUSED, Shell

EVA = "eva@helpdesk.example"


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


async def test_the_address_of_the_first_run_is_printed_while_there_is_no_user(
    settings: ProcessSettings,
) -> None:
    async with installed(settings) as installation:
        shell = Shell(environment_of(settings, installation.sandbox))
        code, said = await shell.run("welcome")
        assert code == 0, said
        assert said.startswith("http://127.0.0.1:8025/welcome?token=")
        assert (await shell.run("tenant", "create", "default"))[0] == 0
        assert (await shell.run("user", "add", EVA, says="long enough\n"))[0] == 0
        code, said = await shell.run("welcome")
        assert (code, said) == (
            REFUSED,
            "postroom: this installation has users; add one: postroom user add",
        )


async def test_users_are_changed_with_the_rules_of_the_page(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        shell = Shell(environment_of(settings, installation.sandbox))
        assert (await shell.run("tenant", "create", "default"))[0] == 0
        for words, typed in (
            (("user", "add", EVA, "--role", "operator"), "long enough\n"),
            (("user", "add", "tom@helpdesk.example"), "long enough\n"),
            (("user", "role", "tom@helpdesk.example", "reader"), ""),
            (("user", "password", "tom@helpdesk.example"), "another long one\n"),
            (("user", "forget-second-factor", "tom@helpdesk.example"), ""),
            (("user", "archive", "tom@helpdesk.example"), ""),
        ):
            code, said = await shell.run(*words, says=typed)
            assert code == 0, said
        for refused in (("role", EVA, "agent"), ("archive", EVA)):
            code, said = await shell.run("user", *refused)
            assert code == REFUSED
            assert "This is the last administrator." in said
        code, said = await shell.run("user", "role", EVA, "boss")
        assert (code, said) == (
            REFUSED,
            "postroom: no role boss; there are: reader, agent, admin, operator",
        )
        rows = await installation.rows(select(users.c.address, users.c.role, users.c.archived_at))
        assert {row.address: (row.role, row.archived_at is None) for row in rows} == {
            EVA: ("operator", True),
            "tom@helpdesk.example": ("reader", False),
        }
        kept = await installation.rows(select(audit.c.act, audit.c.done_by).order_by(audit.c.id))
        assert [row.act for row in kept] == [
            "user_added",
            "user_added",
            "role_changed",
            "password_set",
            "user_archived",
        ]
        assert {row.done_by for row in kept} == {"command line"}
