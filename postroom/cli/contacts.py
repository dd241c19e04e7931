"""`postroom contact export` and `erase`: what is known of one person, who asks for it or wants it gone."""

from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy import func

from postroom.cli.archives import Archive, archive_at
from postroom.cli.erasing import confirmed
from postroom.cli.exporting import VERSION, To, keep_blob
from postroom.cli.opening import configuring, run_in_house
from postroom.forgetting import Known, forget, known_of
from shared.contracts.errors import Permanent
from shared.runtime import House
from shared.storage.engine import in_tenant
from shared.storage.exporting import rows_as_json
from shared.storage.ingest import mails as ledger
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import contacts, participants, posts, tickets

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
        with archive_at(to) as archive:
            await _rows(house, tenant, at, known, archive)
            for mail, sha in await _raw(house, tenant, known.traces.mails):
                await keep_blob(house, tenant, archive, sha, file=f"mails/{mail}.eml")
            for sha in sorted(known.blobs - set(known.raw)):
                await keep_blob(house, tenant, archive, sha, file=f"blobs/{sha}")
            archive.manifest(version=VERSION, tenant=tenant, contact=at, made_at=house.clock().isoformat())
        console.print(f"exported to {to}: {archive.counts['mails']} mails")

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


async def _rows(house: House, tenant: str, address: str, known: Known, archive: Archive) -> None:
    traces, written = known.traces, known.written
    wanted = {
        contacts: contacts.c.address == address,
        tickets: tickets.c.id.in_(traces.tickets),
        posts: posts.c.id.in_(traces.posts) | posts.c.outgoing.in_(written.mails),
        participants: func.lower(participants.c.address) == address,
        ledger: ledger.c.id.in_(traces.mails),
        outgoing: outgoing.c.id.in_(written.mails),
    }
    async with in_tenant(house.engine("desk"), tenant) as db:
        for table, where in wanted.items():
            await archive.lines(table.fullname, rows_as_json(db, tenant, table, where))


async def _raw(house: House, tenant: str, wanted: tuple[UUID, ...]) -> list[tuple[UUID, str]]:
    query = ledger.select().where(ledger.c.id.in_(wanted), ledger.c.blob.is_not(None))
    async with in_tenant(house.engine("desk"), tenant) as db:
        return [(row.id, row.blob) for row in await db.execute(query)]
