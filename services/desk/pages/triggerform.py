"""One trigger in its form: when, only if, then. It is drawn anew by the server as it grows."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

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
from services.desk.forms import meanwhile
from services.desk.forms.conditions import GROUPS, OPERATORS, edited, fits, lines_of
from services.desk.forms.fields import id_of
from services.desk.forms.plugins import ProviderField, fields_of_model
from services.desk.forms.triggers import actions_that_call, part_of, settings_typed, state_of, typed_of
from services.desk.languages import gettext, later
from services.desk.making import CheckedMaking, Making
from services.desk.pages.showing import back, show
from services.desk.queries.defined import custom_fields_of
from services.desk.queries.reading import Reading
from services.desk.queries.triggers import (
    TriggerRow,
    latest_trial,
    names_for_triggers,
    trigger_row,
    was_tried,
)
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.wording.plain import sentence
from services.desk.wording.problems import plainly
from services.desk.wording.triggers import WHEN, spoken
from shared.contracts.errors import Permanent
from shared.contracts.triggers import EVENT_FACTS, TICKET_FACTS, TriggerType
from shared.plugins.loading import plugins

router = APIRouter(prefix="/settings/triggers", include_in_schema=False)

ROOM = "/settings/triggers"
ACTIONS = "postroom.actions"
ALWAYS = {"kinds": WHEN, "operators": OPERATORS, "groups": GROUPS, "place": "settings"}
"""What the page is given whichever trigger it shows."""
LABELS = {
    "name": later("Name"),
    "when": later("When"),
    "type": later("What happens"),
    "kinds": later("Of which kind"),
    "status": later("Only with this status"),
    "field": later("Only this field"),
    "old": later("Only from"),
    "new": later("Only to"),
    "conditions": later("Only if"),
    "action": later("Then"),
    "value": later("Value"),
    "position": later("Place"),
    "state": later("State"),
}
"""What the form calls its own fields; those of an action say it themselves."""


@router.get("/new")
async def new_trigger_page(
    desk: TheDesk, signed: Admin, on: TriggerType = TriggerType.NEW_TICKET_CREATED, action: str = "send_email"
) -> Response:
    typed = {"when.type": on, "action": action, "state": "shadow", "position": "0"}
    return await _form(desk, signed, None, typed)


@router.post("/new")
async def add(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    return await _save(desk, signed, None, form, made)


@router.post("/draw")
async def draw(desk: TheDesk, signed: Admin, form: Form) -> Response:
    """Draw the form with what was typed, with a line more or less, or for another type or action."""
    trigger = id_of(form, "trigger")
    async with desk.reading(signed.user) as reading:
        row = await _row(desk, reading, trigger) if trigger else None
    typed = texts_in(form)
    return await _form(desk, signed, row, edited(typed, typed.get("edit", "")))


@router.get("/{trigger}")
async def trigger_page(desk: TheDesk, signed: Admin, trigger: UUID, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        row = await _row(desk, reading, trigger)
        filled = typed_of(row.settings, await names_for_triggers(reading))
    return await _form(desk, signed, row, filled, said=said)


@router.post("/{trigger}")
async def change(desk: TheDesk, signed: Admin, trigger: UUID, form: Form, made: Making) -> Response:
    async with desk.reading(signed.user) as reading:
        row = await _row(desk, reading, trigger)
    return await _save(desk, signed, row, form, made)


@router.post("/{trigger}/archive")
async def archive(desk: TheDesk, signed: Admin, trigger: UUID, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        if not await archive_trigger(db, signed.tenant, trigger, made):
            raise NotHere(gettext("There is no such trigger."))
    return back(ROOM, "trigger-away")


async def settings_of_form(
    desk: Desk, signed: SignedIn, row: TriggerRow | None, typed: Mapping[str, str]
) -> TriggerSettings:
    """Read a trigger from a form.

    Raises:
        ValidationError: it is not valid.
        Permanent: nothing is installed under its action's name.
    """
    async with desk.reading(signed.user) as reading:
        names = await names_for_triggers(reading)
    saved = row.settings if row else None
    wanted = TriggerSettings.model_validate(settings_typed(typed, names, saved))
    return sealed_settings(wanted, desk.hook_sealer.seal) if desk.hook_sealer else wanted


async def _save(desk: Desk, signed: SignedIn, row: TriggerRow | None, form: FormData, made: Made) -> Response:
    typed, now = texts_in(form), await _as_kept(desk, signed, row)
    kept = meanwhile.together(typed, typed.get(meanwhile.FIELD, ""), now, part_of)
    if row and kept.both:
        return await _form(desk, signed, row, kept.values | {meanwhile.FIELD: ""}, both=kept.both)
    try:
        wanted = await settings_of_form(desk, signed, row, kept.values)
        if form.get("confirm") != "yes" and await _begins_untried(desk, signed, row, wanted):
            return await _form(desk, signed, row, typed, asks=True)
        async with desk.writing(signed.tenant) as db:
            if row is None:
                trigger = await add_trigger(db, signed.tenant, wanted, made)
                return back(f"{ROOM}/{trigger}", "trigger")
            await change_trigger(db, signed.tenant, row.id, wanted, made)
    except (ValidationError, Permanent) as error:
        return await _form(desk, signed, row, typed, wrong=problems(error))
    return back(ROOM, "trigger")


async def _as_kept(desk: Desk, signed: SignedIn, row: TriggerRow | None) -> dict[str, str]:
    async with desk.reading(signed.user) as reading:
        return typed_of(row.settings, await names_for_triggers(reading)) if row else {}


async def _begins_untried(
    desk: Desk, signed: SignedIn, row: TriggerRow | None, wanted: TriggerSettings
) -> bool:
    """Whether saving would switch on what nobody ever tried."""
    if state_of(wanted) != "on" or (row is not None and state_of(row.settings) == "on"):
        return False
    async with desk.reading(signed.user) as reading:
        return not await was_tried(reading, row.id if row else None, wanted.name)


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


def labelled(wrong: Mapping[str, str], action: str) -> str:
    """Say all of it in one line, each with the name that its field has in the form."""
    labels = LABELS | {field.name: field.label for field in _fields(action)}
    return " ".join(
        f"{gettext(labels.get(name, name))}: {text}" if name else text for name, text in wrong.items()
    )


async def _form(
    desk: Desk,
    signed: SignedIn,
    row: TriggerRow | None,
    filled: dict[str, str],
    *,
    wrong: dict[str, str] | None = None,
    asks: bool = False,
    said: str = "",
    both: tuple[str, ...] = (),
) -> Response:
    now = await _as_kept(desk, signed, row)
    async with desk.reading(signed.user) as reading:
        installed = {key: one.title for key, one in sorted(plugins(ACTIONS).items())}
        action = filled.get("action", "")
        return await show(
            desk,
            reading,
            signed,
            "trigger.html",
            status=422 if wrong else 409 if asks or both else 200,
            said=said,
            asks=asks,
            meanwhile=meanwhile.in_words(both, LABELS, now),
            as_shown=meanwhile.shown_with(filled, now),
            row=row,
            filled=filled,
            errors=wrong or {},
            wrong=labelled(wrong or {}, action),
            **ALWAYS,
            calling=actions_that_call(),
            actions=installed,
            fields=_fields(action),
            is_fresh=row is None and filled.get("drawn") != action,
            facts=await _facts(reading),
            lines=list(lines_of(filled)),
            fits=row is None or fits(row.settings.conditions),
            sentence=spoken(filled, installed.get(action, action)),
            trial=await latest_trial(reading, row.id) if row else None,
        )


async def _facts(reading: Reading) -> list[str]:
    own = [f"fields.{one.key}" for one in await custom_fields_of(reading)]
    return [*TICKET_FACTS, *own, *EVENT_FACTS]


def _fields(action: str) -> list[ProviderField]:
    found = plugins(ACTIONS).get(action)
    return fields_of_model(found.params) if found else []


async def _row(desk: Desk, reading: Reading, trigger: UUID) -> TriggerRow:
    row = await trigger_row(reading, trigger, desk.clock())
    if row is None:
        raise NotHere(gettext("There is no such trigger."))
    return row


def texts_in(form: FormData) -> dict[str, str]:
    return {name: value.strip() for name, value in form.items() if isinstance(value, str)}
