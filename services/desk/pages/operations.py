"""What flows, what is stuck, and putting parked messages back."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.auth import Admin, Form
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, NotHere
from services.desk.pages.showing import back, show
from services.desk.queries.operations import (
    LEDGER_STATES,
    delivery_backlogs,
    ledger_rows,
    outbox_backlog,
    parked_rows,
    strangers,
)
from shared.contracts.errors import Permanent
from shared.messaging.parked import ParkedMessage, take

router = APIRouter(prefix="/operations", include_in_schema=False)


@router.get("")
async def operations_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "operations.html",
            said=said,
            outbox=await outbox_backlog(reading),
            deliveries=await delivery_backlogs(reading),
            parked=await parked_rows(reading, await strangers(desk.engine, reading)),
            ledger=await ledger_rows(reading),
            ledger_states=LEDGER_STATES,
            unready=await desk.transport.unready() if desk.transport else None,
            can_replay=desk.transport is not None,
            place="operations",
        )


@router.post("/parked/{parked}/replay")
async def replay(desk: TheDesk, signed: Admin, parked: UUID, form: Form) -> Response:
    """Put a parked message back into its one queue, then take it out of the table: never the other way."""
    del form  # checked by its type; nothing else stands in it
    if desk.transport is None:
        raise Conflict(
            "This process cannot put messages back.", remedy="Use the command: postroom parked replay."
        )
    async with desk.writing(signed.tenant) as db:
        message = _own(await take(db, parked), signed.tenant)
        try:
            await desk.transport.replay(message)
        except Permanent as error:
            raise Conflict(f"It cannot go back: {error.reason}.", remedy="Drop it.") from error
    return back("/operations", "replayed")


@router.post("/parked/{parked}/drop")
async def drop(desk: TheDesk, signed: Admin, parked: UUID, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    await _drop(desk, signed.tenant, parked)
    return back("/operations", "dropped")


async def _drop(desk: Desk, tenant: str, parked: UUID) -> None:
    async with desk.writing(tenant) as db:
        _own(await take(db, parked), tenant)


def _own(message: ParkedMessage | None, tenant: str) -> ParkedMessage:
    """Only this tenant's: raising here rolls back what was taken out."""
    if message is None or message.tenant != tenant:
        raise NotHere("This message is not parked here, or somebody was faster.")
    return message
