"""`postroom settings` and `prune --forecast`: read, set, import, history; nothing is changed by halves."""

import json
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from shared.settings import ProcessSettings
from shared.storage.config import option_history
from shared.storage.engine import in_tenant
from shared.storage.tickets import tickets
from tests.installation import TENANT, Installation, environment_of, installed
from tests.service.desk.test_options_refused import WRONG
from tests.system.shell import REFUSED, Shell


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


async def silent_ticket(installation: Installation, number: int, days: int) -> None:
    at = installation.house.clock() - timedelta(days=days)
    clocks = dict.fromkeys(("created_at", "changed_at", "last_person_post_at"), at)
    row = {"id": uuid4(), "tenant": TENANT, "number": number, "subject": "x", "status": "open"}
    row |= {"kind": "external", "category": "open"}
    async with in_tenant(installation.house.engine("ticketing"), TENANT) as db:
        await db.execute(insert(tickets).values(**row, **clocks))


async def test_settings_are_read_set_and_put_back(settings: ProcessSettings) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        shell = Shell(environment_of(settings, installation.sandbox))
        added = await shell.run("department", "add", "backend", "--name", "Backend")
        assert added == (0, f"department backend: added to tenant {TENANT}")
        assert await shell.run("department", "list") == (0, "backend: Backend")
        assert (await shell.run("department", "add", "backend"))[0] == REFUSED
        assert await shell.run("settings", "set", "max_file_size", "30 MB") == (0, "default: max_file_size")
        assert await shell.run("settings", "get", "max_file_size") == (0, "30000000")
        assert (await shell.run("settings", "set", "max_file_size", "30MB"))[1] == "default: nothing differs"
        backend = ("--department", "backend")
        await shell.run("settings", "set", "close_ticket_after_days", "7", *backend)
        assert (
            "close_ticket_after_days = 7 (department)" in (await shell.run("settings", "list", *backend))[1]
        )
        listed = json.loads((await shell.run("settings", "list", "--json"))[1])
        assert (listed["close_ticket_after_days"], listed["max_file_size"]) == (14, 30_000_000)
        await shell.run("settings", "set", "close_ticket_after_days", "--reset", *backend)
        _, told = await shell.run("settings", "history")
        assert "the command line: close_ticket_after_days of backend 7 -> null" in told
        for words, said in (
            (("set", "max_file_size", "much"), "nothing was set: max_file_size: 'much' is not a size"),
            (("set", "nonsense", "1"), "no option nonsense; there are: load_full_timeline"),
            (("get", "nonsense"), "no option nonsense"),
            (("set", "max_file_size", "1", *backend), "for the whole tenant"),
            (("list", "--department", "nowhere"), "no department nowhere"),
            (("list", "--tenant", "nobody"), "no tenant nobody"),
        ):
            code, told = await shell.run("settings", *words)
            assert (code, said in told) == (REFUSED, True), told


async def test_an_import_is_whole_or_nothing_and_asks_before_it_closes(
    settings: ProcessSettings, tmp_path: Path
) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        await silent_ticket(installation, 1, 20)
        shell = Shell(environment_of(settings, installation.sandbox))
        file = tmp_path / "tickets.yaml"
        doubled = (
            "response_to_closed_ticket_action: create new ticket\nresponse_to_closed_ticket_action: true\n"
        )
        for text, words in (
            (f"{doubled}colour: blue\n", "nothing was set: colour: There is no option of this name."),
            (f"{doubled}mail_scan_frequency: often\n", "mail_scan_frequency: "),
            (f"{doubled}send_ticket_close_reminder: true\nreminder_before_ticket_close_days: 20\n",
             "eminder_before_ticket_close_days must be less than close_ticket_after_days"),
            (doubled, "1 ticket closed at once (#1); add --yes"),
        ):  # fmt: skip
            file.write_text(text)
            code, told = await shell.run("settings", "import", str(file))
            assert (code, words in told) == (REFUSED, True), told
        assert await installation.rows(select(option_history.c.name)) == []
        code, told = await shell.run("settings", "import", str(file), "--yes")
        assert (code, told) == (0, "default: response_to_closed_ticket_action, close_inactive_tickets")
        _, told = await shell.run("settings", "get", "response_to_closed_ticket_action")
        assert told == '"create_new_ticket"'
        _, told = await shell.run("prune", "--forecast")
        assert "default: #1 closing " in told
        assert "closes after 14 days default: 1 reminders and closings within 14 days" in told
        _, told = await shell.run("prune", "--forecast", "--json")
        assert (json.loads(told)["number"], json.loads(told)["what"]) == (1, "closing")
        assert (await shell.run("prune"))[1] == "default: 0 reminded, 1 closed"


async def test_a_wrong_value_of_any_option_is_refused_by_name_and_nothing_is_set(
    settings: ProcessSettings, tmp_path: Path
) -> None:
    async with installed(settings) as installation:
        await installation.set_up()
        shell = Shell(environment_of(settings, installation.sandbox))
        file = tmp_path / "settings.json"
        file.write_text(json.dumps({name: values[0] for name, values in WRONG.items()}))
        code, told = await shell.run("settings", "import", str(file))
        assert (code, "nothing was set: " in told) == (REFUSED, True), told
        assert [name for name in WRONG if f"{name}: " not in told] == []
        assert await installation.rows(select(option_history.c.name)) == []
