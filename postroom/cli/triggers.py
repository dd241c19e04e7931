"""`postroom trigger add` and `list`: when something happens to a ticket, do something."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError
from rich.console import Console
from sqlalchemy import select

from postroom.cli.opening import configuring, run_in_house
from postroom.cli.settings import BY
from services.desk.configuration.remembering import Made
from services.desk.configuration.sealing import sealed_settings
from services.desk.configuration.triggers import TriggerSettings, add_trigger
from services.desk.forms.plugins import problems_of
from shared.contracts.errors import Permanent
from shared.contracts.triggers import TriggerType
from shared.runtime import House
from shared.storage.config import triggers

console = Console(soft_wrap=True, highlight=False)
Tenant = Annotated[str, typer.Option(help="the tenant it belongs to")]
DEFAULT = "default"


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="What happens by itself.")
    commands.command("add")(add)
    commands.command("list")(show)
    app.add_typer(commands, name="trigger")


def add(  # noqa: PLR0917 - typer reads the parameters as the command's options
    name: Annotated[str, typer.Argument(help="as people read it")],
    on: Annotated[TriggerType, typer.Option(help="what has to happen")],
    action: Annotated[str, typer.Option(help="the plug-in that acts")] = "send_email",
    when: Annotated[
        list[str] | None, typer.Option("--when", help="NAME=VALUE of what happens, such as kinds=both")
    ] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE of the action")] = None,
    tenant: Tenant = DEFAULT,
) -> None:
    """Add a trigger; it is active at once."""
    try:
        wanted = TriggerSettings.model_validate(
            {"name": name, "when": {**_pairs(when), "type": on}, "action": action, "params": _pairs(setting)}
        )
    except ValidationError as error:
        raise _refused(error) from error

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            try:
                safe = sealed_settings(wanted, house.keys.sealer("webhook").seal)
                await add_trigger(db, tenant, safe, Made(BY, datetime.now(UTC)))
            except ValidationError as error:
                raise _refused(error) from error
        console.print(f"trigger {wanted.name}: added to tenant {tenant}")

    run_in_house(work)


def show(tenant: Tenant = DEFAULT) -> None:
    """List the triggers of a tenant."""

    async def work(house: House) -> None:
        query = select(triggers).where(triggers.c.tenant == tenant, triggers.c.archived_at.is_(None))
        async with configuring(house, tenant) as db:
            for row in await db.execute(query.order_by(triggers.c.position, triggers.c.name)):
                state = "active" if row.enabled else "off"
                console.print(f"{row.name}: {row.type}, {row.action}, {state}", markup=False)

    run_in_house(work)


def _pairs(given: list[str] | None) -> Mapping[str, JsonValue]:
    pairs = [text.partition("=") for text in given or []]
    if wrong := [name for name, separator, _ in pairs if not separator]:
        raise typer.BadParameter(f"write NAME=VALUE, not {wrong[0]!r}")
    return {name: value for name, _, value in pairs}


def _refused(error: ValidationError) -> Permanent:
    told = "; ".join(f"{name}: {problem}" for name, problem in problems_of(error).items())
    return Permanent(f"the trigger is not valid: {told}", code="trigger")
