"""`postroom scan`, `prune`, `mail`: what cron may run every minute, in parallel and twice, with or without
running services. Each runs the service's own sweep in this process, and relays what it told."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy import select

from postroom.cli.foretelling import foretell
from postroom.cli.mailing import send_due
from postroom.cli.opening import enabled_tenants, run_in_house
from postroom.together import SERVICES
from services.ingest.polling import enlist, hasten
from services.ingest.secrets import watch_secrets
from services.ticketing.sweeping import prune_tenant
from shared.contracts.errors import Permanent, Transient
from shared.messaging.claiming import Claiming
from shared.messaging.rabbit import RabbitTransport
from shared.messaging.relay import relay_once
from shared.messaging.topology import parts_for
from shared.runtime import House
from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors
from shared.storage.ingest import mails as ledger

console = Console(soft_wrap=True, highlight=False)
Tenant = Annotated[str | None, typer.Argument(help="one tenant; none: all")]
Forecast = Annotated[bool, typer.Option("--forecast", help="tell what will be done, and do nothing")]


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
    _sweep(lambda house: _scan(house, tenant, mailbox, force=force))


def prune(
    tenant: Tenant = None,
    forecast: Forecast = False,  # noqa: FBT002
    days: Annotated[int, typer.Option(min=0, max=365, help="how far to look, with --forecast")] = 14,
    json: Annotated[bool, typer.Option("--json", help="an object a line, with --forecast")] = False,  # noqa: FBT002
) -> None:
    """Close tickets that are inactive, and remind before that, as the settings say."""
    if forecast:
        run_in_house(lambda house: foretell(house, tenant, timedelta(days=days), json=json))
    else:
        _sweep(lambda house: _prune(house, tenant))


def mail(tenant: Tenant = None) -> None:
    """Send mail that is due; say what was sent, and what was not and why."""
    _sweep(lambda house: send_due(house, tenant))


@dataclass(frozen=True)
class Scanned:
    """A mailbox that this command scans."""

    tenant: str
    id: UUID
    address: str


async def _scan(house: House, tenant: str | None, mailbox: str | None, *, force: bool) -> None:
    assembly = SERVICES["ingest"](house)
    await enlist(**parts_for(enlist, assembly.parts))
    await hasten(**parts_for(hasten, assembly.parts))
    begun = house.clock()
    chosen, skipped = await _make_due(house, await enabled_tenants(house, tenant), mailbox, force=force)
    if mailbox is not None and not chosen and not skipped:
        raise Permanent(f"no enabled mailbox {mailbox}; add it on the mailboxes page", code="no_mailbox")
    while any([await Claiming(assembly, work).once() for work in assembly.service.due]):
        pass
    await watch_secrets(**parts_for(watch_secrets, assembly.parts))
    if not all([await _report(house, each, begun) for each in chosen]):
        raise Transient("a mailbox could not be scanned", code="scan")


async def _make_due(
    house: House, among: list[str], mailbox: str | None, *, force: bool
) -> tuple[list[Scanned], int]:
    """Make mailboxes due now and return them, with the number of those inside their cooldown."""
    chosen: list[Scanned] = []
    skipped = 0
    for tenant in among:
        async with in_tenant(house.engine("ingest"), tenant) as db:
            enabled = select(cursors.c.id, cursors.c.due_at, mailboxes.c.address).where(
                mailboxes.c.tenant == tenant, mailboxes.c.enabled, mailboxes.c.archived_at.is_(None)
            )
            for row in await db.execute(
                enabled.join_from(mailboxes, cursors, cursors.c.id == mailboxes.c.id)
            ):
                if mailbox not in (None, row.address):
                    continue
                if row.due_at > house.clock() and not force:
                    skipped += 1
                    until = f"{row.due_at:%H:%M:%S} UTC"
                    console.print(f"{tenant} {row.address}: skipped, inside its cooldown until {until}")
                    continue
                await db.execute(cursors.update().where(cursors.c.id == row.id).values(due_at=house.clock()))
                chosen.append(Scanned(tenant, row.id, row.address))
    return chosen, skipped


async def _report(house: House, scanned: Scanned, begun: datetime) -> bool:
    """Say what came of scanning a mailbox. False: it failed."""
    async with in_tenant(house.engine("ingest"), scanned.tenant) as db:
        cursor = (await db.execute(select(cursors).where(cursors.c.id == scanned.id))).one()
        new = select(ledger.c.state).where(ledger.c.mailbox == scanned.id, ledger.c.listed_at >= begun)
        states = list(await db.scalars(new))
    waiting = states.count("listed")
    text = f"{len(states)} new" + (f", {waiting} of them not fetched yet" if waiting else "")
    if cursor.error_code is not None:
        text = f"failed, {cursor.error_code}: {cursor.error_text}"
    elif cursor.last_scan_at is None or cursor.last_scan_at < begun:
        text = "another process scans it"
    console.print(f"{scanned.tenant} {scanned.address}: {text}")
    return cursor.error_code is None


async def _prune(house: House, tenant: str | None) -> None:
    units = house.units("ticketing")
    for each in await enabled_tenants(house, tenant):
        done = await prune_tenant(units, each)
        while done.paused and await relay(house):
            done = done.then(await prune_tenant(units, each))
        told = (
            f"{done.reminded} reminded, {done.closed} closed" if done.on else "close_inactive_tickets is off"
        )
        rest = "; the rest waits until the services have heard of these" if done.paused else ""
        console.print(f"{each}: {told}{rest}")


def _sweep(work: Callable[[House], Awaitable[None]]) -> None:
    async def and_relay(house: House) -> None:
        try:
            await work(house)
        finally:
            await relay(house)

    run_in_house(and_relay)


async def relay(house: House) -> int:
    """Publish what waits in the outbox, and say how much went. On the embedded transport the tables are the
    queues: whatever runs takes it from there."""
    moved = 0
    if house.settings.broker_url is None or house.settings.transport != "rabbit":
        return moved
    transport = RabbitTransport(house.settings.broker_url)
    await transport.start([])
    try:
        while some := await relay_once(house.engine("desk"), transport):
            moved += some
    finally:
        await transport.stop()
    return moved
