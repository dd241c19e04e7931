"""Triggers: what happens by itself, in a table, and each in a form that its action's parameters make."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.desk.auth import Admin, Form, SignedIn
from services.desk.configuration.remembering import Made
from services.desk.configuration.sealing import sealed_settings
from services.desk.configuration.triggers import (
    TriggerSettings,
    add_trigger,
    archive_trigger,
    change_trigger,
)
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.optionvalues import in_words
from services.desk.pages.showing import back, show
from services.desk.plain import plainly
from services.desk.providerforms import ProviderField, fields_of_model
from services.desk.queries.defined import custom_fields_of
from services.desk.queries.reading import Reading
from services.desk.queries.settings import OptionChange, option_changes
from services.desk.queries.triggers import TriggerRow, names_for_triggers, trigger_row, trigger_rows
from services.desk.rendering import sentence
from services.desk.triggerforms import (
    OPERATORS,
    ROWS,
    WHEN,
    actions_that_call,
    history_line,
    is_flat,
    sentence_of,
    settings_typed,
    state_of,
    typed_of,
)
from shared.contracts.errors import Permanent
from shared.contracts.triggers import EVENT_FACTS, TICKET_FACTS, TriggerType
from shared.plugins.loading import plugins

router = APIRouter(prefix="/settings/triggers", include_in_schema=False)

ROOM = "/settings/triggers"
ACTIONS = "postroom.actions"


@router.get("")
async def triggers_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        titles = {key: one.title for key, one in plugins(ACTIONS).items()}
        rows = await trigger_rows(reading, desk.clock())
        return await show(
            desk,
            reading,
            signed,
            "triggers.html",
            said=said,
            rows=rows,
            sentences={
                row.id: sentence_of(row.settings, titles.get(row.settings.action, row.settings.action))
                for row in rows
            },
            states={row.id: state_of(row.settings) for row in rows},
            history=[_named(change) for change in await option_changes(reading, kind="triggers")],
            in_words=in_words,
            place="settings",
        )


@router.get("/new")
async def new_trigger_page(
    desk: TheDesk, signed: Admin, on: TriggerType = TriggerType.NEW_TICKET_CREATED, action: str = "send_email"
) -> Response:
    return await _form(
        desk, signed, None, {"when.type": on, "action": action, "state": "on", "position": "0"}
    )


@router.post("/new")
async def add(desk: TheDesk, signed: Admin, form: Form) -> Response:
    return await _save(desk, signed, None, form)


@router.get("/{trigger}")
async def trigger_page(desk: TheDesk, signed: Admin, trigger: UUID, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        row = await _row(desk, reading, trigger)
        filled = typed_of(row.settings, await names_for_triggers(reading))
    return await _form(desk, signed, row, filled, said=said)


@router.post("/{trigger}")
async def change(desk: TheDesk, signed: Admin, trigger: UUID, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        row = await _row(desk, reading, trigger)
    return await _save(desk, signed, row, form)


@router.post("/{trigger}/archive")
async def archive(desk: TheDesk, signed: Admin, trigger: UUID, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    async with desk.writing(signed.tenant) as db:
        if not await archive_trigger(db, signed.tenant, trigger, Made(signed.user.called, desk.clock())):
            raise NotHere("There is no such trigger.")
    return back(ROOM, "trigger-away")


async def settings_of_form(
    desk: Desk, signed: SignedIn, row: TriggerRow | None, form: FormData
) -> TriggerSettings:
    """Read a trigger from a form.

    Raises:
        ValidationError: it is not valid.
        Permanent: nothing is installed under its action's name.
    """
    async with desk.reading(signed.user) as reading:
        names = await names_for_triggers(reading)
    saved = row.settings if row else None
    wanted = TriggerSettings.model_validate(settings_typed(_texts(form), names, saved))
    return sealed_settings(wanted, desk.hook_sealer.seal) if desk.hook_sealer else wanted


async def _save(desk: Desk, signed: SignedIn, row: TriggerRow | None, form: FormData) -> Response:
    try:
        wanted = await settings_of_form(desk, signed, row, form)
        made = Made(signed.user.called, desk.clock())
        async with desk.writing(signed.tenant) as db:
            if row is None:
                trigger = await add_trigger(db, signed.tenant, wanted, made)
                return back(f"{ROOM}/{trigger}", "trigger")
            await change_trigger(db, signed.tenant, row.id, wanted, made)
    except (ValidationError, Permanent) as error:
        return await _form(desk, signed, row, _texts(form), wrong=problems(error))
    return back(ROOM, "trigger")


def problems(error: ValidationError | Permanent) -> dict[str, str]:
    """Say what is wrong, by the innermost field that has it; "" is the form as a whole."""
    if isinstance(error, Permanent):
        return {"": sentence(error.reason)}
    found: dict[str, str] = {}
    for one in error.errors(include_url=False, include_input=False):
        place = [str(part) for part in one["loc"] if isinstance(part, str)]
        # a tree names every form it could have had: the last name is what the person typed into
        found.setdefault(place[-1] if place else "", sentence(plainly(one)))
    return found


async def _form(
    desk: Desk,
    signed: SignedIn,
    row: TriggerRow | None,
    filled: dict[str, str],
    *,
    wrong: dict[str, str] | None = None,
    said: str = "",
) -> Response:
    async with desk.reading(signed.user) as reading:
        installed = {key: one.title for key, one in sorted(plugins(ACTIONS).items())}
        own = [f"fields.{one.key}" for one in await custom_fields_of(reading)]
        return await show(
            desk,
            reading,
            signed,
            "trigger.html",
            status=422 if wrong else 200,
            said=said,
            row=row,
            filled=filled,
            errors=wrong or {},
            kinds=WHEN,
            actions=installed,
            fields=_fields(filled.get("action", "")),
            facts=[*TICKET_FACTS, *own, *EVENT_FACTS],
            operators=OPERATORS,
            lines=range(ROWS),
            calling=actions_that_call(),
            is_flat=row is None or is_flat(row.settings.conditions),
            place="settings",
        )


def _fields(action: str) -> list[ProviderField]:
    found = plugins(ACTIONS).get(action)
    return fields_of_model(found.params) if found else []


def _named(change: OptionChange) -> OptionChange:
    """A change as people read it: by the trigger's name, not its id."""
    name = next((one.get("name", "") for one in (change.new, change.old) if isinstance(one, dict)), "")
    old, new = (history_line(one) for one in (change.old, change.new))
    return replace(change, name=f"trigger {name}", old=old, new=new)


async def _row(desk: Desk, reading: Reading, trigger: UUID) -> TriggerRow:
    row = await trigger_row(reading, trigger, desk.clock())
    if row is None:
        raise NotHere("There is no such trigger.")
    return row


def _texts(form: FormData) -> dict[str, str]:
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}
