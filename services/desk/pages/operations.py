"""What flows, what is stuck, whether every mail is somewhere, and putting parked messages back."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.auth import Admin, Form
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.languages import gettext
from services.desk.pages.showing import back, ids_of, show
from services.desk.queries.conservation import balances, missing_mails
from services.desk.queries.counts import troubled_mailboxes
from services.desk.queries.operations import (
    LEDGER_STATES,
    effect_of,
    ledger_rows,
    parked_rows,
    strangers,
)
from services.desk.queries.stages import stages
from shared.contracts.errors import Permanent
from shared.messaging.parked import ParkedMessage, take

router = APIRouter(prefix="/operations", include_in_schema=False)


@router.get("")
async def operations_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        parked = await parked_rows(reading, await strangers(desk.engine, reading))
        return await show(
            desk,
            reading,
            signed,
            "operations.html",
            said=said,
            stages=await stages(reading, desk.clock()),
            balances=await balances(reading, desk.clock()),
            troubles=await troubled_mailboxes(reading, desk.clock()),
            parked=parked,
            effects={row.id: await effect_of(reading, row) for row in parked},
            ledger=await ledger_rows(reading),
            ledger_states=LEDGER_STATES,
            unready=await desk.transport.unready() if desk.transport else None,
            can_replay=desk.transport is not None,
            place="operations",
        )


@router.get("/missing/{mailbox}/{day}")
async def missing_page(desk: TheDesk, signed: Admin, mailbox: UUID, day: date) -> Response:
    """The mails of a day that were fetched and are nowhere."""
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "missing.html",
            mails=await missing_mails(reading, mailbox, day, desk.clock()),
            day=day,
            place="operations",
        )


@router.post("/parked/replay")
async def replay_many(desk: TheDesk, signed: Admin, form: Form) -> Response:
    """Put those that are ticked back, each by itself: one that cannot go back keeps no other."""
    chosen = ids_of(form, "parked")
    if not chosen:
        raise Invalid(gettext("No message is ticked."), remedy=gettext("Tick those that should go back."))
    for parked in chosen:
        await _replay(desk, signed.tenant, parked)
    return back("/operations", "replayed-many")


@router.post("/parked/{parked}/replay")
async def replay(desk: TheDesk, signed: Admin, parked: UUID, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    await _replay(desk, signed.tenant, parked)
    return back("/operations", "replayed")


@router.post("/parked/{parked}/drop")
async def drop(desk: TheDesk, signed: Admin, parked: UUID, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    await _drop(desk, signed.tenant, parked)
    return back("/operations", "dropped")


async def _replay(desk: Desk, tenant: str, parked: UUID) -> None:
    """Put a parked message back into its one queue, then take it out of the table: never the other way."""
    if desk.transport is None:
        raise Conflict(
            gettext("This process cannot put messages back."),
            remedy=gettext("Use the command: postroom parked replay."),
        )
    async with desk.writing(tenant) as db:
        message = _own(await take(db, parked), tenant)
        try:
            await desk.transport.replay(message)
        except Permanent as error:
            raise Conflict(
                gettext("It cannot go back: %(reason)s.", reason=error.reason), remedy=gettext("Drop it.")
            ) from error


async def _drop(desk: Desk, tenant: str, parked: UUID) -> None:
    async with desk.writing(tenant) as db:
        _own(await take(db, parked), tenant)


def _own(message: ParkedMessage | None, tenant: str) -> ParkedMessage:
    """Only this tenant's: raising here rolls back what was taken out."""
    if message is None or message.tenant != tenant:
        raise NotHere(gettext("This message is not parked here, or somebody was faster."))
    return message
