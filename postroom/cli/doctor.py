"""`postroom doctor`: what is wrong with a mailbox, and what to do about it."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy import select

from postroom.cli.opening import enabled_tenants, run_in_house
from services.ingest.examining import findings, standing_of
from services.ingest.repository import authors
from services.ingest.subscribing import Hooks
from shared.connecting import MailboxRow, mailbox_row
from shared.contracts.errors import Permanent
from shared.plugins.mailboxes import Finding, Verdict
from shared.runtime import House
from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant

AT_ONCE = 4
SIGNS = {
    Verdict.OK: "[green]ok[/]",
    Verdict.WARNING: "[yellow]warning[/]",
    Verdict.FAILED: "[red]failed[/]",
    Verdict.SKIPPED: "[dim]skipped[/]",
}
console = Console(soft_wrap=True, highlight=False)


@dataclass(frozen=True)
class Examined:
    """All that was found about one mailbox."""

    tenant: str
    mailbox: str
    findings: Sequence[Finding]

    @property
    def verdict(self) -> Verdict:
        """The worst of all."""
        found = {finding.verdict for finding in self.findings}
        return next((one for one in (Verdict.FAILED, Verdict.WARNING) if one in found), Verdict.OK)


def add_to(app: typer.Typer) -> None:
    app.command("doctor")(doctor)


def doctor(
    tenant: Annotated[str | None, typer.Argument(help="one tenant; none: all")] = None,
    mailbox: Annotated[str | None, typer.Argument(help="one address; none: all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="for programs")] = False,  # noqa: FBT002
    send: Annotated[  # noqa: FBT002
        bool, typer.Option("--send", help="let a probe leave, to the mailbox itself")
    ] = False,
) -> None:
    """Examine mailboxes: sign-in, each permission by itself, folders, clock. Exits with 1 when one failed."""
    examined: list[Examined] = []

    async def work(house: House) -> None:
        examined.extend(await _examine_all(house, tenant, mailbox, send=send, aloud=not as_json))

    run_in_house(work)
    if as_json:
        told = [{**asdict(one), "verdict": one.verdict} for one in examined]
        typer.echo(json.dumps(told, indent=2))
    if any(one.verdict is Verdict.FAILED for one in examined):
        raise typer.Exit(1)


async def _examine_all(
    house: House, tenant: str | None, mailbox: str | None, *, send: bool, aloud: bool
) -> list[Examined]:
    connections = house.connections()
    chosen = [row for each in await enabled_tenants(house, tenant) for row in await _mailboxes(house, each)]
    chosen = [row for row in chosen if mailbox in {None, row.address}]
    if not chosen:
        raise Permanent(f"no mailbox {mailbox or ''} to examine; add one on the desk's page Mailboxes")
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(row: MailboxRow) -> Examined:
        async with turn:
            known, writing = await _standing(house, row)
            found = [finding async for finding in findings(connections, row, writing, send=send)]
        examined = Examined(row.tenant, row.address, [*known, *found])
        if aloud:
            _show(examined)
        return examined

    try:
        return await asyncio.gather(*(one(row) for row in chosen))
    finally:
        await connections.close()


async def _mailboxes(house: House, tenant: str) -> list[MailboxRow]:
    async with in_tenant(house.engine("ingest"), tenant) as db:
        mine = select(mailboxes.c.id).where(mailboxes.c.tenant == tenant, mailboxes.c.archived_at.is_(None))
        ids: list[UUID] = list(await db.scalars(mine.order_by(mailboxes.c.address)))
        rows = [await mailbox_row(db, tenant, each) for each in ids]
    return [row for row in rows if row is not None]


async def _standing(house: House, row: MailboxRow) -> tuple[Sequence[Finding], tuple[str, ...] | None]:
    """How ingest stands to it, and who writes through it under an address of their own."""
    async with in_tenant(house.engine("ingest"), row.tenant) as db:
        known = await standing_of(db, row, Hooks(house.settings.public_url))
        return known, await authors(db, row.tenant)


def _show(examined: Examined) -> None:
    console.print(f"[bold]{examined.tenant} {examined.mailbox}[/]: {SIGNS[examined.verdict]}")
    for finding in examined.findings:
        code = f"[{finding.code}] " if finding.code and finding.code not in finding.found else ""
        console.print(f"  {SIGNS[finding.verdict]}  {finding.check}: ", end="")
        console.print(f"{code}{finding.found}", markup=False)
        if finding.remedy:
            console.print(f"      {finding.remedy}", markup=False)
        if finding.request_id:
            console.print(f"      request-id {finding.request_id}", markup=False)
