"""`postroom scan`, `prune`, `mail`: what cron may run every minute, in parallel and twice, with or without
running services. Each runs the service's own sweep in this process, and relays what it told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import func, select

from postroom.together import SERVICES
from services.ticketing.sweeping import prune_tenant
from shared.contracts.errors import Permanent
from shared.messaging.topology import parts_for
from shared.observability.logging import set_up_logging
from shared.runtime import House
from shared.settings import ProcessSettings
from shared.storage.config import mailboxes, tenants
from shared.storage.engine import in_tenant, sweeping
from shared.storage.ingest import cursors
from shared.storage.migrating import require_current_schema
from shared.storage.options import options_of
from shared.storage.secrets import Keys
from shared.storage.sending import mails as outgoing

console = Console()
Tenant = Annotated[str | None, typer.Argument(help="one tenant; none: all")]


def add_to(app: typer.Typer) -> None:
    app.command("scan")(scan)
    app.command("prune")(prune)
    app.command("mail")(mail)


def scan(
    tenant: Tenant = None,
    mailbox: Annotated[str | None, typer.Argument(help="one address; none: all")] = None,
    force: Annotated[bool, typer.Option("--force", help="ignore the cooldown")] = False,  # noqa: FBT002
) -> None:
    """Scan mailboxes now. One inside its cooldown (mail_scan_frequency) is skipped, and named."""
    _run(lambda house: _scan(house, tenant, mailbox, force=force))


def prune(tenant: Tenant = None) -> None:
    """Close tickets that are inactive, and remind before that, as the settings say."""
    _run(lambda house: _prune(house, tenant))


def mail(tenant: Tenant = None) -> None:
    """Send mail that is due."""
    _run(lambda house: _mail(house, tenant))


async def _scan(house: House, tenant: str | None, mailbox: str | None, *, force: bool) -> None:
    assembly = SERVICES["ingest"](house)
    sweeps = {sweep.name: sweep.step for sweep in assembly.service.sweeps}
    await sweeps["enlist"](**parts_for(sweeps["enlist"], assembly.parts))
    found = False
    for each in await _tenants(house, tenant):
        async with in_tenant(house.engine("ingest"), each) as db:
            rows = (
                await db.execute(
                    select(mailboxes.c.address, cursors.c.id, cursors.c.due_at, cursors.c.lease_until)
                    .join(cursors, cursors.c.id == mailboxes.c.id)
                    .where(mailboxes.c.tenant == each, mailboxes.c.enabled, mailboxes.c.archived_at.is_(None))
                )
            ).all()
            for row in rows:
                if mailbox not in (None, row.address):
                    continue
                found = True
                if row.due_at > house.clock() and not force:
                    console.print(
                        f"{each} {row.address}: skipped, inside its cooldown until {row.due_at:%H:%M:%S} UTC"
                    )
                    continue
                await db.execute(cursors.update().where(cursors.c.id == row.id).values(due_at=house.clock()))
                console.print(f"{each} {row.address}: scanning")
    if mailbox is not None and not found:
        raise Permanent(f"no enabled mailbox {mailbox}; add it on the mailboxes page", code="no_mailbox")
    for name in ("poll", "fetch", "settle"):
        while await sweeps[name](**parts_for(sweeps[name], assembly.parts)):
            pass


async def _prune(house: House, tenant: str | None) -> None:
    units = house.units("ticketing")
    for each in await _tenants(house, tenant):
        async with in_tenant(units.engine, each) as db:
            wanted = (await options_of(db, each)).close_inactive_tickets
        if not wanted:
            console.print(f"{each}: close_inactive_tickets is off")
            continue
        reminded, closed = await prune_tenant(units, each)
        console.print(f"{each}: {reminded} reminded, {closed} closed")


async def _mail(house: House, tenant: str | None) -> None:
    assembly = SERVICES["mailer"](house)
    send = assembly.service.sweeps[0].step
    sent = 0
    while done := await send(**parts_for(send, assembly.parts)):
        sent += done
    for each in await _tenants(house, tenant):
        async with in_tenant(house.engine("mailer"), each) as db:
            planned = select(func.count()).select_from(outgoing).where(outgoing.c.state == "planned")
            console.print(f"{each}: {(await db.execute(planned)).scalar_one()} planned")
    console.print(f"{sent} due")


async def _tenants(house: House, tenant: str | None) -> list[str]:
    async with sweeping(house.engine("ingest")) as db:
        rows = await db.execute(select(tenants.c.id).where(~tenants.c.suspended).order_by(tenants.c.id))
        everybody = [row.id for row in rows]
    if tenant is not None and tenant not in everybody:
        raise Permanent(f"no tenant {tenant}; there are: {', '.join(everybody) or 'none'}", code="no_tenant")
    return [tenant] if tenant else everybody


def _run(work: Callable[[House], Awaitable[None]]) -> None:
    settings = ProcessSettings()
    set_up_logging("warning", "console")

    async def here() -> None:
        async with _house(settings) as house:
            await work(house)

    asyncio.run(here())


@asynccontextmanager
async def _house(settings: ProcessSettings) -> AsyncIterator[House]:
    house = House(settings, Keys.load(settings.home))
    try:
        await house.open(database=True)
        await require_current_schema(house.engine("desk"))
        yield house
    finally:
        await house.close()
