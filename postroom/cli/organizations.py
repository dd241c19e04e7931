"""`postroom organization`: organizations and domains; a domain applied to the tickets that are there."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from postroom.cli.opening import configuring, run_in_house
from postroom.cli.sweeping import relay
from postroom.together import SERVICES
from services.desk.queries.organizations import organizations_page, preview_of
from services.desk.queries.reading import Reading
from services.ticketing import organizations
from services.ticketing.organizations import Answer
from shared.contracts.errors import Permanent
from shared.contracts.people import ApplyDomain, ChangeOrganization, CreateOrganization
from shared.contracts.tickets import Actor
from shared.domains import as_kept, why_not
from shared.messaging.claiming import Claiming
from shared.messaging.unit import Unit
from shared.runtime import House

console = Console(soft_wrap=True, highlight=False)
DEFAULT = "default"
PAGE = 500
BY = Actor(name="an administrator")
Tenant = Annotated[str, typer.Option(help="the tenant it belongs to")]
Which = Annotated[UUID, typer.Argument(help="its id, as the list shows it")]
Domains = Annotated[list[str], typer.Argument(help="such as acme.example")]


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="Organizations and their domains.")
    named: dict[str, Callable[..., None]] = {
        "list": show,
        "create": create,
        "rename": rename,
        "add-domain": add_domains,
        "remove-domain": remove_domains,
        "preview": preview,
        "apply": apply,
    }
    for name, command in named.items():
        commands.command(name)(command)
    app.add_typer(commands, name="organization")


def show(
    tenant: Tenant = DEFAULT,
    as_json: Annotated[bool, typer.Option("--json", help="an object a line")] = False,  # noqa: FBT002
) -> None:
    """List organizations with their domains."""

    async def work(house: House) -> None:
        after: UUID | None = None
        while True:
            async with configuring(house, tenant) as db:
                page = await organizations_page(Reading(db, tenant), "", after, PAGE)
            for one in page:
                domains = ", ".join(one.domains) or "no domain"
                text = json.dumps(asdict(one), default=str) if as_json else f"{one.id}  {one.name}  {domains}"
                console.print(text, markup=False)
            if len(page) < PAGE:
                return
            after = page[-1].id

    run_in_house(work)


def create(
    name: Annotated[str, typer.Argument()],
    domains: Annotated[list[str] | None, typer.Argument(help="such as acme.example")] = None,
    tenant: Tenant = DEFAULT,
) -> None:
    """Enter an organization with its domains; print its id."""
    command = CreateOrganization(tenant=tenant, called=name, domains=tuple(domains or ()), actor=BY)
    _do(tenant, lambda unit: organizations.create(unit, command))


def rename(organization: Which, name: Annotated[str, typer.Argument()], tenant: Tenant = DEFAULT) -> None:
    """Rename an organization."""
    command = ChangeOrganization(tenant=tenant, organization=organization, called=name, actor=BY)
    _do(tenant, lambda unit: organizations.change(unit, command))


def add_domains(organization: Which, domains: Domains, tenant: Tenant = DEFAULT) -> None:
    """Give an organization domains: all of them, or none and why. New mail follows at once."""
    command = ChangeOrganization(tenant=tenant, organization=organization, add=tuple(domains), actor=BY)
    _do(tenant, lambda unit: organizations.change(unit, command))


def remove_domains(organization: Which, domains: Domains, tenant: Tenant = DEFAULT) -> None:
    """Take domains away from an organization."""
    command = ChangeOrganization(tenant=tenant, organization=organization, remove=tuple(domains), actor=BY)
    _do(tenant, lambda unit: organizations.change(unit, command))


def preview(domain: Annotated[str, typer.Argument()], tenant: Tenant = DEFAULT) -> None:
    """Say what applying a domain to the tickets that are there would move. Nothing is changed."""
    if why := why_not(domain):
        raise Permanent(why, code="domain")

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            found = await preview_of(Reading(db, tenant), as_kept(domain))
        console.print(f"{found.tickets} tickets and {found.contacts} contacts of {found.domain} would move")
        for one in found.first:
            console.print(f"#{one.number}: {one.was or 'none'} → {one.becomes or 'none'}", markup=False)

    run_in_house(work)


def apply(domain: Annotated[str, typer.Argument()], tenant: Tenant = DEFAULT) -> None:
    """Move the contacts and tickets of a domain to the organization that has it now. Safe to run twice."""
    command = ApplyDomain(tenant=tenant, domain=domain, actor=BY)

    async def and_work(house: House) -> None:
        assembly = SERVICES["ticketing"](house)
        for work in assembly.service.due:
            if work.name == "regroup":
                while await Claiming(assembly, work).once():
                    pass

    _do(tenant, lambda unit: organizations.apply(unit, command), and_work)


def _do(
    tenant: str,
    change: Callable[[Unit], Awaitable[Answer]],
    then: Callable[[House], Awaitable[None]] | None = None,
) -> None:
    """Do it as ticketing does, with or without running services, and relay what it told."""

    async def work(house: House) -> None:
        async with configuring(house, tenant):
            pass  # it says when there is no such tenant
        async with house.units("ticketing").acting(tenant) as unit:
            answer = await change(unit)
        if "refused" in answer:
            raise Permanent(str(answer["refused"]), code="refused")
        console.print(str(answer.get("organization", "done")), markup=False)
        if then is not None:
            await then(house)
        await relay(house)

    run_in_house(work)
