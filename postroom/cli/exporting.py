"""`postroom tenant export`: all that people put in or received, as JSON lines, mails and blobs."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from postroom.cli.archives import Archive, archive_at
from postroom.cli.opening import configuring, run_in_house
from shared.blobs.store import BlobMissing
from shared.runtime import House
from shared.storage.engine import in_tenant
from shared.storage.exporting import exported_tables, rows_as_json
from shared.storage.ingest import mails as ledger
from shared.storage.lists import among

VERSION = 1
console = Console(stderr=True)
To = Annotated[Path, typer.Option(help="a folder, or a file that ends in .zip; it must not be there yet")]


def export(
    tenant: Annotated[str, typer.Argument(help="its short name")],
    to: To,
) -> None:
    """Export a tenant: settings, people, tickets, history and mail; no passwords, secrets or tokens."""

    async def work(house: House) -> None:
        async with configuring(house, tenant):
            pass
        with archive_at(to) as archive:
            await _rows(house, tenant, archive)
            await _mails(house, tenant, archive)
            await _blobs(house, tenant, archive)
            archive.manifest(version=VERSION, tenant=tenant, made_at=house.clock().isoformat())
        console.print(f"tenant {tenant}: exported to {to}, {archive.counts['mails']} mails")

    run_in_house(work)


async def keep_blob(house: House, tenant: str, archive: Archive, sha: str, *, file: str) -> None:
    """Put a blob into the archive; one that is missing is counted as that."""
    try:
        archive.put(file, await house.blobs.get(tenant, sha))
    except BlobMissing:
        archive.counts["missing"] += 1


async def _rows(house: House, tenant: str, archive: Archive) -> None:
    """All tables as they were at one moment."""
    engine = house.engine("desk").execution_options(isolation_level="REPEATABLE READ")
    async with in_tenant(engine, tenant) as db:
        for table in exported_tables():
            await archive.lines(table.fullname, rows_as_json(db, tenant, table))


async def _mails(house: House, tenant: str, archive: Archive) -> None:
    """Each mail as it came, under its id in the ledger."""
    query = select(ledger.c.id, ledger.c.blob).where(ledger.c.tenant == tenant, ledger.c.blob.is_not(None))
    async with in_tenant(house.engine("desk"), tenant) as db:
        async for row in await db.stream(query, execution_options={"yield_per": 500}):
            await keep_blob(house, tenant, archive, row.blob, file=f"mails/{row.id}.eml")


async def _blobs(house: House, tenant: str, archive: Archive) -> None:
    """What the rows name by hash besides: words of posts, files, drafts."""
    async for names in house.blobs.names(tenant):
        async with in_tenant(house.engine("desk"), tenant) as db:
            raw = await _raw(db, tenant, names)
        for name in names:
            if name not in raw:
                await keep_blob(house, tenant, archive, name, file=f"blobs/{name}")


async def _raw(db: AsyncConnection, tenant: str, names: list[str]) -> set[str]:
    query = select(ledger.c.blob).where(ledger.c.tenant == tenant, among(ledger.c.blob, names))
    return {name for name in await db.scalars(query) if name is not None}
