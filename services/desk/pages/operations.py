"""What flows, what is stuck, whether every mail is somewhere, and putting parked messages back."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking import unparking
from services.desk.asking.flowing import flow_of
from services.desk.asking.unparking import put_back
from services.desk.desk import TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.forms.fields import ids_of
from services.desk.languages import gettext
from services.desk.pages.showing import back, show
from services.desk.queries.conservation import balances, has_mails, missing_mails
from services.desk.queries.counts import troubled_mailboxes
from services.desk.queries.operations import (
    LEDGER_STATES,
    effect_of,
    ledger_rows,
    parked_rows,
    strangers,
)
from services.desk.queries.stages import stages
from services.desk.signin.auth import Admin, Form

router = APIRouter(prefix="/operations", include_in_schema=False)


@router.get("")
async def operations_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    flow = await flow_of(desk.transport)
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
            flow=flow,
            can_replay=desk.transport is not None,
            place="operations",
        )


@router.get("/missing/{mailbox}/{day}")
async def missing_page(desk: TheDesk, signed: Admin, mailbox: UUID, day: date) -> Response:
    """The mails of a day that were fetched and are nowhere."""
    async with desk.reading(signed.user) as reading:
        if not await has_mails(reading, mailbox):
            raise NotHere(gettext("There is no such mailbox."))
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
        await put_back(desk, signed.tenant, parked)
    return back("/operations", "replayed-many")


@router.post("/parked/{parked}/replay")
async def replay(desk: TheDesk, signed: Admin, parked: UUID, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    await put_back(desk, signed.tenant, parked)
    return back("/operations", "replayed")


@router.post("/parked/{parked}/drop")
async def drop(desk: TheDesk, signed: Admin, parked: UUID, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    await unparking.drop(desk, signed.tenant, parked)
    return back("/operations", "dropped")
