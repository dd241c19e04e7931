"""`postroom tenant`: isolated customers of one installation, made, listed, suspended, resumed."""

import json as jsonlib
from dataclasses import asdict, dataclass
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from postroom.cli.erasing import erase
from postroom.cli.exporting import export
from postroom.cli.opening import configuring, run_in_house
from postroom.cli.quotas import Quota, quota, quota_of
from services.desk.configuration.people import add_tenant
from services.desk.configuration.tenants import set_suspended
from shared.blobs.store import TENANT
from shared.contracts.errors import Permanent
from shared.runtime import House
from shared.storage.config import mailboxes, tenants, users
from shared.storage.engine import in_tenant, sweeping
from shared.storage.ingest import mails as ledger
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import contacts, tickets

console = Console(stderr=True)
table = Console(soft_wrap=True, highlight=False)
DEFAULT = "default"
Name = Annotated[str, typer.Argument(help="its short name, such as `default`")]
COUNTED: dict[str, Table] = {
    "users": users,
    "mailboxes": mailboxes,
    "tickets": tickets,
    "contacts": contacts,
    "mails": ledger,
    "outgoing": outgoing,
}


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="Isolated customers of this installation.")
    commands.command("create")(create)
    commands.command("list")(show)
    commands.command("quota")(quota)
    commands.command("suspend")(suspend)
    commands.command("resume")(resume)
    commands.command("export")(export)
    commands.command("erase")(erase)
    app.add_typer(commands, name="tenant")


@dataclass(frozen=True)
class Standing:
    """How a tenant stands, and how much it has."""

    tenant: str
    name: str
    state: str
    counts: dict[str, int]
    quota: Quota


def create(
    tenant: Name = DEFAULT,
    name: Annotated[str | None, typer.Option(help="the name that people read")] = None,
) -> None:
    """Create a tenant. One that is there stays as it is."""
    if not TENANT.fullmatch(tenant):
        raise Permanent(f"{tenant!r} cannot name a tenant: use letters, digits, dots, hyphens", code="tenant")

    async def work(house: House) -> None:
        async with in_tenant(house.engine("desk"), tenant) as db:
            made = await add_tenant(db, tenant, name or tenant.capitalize(), at=house.clock())
            if not made:
                await _must_live(db, tenant)
        console.print(f"tenant {tenant}: {'created' if made else 'is there already'}")

    run_in_house(work)


def show(json: Annotated[bool, typer.Option("--json", help="an object a line")] = False) -> None:  # noqa: FBT002 - an option of the command
    """List every tenant, whether it is suspended, how much it has and may have."""

    async def work(house: House) -> None:
        for tenant in await every_tenant(house):
            standing = await _standing(house, tenant)
            counted = ", ".join(f"{count} {what}" for what, count in standing.counts.items())
            text = f"{standing.tenant} ({standing.name}): {standing.state}; {counted}; {standing.quota}"
            table.print(jsonlib.dumps(asdict(standing)) if json else text, markup=False)

    run_in_house(work)


def suspend(tenant: Name) -> None:
    """Fetch, send and sweep nothing for a tenant and let nobody sign in; what it has waits."""
    _set(tenant, suspended=True)


def resume(tenant: Name) -> None:
    """Go on with a tenant where it was suspended."""
    _set(tenant, suspended=False)


async def every_tenant(house: House) -> list[str]:
    async with sweeping(house.engine("desk")) as db:
        return list(await db.scalars(select(tenants.c.id).order_by(tenants.c.id)))


def _set(tenant: str, *, suspended: bool) -> None:
    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            await _must_live(db, tenant)
            changed = await set_suspended(db, tenant, suspended=suspended)
        state = "suspended" if suspended else "active"
        console.print(f"tenant {tenant}: {state if changed else f'is {state} already'}")

    run_in_house(work)


async def _must_live(db: AsyncConnection, tenant: str) -> None:
    found = await db.execute(select(tenants.c.erased_at).where(tenants.c.id == tenant))
    if (erased_at := found.scalar_one()) is not None:
        raise Permanent(
            f"{tenant} was erased on {erased_at:%Y-%m-%d}, and its name is not given again; take another one",
            code="erased",
        )


async def _standing(house: House, tenant: str) -> Standing:
    async with in_tenant(house.engine("desk"), tenant) as db:
        row = (await db.execute(select(tenants).where(tenants.c.id == tenant))).one()
        limits = await quota_of(db, tenant)
        counts = {
            what: (await db.execute(select(func.count()).where(counted.c.tenant == tenant))).scalar_one()
            for what, counted in COUNTED.items()
        }
    state = "erased" if row.erased_at else "suspended" if row.suspended else "active"
    return Standing(tenant, row.name, state, counts, limits)
