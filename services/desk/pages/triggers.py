"""Triggers in a table, in the order they are asked: moved and switched where they stand."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError

from services.desk.configuration.triggers import change_trigger, order_triggers
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.forms.fields import id_of, ids_of, text_of
from services.desk.forms.triggers import STATES, moved, sentence_of, state_of
from services.desk.forms.values import in_words
from services.desk.languages import gettext
from services.desk.making import Making
from services.desk.pages.history import as_read
from services.desk.pages.showing import back, show
from services.desk.queries.settings import option_changes
from services.desk.queries.triggers import (
    TriggerRow,
    names_for_triggers,
    read_triggers,
    trigger_row,
    was_tried,
)
from services.desk.signin.auth import Admin, Form, SignedIn
from shared.contracts.errors import Permanent
from shared.plugins.loading import plugins

router = APIRouter(prefix="/settings/triggers", include_in_schema=False)

ROOM = "/settings/triggers"


@router.get("")
async def triggers_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _table(desk, signed, said=said)


@router.post("/order")
async def order(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    """One a place up or down, or all of them as they were dragged."""
    trigger, way = id_of(form, "trigger"), text_of(form, "way")
    async with desk.reading(signed.user) as reading:
        rows, broken = await read_triggers(reading, desk.clock())
    known = [row.id for row in rows]
    # those that cannot be read stand in no place of the table, and come last
    wanted = [
        *(ids_of(form, "order") or moved(known, trigger, up=way == "up")),
        *(one.id for one in broken),
    ]
    async with desk.writing(signed.tenant) as db:
        if not await order_triggers(db, signed.tenant, wanted, made):
            raise Conflict(
                gettext("Somebody changed the list meanwhile."),
                remedy=gettext("Go back, reload, and move it again."),
            )
    return back(ROOM, "ordered", f"#t-{trigger}" if trigger else "")


@router.post("/{trigger}/state")
async def switch(desk: TheDesk, signed: Admin, trigger: UUID, form: Form, made: Making) -> Response:
    state = text_of(form, "state")
    if state not in STATES:
        raise Invalid(gettext("A trigger is on, in shadow or off."))
    async with desk.reading(signed.user) as reading:
        row = await trigger_row(reading, trigger, desk.clock())
        if row is None:
            raise NotHere(gettext("There is no such trigger."))
        tried = await was_tried(reading, trigger, row.settings.name)
    if state == "on" and state_of(row.settings) != "on" and not tried and text_of(form, "confirm") != "yes":
        return await _table(desk, signed, asks=row)
    wanted = row.settings.model_copy(update=STATES[state])
    try:
        async with desk.writing(signed.tenant) as db:
            await change_trigger(db, signed.tenant, trigger, wanted, made)
    except (Permanent, ValidationError) as error:
        raise Conflict(
            gettext("%(name)s cannot be saved as it is now.", name=row.settings.name),
            remedy=gettext("Open and mend it."),
        ) from error
    return back(ROOM, f"switched-{state}", f"#t-{trigger}")


async def _table(desk: Desk, signed: SignedIn, *, said: str = "", asks: TriggerRow | None = None) -> Response:
    async with desk.reading(signed.user) as reading:
        titles = {key: one.title for key, one in plugins("postroom.actions").items()}
        rows, broken = await read_triggers(reading, desk.clock())
        names = await names_for_triggers(reading)
        return await show(
            desk,
            reading,
            signed,
            "triggers.html",
            status=409 if asks else 200,
            said=said,
            asks=asks,
            rows=rows,
            broken=broken,
            sentences={
                row.id: sentence_of(row.settings, titles.get(row.settings.action, row.settings.action), names)
                for row in rows
            },
            states={row.id: state_of(row.settings) for row in rows},
            history=[as_read(change) for change in await option_changes(reading, kind="triggers")],
            in_words=in_words,
            place="settings",
        )
