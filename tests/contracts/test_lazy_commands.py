"""A command imports the one module that has it, so the table of commands must tell the truth."""

import sys
from subprocess import run

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from postroom.cli.app import COMMANDS, app_of


@pytest.mark.parametrize("module", COMMANDS)
def test_a_module_has_the_commands_that_it_is_imported_for(module: str) -> None:
    command = get_command(app_of([module]))
    assert isinstance(command, TyperGroup)
    assert tuple(command.commands) == COMMANDS[module]


def test_reading_a_mail_imports_neither_desk_nor_database() -> None:
    asked = "import sys; from postroom.cli.app import app_of; app_of(['parsing']); print(*sys.modules)"
    command = [sys.executable, "-c", asked]
    told = run(command, check=True, capture_output=True, text=True)  # noqa: S603 - our own words
    loaded = set(told.stdout.split())
    assert "services.parser.parsing" in loaded
    assert not loaded & {"fastapi", "sqlalchemy", "services.desk"}
