"""The options of the tenant: typed, checked, with a history."""

from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.configuration.asking import Unconfirmed, set_or_ask
from services.desk.configuration.options import Saved, Wrong, as_json
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import text_of
from services.desk.forms.options import (
    DEFAULTS,
    FIELDS,
    SECTIONS,
    SECTIONS_OF_DEPARTMENT,
)
from services.desk.forms.values import doubled, in_words, shown, wanted
from services.desk.languages import gettext
from services.desk.pages.showing import back, show
from services.desk.queries.departments import department_rows
from services.desk.queries.reading import Reading
from services.desk.queries.settings import department_with, option_changes
from services.desk.signin.auth import Admin, Form, SignedIn
from shared.storage.options import options_of

router = APIRouter(prefix="/settings", include_in_schema=False)


@router.get("")
async def settings_page(desk: TheDesk, signed: Admin, said: str = "", department: str = "") -> Response:
    return await _page(desk, signed, said=said, department=department)


@router.post("")
async def save(desk: TheDesk, signed: Admin, form: Form) -> Response:
    typed = {name: value for name, value in form.items() if isinstance(value, str)}
    agreed, department = text_of(form, "confirm"), text_of(form, "department")
    reset = agreed.removeprefix("reset:") if agreed.startswith("reset:") else text_of(form, "reset")
    reset = reset if reset in FIELDS else ""
    changes = {reset: None} if reset else wanted(typed)
    if changes and not reset and (twice := doubled(typed)):
        return await _page(desk, signed, errors=twice, form=form, department=department)
    try:
        async with desk.writing(signed.tenant) as db:
            own = await _own(Reading(db, signed.tenant), department)
            result = await set_or_ask(
                db,
                signed.tenant,
                changes,
                by=signed.user.called,
                at=desk.clock(),
                department=own,
                confirmed=bool(agreed),
            )
    except Unconfirmed as question:
        return await _page(
            desk, signed, asks=str(question.would), form=form, reset=reset, department=department
        )
    match result:
        case Wrong(errors):
            return await _page(desk, signed, errors=errors, form=form, department=department)
        case Saved(changed):
            said = "saved" if changed else "same"
            if reset and any(name.startswith("was.") for name in typed):
                return await _page(desk, signed, said=said, form=form, reset=reset, department=department)
            where = f"/settings?department={quote(department)}" if department else "/settings"
            return back(where, said)


async def _page(
    desk: Desk,
    signed: SignedIn,
    *,
    department: str = "",
    said: str = "",
    asks: str = "",
    errors: dict[str, str] | None = None,
    form: FormData | None = None,
    reset: str = "",
) -> Response:
    """`form`: what was typed comes back with what it was before, but for the option put back (`reset`)."""
    async with desk.reading(signed.user) as reading:
        own = await _own(reading, department)
        now = as_json(await options_of(reading.db, reading.tenant, own))
        usual = as_json(await options_of(reading.db, reading.tenant)) if own else DEFAULTS
        values, typed = _redrawn({name: shown(name, value) for name, value in now.items()}, form, reset)
        changes = await option_changes(reading, kind="", department=own)
        return await show(
            desk,
            reading,
            signed,
            "settings.html",
            status=422 if errors else 409 if asks else 200,
            said=said,
            sections=SECTIONS_OF_DEPARTMENT if own else SECTIONS,
            department=department,
            departments=await department_rows(reading),
            values=values,
            typed=typed,
            changed={name for name in FIELDS if now[name] != usual[name]},
            defaults={name: in_words(name, value) for name, value in usual.items()},
            errors=errors or {},
            asks=asks,
            agrees=f"reset:{reset}" if reset else "yes",
            history=changes,
            last={each.name: each for each in reversed(changes) if own or each.department is None},
            in_words=in_words,
            place="settings",
        )


def _redrawn(now: dict[str, str], form: FormData | None, fresh: str) -> tuple[dict[str, str], dict[str, str]]:
    """Return what each option was when this person began, and what they typed since."""
    was, typed = dict(now), dict(now)
    for name in FIELDS:
        if form is not None and name != fresh and f"was.{name}" in form:
            was[name], typed[name] = str(form[f"was.{name}"]), str(form.get(name, ""))
    return was, typed


async def _own(reading: Reading, key: str) -> UUID | None:
    """The department that the page is about; None: it is about the tenant."""
    found = await department_with(reading, key) if key else None
    if key and found is None:
        raise NotHere(gettext("There is no department %(key)s.", key=key))
    return found
