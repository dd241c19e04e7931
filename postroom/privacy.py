"""A contact over all services, for commands and the desk: written into an archive, erased behind a page."""

import asyncio
from collections import Counter
from pathlib import Path
from uuid import UUID

import structlog
from sqlalchemy import func

from postroom.cli.archives import Archive, archive_at
from postroom.cli.exporting import VERSION, keep_blob
from postroom.forgetting import Known, begin, go_on, known_of
from shared.messaging.failures import where
from shared.runtime import House
from shared.storage.engine import in_tenant
from shared.storage.exporting import rows_as_json
from shared.storage.ingest import mails as ledger
from shared.storage.lists import among
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import contacts, participants, posts, tickets

log = structlog.get_logger()


class PrivacyIn:
    """What the desk asks for, in a house: an erasure goes on behind the page that began it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._erasing: set[asyncio.Task[None]] = set()

    async def found(self, tenant: str, address: str) -> dict[str, int]:
        return (await known_of(self._house, tenant, address)).found

    async def export(self, tenant: str, address: str, to: Path) -> None:
        known = await known_of(self._house, tenant, address)
        await export_contact(self._house, tenant, address, known, to)

    async def erase(self, tenant: str, address: str, by: UUID) -> UUID:
        known = await known_of(self._house, tenant, address)
        receipts = await begin(self._house, tenant, address, known, by)
        erasing = asyncio.create_task(go_on(self._house, tenant, address, receipts))
        self._erasing.add(erasing)
        erasing.add_done_callback(self._ended)
        return receipts[-1].id

    def _ended(self, erasing: asyncio.Task[None]) -> None:
        """What was broken off stands in its receipt, and the next run for that address finishes it."""
        self._erasing.discard(erasing)
        if not erasing.cancelled() and (error := erasing.exception()):
            log.error("erasure.broken_off", error=where(error))


async def export_contact(house: House, tenant: str, address: str, known: Known, to: Path) -> Counter[str]:
    """Write what a contact wrote and was written, with their tickets; no internal notes."""
    with archive_at(to) as archive:
        await _rows(house, tenant, address, known, archive)
        for mail, sha in await _raw(house, tenant, known.traces.mails):
            await keep_blob(house, tenant, archive, sha, file=f"mails/{mail}.eml")
        for sha in sorted(known.blobs - set(known.raw)):
            await keep_blob(house, tenant, archive, sha, file=f"blobs/{sha}")
        archive.manifest(version=VERSION, tenant=tenant, contact=address, made_at=house.clock().isoformat())
    return archive.counts


async def _rows(house: House, tenant: str, address: str, known: Known, archive: Archive) -> None:
    traces, written = known.traces, known.written
    wanted = {
        contacts: contacts.c.address == address,
        tickets: among(tickets.c.id, traces.tickets),
        posts: among(posts.c.id, traces.posts) | among(posts.c.outgoing, written.mails),
        participants: func.lower(participants.c.address) == address,
        ledger: among(ledger.c.id, traces.mails),
        outgoing: among(outgoing.c.id, written.mails),
    }
    async with in_tenant(house.engine("desk"), tenant) as db:
        for table, where in wanted.items():
            await archive.lines(table.fullname, rows_as_json(db, tenant, table, where))


async def _raw(house: House, tenant: str, wanted: tuple[UUID, ...]) -> list[tuple[UUID, str]]:
    query = ledger.select().where(among(ledger.c.id, wanted), ledger.c.blob.is_not(None))
    async with in_tenant(house.engine("desk"), tenant) as db:
        return [(row.id, row.blob) for row in await db.execute(query)]
