"""The options of the tenant: typed, checked, with a history."""

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.auth import Admin, Form, SignedIn
from services.desk.configuration.options import Saved, Wrong, as_json, set_options
from services.desk.desk import Desk, TheDesk
from services.desk.optionfields import DEFAULTS, FIELDS, SECTIONS, in_words, shown, wanted
from services.desk.pages.showing import back, show, text_of
from services.desk.queries.settings import option_changes
from shared.storage.options import options_of

router = APIRouter(prefix="/settings", include_in_schema=False)


@router.get("")
async def settings_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _page(desk, signed, said=said)


@router.post("")
async def save(desk: TheDesk, signed: Admin, form: Form) -> Response:
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    reset = text_of(form, "reset")
    changes = {reset: DEFAULTS[reset]} if reset in FIELDS else wanted(typed)
    async with desk.writing(signed.tenant) as db:
        by = signed.user.name or signed.user.address
        result = await set_options(db, signed.tenant, changes, by=by, at=desk.clock())
    match result:
        case Wrong(errors):
            return await _page(desk, signed, errors=errors, form=form)
        case Saved(changed):
            return back("/settings", "saved" if changed else "same")


async def _page(
    desk: Desk,
    signed: SignedIn,
    *,
    said: str = "",
    errors: dict[str, str] | None = None,
    form: FormData | None = None,
) -> Response:
    async with desk.reading(signed.tenant) as reading:
        now = as_json(await options_of(reading.db, reading.tenant))
        values = {name: shown(name, value) for name, value in now.items()}
        typed = {name: str(form.get(name, "")) for name in FIELDS} if form is not None else values
        changes = await option_changes(reading)
        return await show(
            desk,
            reading,
            signed,
            "settings.html",
            status=422 if errors else 200,
            said=said,
            sections=SECTIONS,
            values=values,
            typed=typed,
            changed={name for name in FIELDS if now[name] != DEFAULTS[name]},
            defaults={name: in_words(name, value) for name, value in DEFAULTS.items()},
            errors=errors or {},
            history=changes,
            last={change.name: change for change in reversed(changes)},
            in_words=in_words,
            place="settings",
        )
