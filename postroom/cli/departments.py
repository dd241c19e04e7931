"""`postroom department add` and `list`."""

import json as jsonlib
import re
from typing import Annotated

import typer
from rich.console import Console

from postroom.cli.opening import configuring, run_in_house
from postroom.cli.settings import BY
from services.desk.configuration.departments import KEY, KeyTaken, new_department
from services.desk.configuration.remembering import Made
from services.desk.queries.departments import department_rows
from services.desk.queries.reading import Reading
from shared.contracts.errors import Permanent
from shared.runtime import House

console = Console(stderr=True, soft_wrap=True, highlight=False)
out = Console(soft_wrap=True, highlight=False)
Tenant = Annotated[str, typer.Option(help="the tenant it belongs to")]
DEFAULT = "default"


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="Who tickets belong to.")
    commands.command("add")(add)
    commands.command("list")(show)
    app.add_typer(commands, name="department")


def add(
    key: Annotated[str, typer.Argument(help="by which settings name it, such as backend")],
    name: Annotated[str, typer.Option(help="as people read it")] = "",
    tenant: Tenant = DEFAULT,
) -> None:
    """Add a department."""
    if not re.fullmatch(KEY, key):
        raise Permanent(f"{key!r} is no key: use a-z, 0-9, - and _", code="department")

    async def work(house: House) -> None:
        try:
            async with configuring(house, tenant) as db:
                await new_department(db, tenant, key, name or key.capitalize(), Made(BY, house.clock()))
        except KeyTaken as error:
            raise Permanent(f"tenant {tenant} has a department {key} already", code="key_taken") from error
        console.print(f"department {key}: added to tenant {tenant}", markup=False)

    run_in_house(work)


def show(
    tenant: Tenant = DEFAULT,
    json: Annotated[bool, typer.Option("--json", help="an object a line")] = False,  # noqa: FBT002 - an option
) -> None:
    """List the departments of a tenant, the archived ones last."""

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            rows = await department_rows(Reading(db, tenant))
        for row in rows:
            facts = {"key": row.key, "name": row.name, "archived": row.archived_at is not None}
            text = f"{row.key}: {row.name}{', archived' if row.archived_at else ''}"
            out.print(jsonlib.dumps(facts) if json else text, markup=False)

    run_in_house(work)
