"""`postroom settings`: what a tenant or a department has set, read, changed, its history, and an import."""

import json as jsonlib
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from pydantic import JsonValue
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from postroom.cli.opening import configuring, run_in_house
from services.desk.configuration.asking import Unconfirmed, set_or_ask
from services.desk.configuration.importing import Unreadable, read_settings
from services.desk.configuration.options import DEFAULTS, Saved, Wrong, as_json
from services.desk.queries.reading import Reading
from services.desk.queries.settings import department_with, option_changes
from shared.contracts.errors import Permanent
from shared.contracts.options import PER_DEPARTMENT, Options
from shared.runtime import House
from shared.storage.options import options_of, overrides_of, values_of

console = Console(stderr=True, soft_wrap=True, highlight=False)
out = Console(soft_wrap=True, highlight=False)
BY = "the command line"
Tenant = Annotated[str, typer.Option(help="the tenant it belongs to")]
Department = Annotated[str, typer.Option(help="the key of a department; none: the whole tenant")]
Json = Annotated[bool, typer.Option("--json", help="for a script")]
Reset = Annotated[bool, typer.Option("--reset", help="put it back to what counts without it")]
Yes = Annotated[bool, typer.Option("--yes", help="also when that closes or reminds tickets at once")]
Name = Annotated[str, typer.Argument(help="as the original calls it, such as max_file_size")]
DEFAULT = "default"


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="What a tenant or a department has set.")
    commands.command("list")(show)
    commands.command("get")(get)
    commands.command("set")(put)
    commands.command("history")(history)
    commands.command("import")(take)
    app.add_typer(commands, name="settings")


def show(tenant: Tenant = DEFAULT, department: Department = "", json: Json = False) -> None:  # noqa: FBT002 - an option
    """List every option, its value, and who says so: the default, the tenant or the department."""

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            own = await _department(db, tenant, department)
            values = as_json(await options_of(db, tenant, own))
            set_, overrides = await values_of(db, tenant), await overrides_of(db, tenant)
            others = overrides.get(own, {}) if own else {}
        if json:
            sys.stdout.write(jsonlib.dumps(values) + "\n")
            return
        for name, value in values.items():
            if own and name not in PER_DEPARTMENT:
                continue
            said = "department" if name in others else "tenant" if name in set_ else "default"
            out.print(f"{name} = {jsonlib.dumps(value, ensure_ascii=False)} ({said})", markup=False)

    run_in_house(work)


def get(name: Name, tenant: Tenant = DEFAULT, department: Department = "") -> None:
    """Print the value of one option, as JSON."""
    _known(name)

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            values = as_json(await options_of(db, tenant, await _department(db, tenant, department)))
        sys.stdout.write(jsonlib.dumps(values[name], ensure_ascii=False) + "\n")

    run_in_house(work)


def put(  # noqa: PLR0917 - typer reads the parameters as the command's options
    name: Name,
    value: Annotated[str, typer.Argument(help="such as 25MB, on, or a list with commas")] = "",
    tenant: Tenant = DEFAULT,
    department: Department = "",
    reset: Reset = False,  # noqa: FBT002 - an option of the command
    yes: Yes = False,  # noqa: FBT002 - as above
) -> None:
    """Set one option. What is not valid is told, and nothing is changed."""
    _known(name)
    if reset == bool(value):
        raise Permanent("give a value, or --reset", code="settings")
    _set(tenant, department, {name: None if reset else _typed(name, value)}, yes=yes)


def history(
    name: Annotated[str, typer.Argument(help="one option; none: all")] = "",
    tenant: Tenant = DEFAULT,
    department: Department = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    json: Json = False,  # noqa: FBT002 - an option of the command
) -> None:
    """List who set what and when, the newest first."""

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            own = await _department(db, tenant, department)
            changes = await option_changes(Reading(db, tenant), name=name, department=own, limit=limit)
        for each in changes:
            facts = {**asdict(each), "changed_at": each.changed_at.isoformat(timespec="seconds")}
            old, new = jsonlib.dumps(each.old), jsonlib.dumps(each.new)
            where = f"{each.name} of {each.department}" if each.department else each.name
            text = f"{facts['changed_at']} {each.changed_by}: {where} {old} -> {new}"
            out.print(jsonlib.dumps(facts) if json else text, markup=False)

    run_in_house(work)


def take(
    file: Annotated[Path, typer.Argument(help="JSON, TOML, or lines of NAME: VALUE; - is standard input")],
    tenant: Tenant = DEFAULT,
    yes: Yes = False,  # noqa: FBT002 - an option of the command
) -> None:
    """Set every option of a file, also in the spellings of the original. All of them, or none."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
        wanted = read_settings(text)
    except Unreadable as error:
        raise Permanent(f"{file}: {error}", code="settings") from error
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(f"{file} cannot be read ({type(error).__name__})", code="settings") from error
    _set(tenant, "", wanted, yes=yes)


def _set(tenant: str, department: str, wanted: dict[str, object], *, yes: bool) -> None:
    async def work(house: House) -> None:
        try:
            async with configuring(house, tenant) as db:
                own = await _department(db, tenant, department)
                done = await set_or_ask(
                    db, tenant, wanted, by=BY, at=house.clock(), department=own, confirmed=yes
                )
        except Unconfirmed as question:
            told = f"nothing was set: it would mean {question.would}; add --yes if that is wanted"
            raise Permanent(told, code="unconfirmed") from question
        match done:
            case Wrong() as wrong:
                raise Permanent(f"nothing was set: {wrong}", code="settings")
            case Saved(changed):
                told = ", ".join(changed) if changed else "nothing differs"
                console.print(f"{tenant}{f' {department}' if department else ''}: {told}", markup=False)

    run_in_house(work)


async def _department(db: AsyncConnection, tenant: str, key: str) -> UUID | None:
    found = await department_with(Reading(db, tenant), key) if key else None
    if key and found is None:
        raise Permanent(f"no department {key} in tenant {tenant}", code="no_department")
    return found


def _known(name: str) -> None:
    if name not in Options.model_fields:
        raise Permanent(f"no option {name}; there are: {', '.join(Options.model_fields)}", code="no_option")


def _typed(name: str, text: str) -> JsonValue:
    """Read a value of an argument: JSON where it is some, else as the page reads it."""
    if text[:1] in {"{", "["}:
        try:
            found: JsonValue = jsonlib.loads(text)
        except ValueError as error:
            raise Permanent(f"{name}: that is not JSON: {error}", code="settings") from error
        return found
    if isinstance(DEFAULTS[name], dict):
        pairs = (part.replace("=", ":").partition(":") for part in text.split(","))
        return {key.strip(): choice.strip() for key, _, choice in pairs}
    return text
