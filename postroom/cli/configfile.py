"""`postroom config example` and `check`: the file of resources, actions and filters of your own."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from shared.contracts.errors import Permanent
from shared.plugins.configured import VARIABLE, configured, require_configuration

console = Console(soft_wrap=True, highlight=False)

EXAMPLE = """\
# Resources, actions and filters of your own. Name this file in POSTROOM_CONFIG, for every service, and start
# them anew: a class is loaded once. `postroom config check` says what is wrong with it.

# Who employees, contacts and organizations are (docs/resources.md). NAME = "module:Class"; the class has
# find_by_address, find_by_domain or both, and its package is installed beside Postroom.
[resources]
# crm = "my_package.crm:CrmResource"
# Plug-ins that are no longer asked; the built-in ones are employee, contact, organization.
# replace = ["contact", "organization"]

# What triggers can do besides sending a mail and changing a field: classes of the interface ActionType
# (shared/plugins/actions.py). A trigger names an action by the name on the left.
[actions]
# escalate = "my_package.actions:Escalate"

# Where the quoted part of a mail begins. Nothing is destroyed: what is cut stays one click away.
[filters]
# Whole lines, whatever their case. {who}, {when} and {address} stand for what differs.
# strings = ["Ticket history", "{who} schreef op {when}:"]
# Regular expressions, found in lines of at most 250 characters. One that could take too long is refused.
# regexes = ['^={3,} *Conversation [0-9]+ *={3,}$']
# true: these alone, without the built-in words of eighteen languages.
# replace = false
"""


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(
        no_args_is_help=True, help="The file of resources, actions and filters of your own."
    )
    commands.command("example")(example)
    commands.command("check")(check)
    app.add_typer(commands, name="config")


def example() -> None:
    """Print a file to begin with, every line of it explained."""
    sys.stdout.write(EXAMPLE)


def check(
    file: Annotated[Path | None, typer.Argument(help="another file than the one that is configured")] = None,
) -> None:
    """Read the configuration file and load every class that it names."""
    if file is not None:
        os.environ[VARIABLE] = str(file)
    if not os.environ.get(VARIABLE):
        raise Permanent(
            f"no file: set {VARIABLE}, or name one; postroom config example prints one", code="config"
        )
    found = require_configuration()
    for table in (found.resources, found.actions):
        for name, path in table.classes.items():
            console.print(f"{name} = {path}: loaded", markup=False)
    filters = configured().filters
    console.print(f"{len(filters.strings)} strings and {len(filters.regexes)} regular expressions: valid")
