"""`postroom contact export` and `erase`: what is known of one person, who asks for it or wants it gone."""

from typing import Annotated

import typer
from rich.console import Console

from postroom.cli.erasing import confirmed
from postroom.cli.exporting import To
from postroom.cli.opening import configuring, run_in_house
from postroom.forgetting import Known, forget, known_of
from postroom.privacy import export_contact
from shared.contracts.errors import Permanent
from shared.runtime import House

console = Console(soft_wrap=True, highlight=False)
Address = Annotated[str, typer.Argument(help="such as anna@example.com")]
Tenant = Annotated[str, typer.Option(help="the tenant that knows it")]


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="What is known of one contact.")
    commands.command("export")(export)
    commands.command("erase")(erase)
    app.add_typer(commands, name="contact")


def export(address: Address, to: To, tenant: Tenant = "default") -> None:
    """Export what a contact wrote and was written, with their tickets; no internal notes."""

    async def work(house: House) -> None:
        at = address.strip().lower()
        known = await _known(house, tenant, at)
        counts = await export_contact(house, tenant, at, known, to)
        console.print(f"exported to {to}: {counts['mails']} mails")

    run_in_house(work)


def erase(
    address: Address,
    tenant: Tenant = "default",
    yes: Annotated[
        str | None, typer.Option(help="the address again, instead of typing it when asked")
    ] = None,
) -> None:
    """Erase a contact: their mails become stubs, their tickets stay. What goes is told before."""

    async def work(house: House) -> None:
        at = address.strip().lower()
        known = await _known(house, tenant, at)
        for name, count in known.found.items():
            console.print(f"{count} {name}")
        confirmed(at, yes.strip().lower() if yes else yes, "the contact and their mails")
        receipt = await forget(house, tenant, at, known)
        console.print(f"erased; receipt {receipt}")
        if known.on_their_way:
            console.print(f"{known.on_their_way} messages about them are on their way: run it once more")

    run_in_house(work)


async def _known(house: House, tenant: str, address: str) -> Known:
    if "@" not in address:
        raise Permanent(f"{address!r} is not an address", code="address")
    async with configuring(house, tenant):
        pass
    return await known_of(house, tenant, address)
