"""One contact over all services: what is known, and forgetting it, each part by the service that owns it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from services.desk import forgetting as desk
from services.desk.configuration.erasures import Erasure, begin_erasure, erasures_of, finish_erasure
from services.ingest import forgetting as ledger
from services.mailer import forgetting as outgoing
from services.mailer.forgetting import Written
from services.ticketing import forgetting as ticketing
from services.ticketing.forgetting import Traces
from services.triggers import forgetting as triggers
from shared.blobs.store import BlobMissing
from shared.contracts.documents import Document
from shared.messaging import forgetting as messages
from shared.runtime import House
from shared.storage.engine import in_tenant
from shared.storage.naming import documents_with_files, named_in_rows


@dataclass(frozen=True)
class Known:
    """All that is known of a contact."""

    traces: Traces
    written: Written
    raw: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    parked: int = 0
    on_their_way: int = 0
    named_elsewhere: int = 0
    notes: int = 0
    """Of what stays: posts on tickets of others that say the address, notes on their own tickets."""

    @property
    def found(self) -> dict[str, int]:
        return {
            "tickets": len(self.traces.tickets),
            "mails received": len(self.traces.mails),
            "mails sent": len(self.written.mails),
            "blobs": len(self.blobs),
            "parked messages": self.parked,
            "posts that stay elsewhere and name them": self.named_elsewhere,
            "notes that stay on their tickets": self.notes,
        }

    @property
    def blobs(self) -> set[str]:
        own, ours = {*self.raw, *self.traces.documents}, {*self.written.bodies, *self.written.files}
        return own | ours | set(self.files)


PLAN = TypeAdapter(Known)


async def known_of(house: House, tenant: str, address: str) -> Known:
    async with in_tenant(house.engine("ticketing"), tenant) as db:
        traces = await ticketing.traces_of(db, tenant, address)
        parked = await messages.parked_about(db, tenant, address, traces.mails)
        coming = await messages.on_their_way(db, tenant, address)
    async with in_tenant(house.engine("mailer"), tenant) as db:
        written = await outgoing.written_to(db, tenant, address, traces.tickets)
    async with in_tenant(house.engine("ticketing"), tenant) as db:
        left = await ticketing.left_by_others(db, tenant, address, traces)
    async with in_tenant(house.engine("ingest"), tenant) as db:
        raw = {*traces.raw, *await ledger.blobs_of(db, traces.mails)}
    files = {sha for document in traces.documents for sha in await _files_in(house, tenant, document)}
    return Known(traces, written, tuple(raw), tuple(files), len(parked), coming, *left)


async def forget(house: House, tenant: str, address: str, known: Known) -> str:
    """Forget a contact; return the receipt's id."""
    receipts = await begin(house, tenant, address, known)
    await go_on(house, tenant, address, receipts)
    return str(receipts[-1].id)


async def begin(
    house: House, tenant: str, address: str, known: Known, by: UUID | None = None
) -> list[Erasure]:
    """Write down what is to be forgotten; return that, after what a run before this one did not finish."""
    plan = PLAN.dump_python(known, mode="json")
    async with in_tenant(house.engine("desk"), tenant) as db:
        begun = [one for one in await erasures_of(db, tenant, "contact", address) if not one.finished_at]
        receipt = await begin_erasure(
            db, tenant, "contact", address, found=known.found, plan=plan, by=by, at=house.clock()
        )
    return [*begun, receipt]


async def go_on(house: House, tenant: str, address: str, receipts: list[Erasure]) -> None:
    for one in receipts:
        await _carry_out(house, tenant, address, PLAN.validate_python(one.plan))
        async with in_tenant(house.engine("desk"), tenant) as db:
            await finish_erasure(db, one.id, at=house.clock())


async def _carry_out(house: House, tenant: str, address: str, known: Known) -> None:
    """Ticketing is the last: the others are found by what it knows."""
    now: datetime = house.clock()
    traces, written = known.traces, known.written
    async with in_tenant(house.engine("mailer"), tenant) as db:
        await outgoing.forget(db, tenant, address, written.mails, their=traces.tickets, now=now)
    async with in_tenant(house.engine("ingest"), tenant) as db:
        await ledger.forget(db, traces.mails)
    async with in_tenant(house.engine("triggers"), tenant) as db:
        await triggers.forget(db, tenant, address, traces.tickets)
    async with in_tenant(house.engine("ticketing"), tenant) as db:
        await messages.drop(db, await messages.parked_about(db, tenant, address, traces.mails))
        await ticketing.forget(db, tenant, address, traces, outgoing=written.alone, now=now)
    async with in_tenant(house.engine("desk"), tenant) as db:
        await desk.forget(db, tenant, address, traces.tickets, known.blobs)
    for sha in await _unnamed(house, tenant, known.blobs):
        await house.blobs.remove(tenant, sha)


async def _unnamed(house: House, tenant: str, blobs: set[str]) -> set[str]:
    """Return those that nothing else names: not a row, and no document of another mail."""
    async with in_tenant(house.engine("desk"), tenant) as db:
        left = blobs - await named_in_rows(db, tenant, blobs)
        async for document in documents_with_files(db, tenant):
            if not left:
                break
            left -= set(await _files_in(house, tenant, document))
    return left


async def _files_in(house: House, tenant: str, document: str) -> list[str]:
    try:
        read = Document.model_validate_json(await house.blobs.get(tenant, document))
    except (BlobMissing, ValidationError):
        return []
    return [file.sha256 for file in read.files]
