"""Statuses of a tenant's own and custom fields of tickets: added, changed, put away."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.desk.configuration.customfields import (
    CustomFieldSettings,
    archive_custom_field,
    save_custom_field,
)
from services.desk.configuration.statuses import StatusSettings, archive_status, save_status
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms import meanwhile
from services.desk.forms.fields import text_of
from services.desk.forms.plugins import problems_of
from services.desk.forms.values import in_words
from services.desk.languages import gettext, later
from services.desk.making import CheckedMaking, Making
from services.desk.pages.showing import back, show
from services.desk.queries.defined import BUILT_IN_STATUSES, custom_fields_of, status_choices
from services.desk.queries.reading import Reading
from services.desk.queries.settings import option_changes
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.wording.plain import sentence
from shared.contracts.custom_fields import FieldType
from shared.contracts.statuses import Category

router = APIRouter(prefix="/settings", include_in_schema=False)

LABELS = {
    "name": later("Name"),
    "key": later("Key"),
    "category": later("Category"),
    "type": later("Type"),
    "choices": later("Choices"),
    "position": later("Place in lists"),
}
"""What the forms call their fields."""

STATUSES, FIELDS = "/settings/statuses", "/settings/custom-fields"
BUILT_IN = frozenset(one.key for one in BUILT_IN_STATUSES)


@dataclass(frozen=True)
class Refusal:
    """What comes back into the form that it was typed into: the row of a key, or that of a new one."""

    why: str
    filled: Mapping[str, str]
    row: str = ""
    as_shown: str = ""
    status: int = 422


@router.get("/statuses")
async def statuses_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _statuses(desk, signed, said=said)


@router.post("/statuses")
async def save_a_status(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    """Add one, which may come out of the archive, or change the one of a row."""
    filled = _filled(form, "key", "name", "category", "position")
    async with desk.writing(signed.tenant) as db:
        kept = _with_others(form, filled, await status_choices(Reading(db, signed.tenant)))
        if isinstance(kept, dict):
            try:
                why = await save_status(db, signed.tenant, StatusSettings.model_validate(kept), made)
            except ValidationError as error:
                why = _problem(error)
            kept = _refusal(why, form, filled) if why else kept
    if isinstance(kept, Refusal):
        return await _statuses(desk, signed, refusal=kept)
    return back(STATUSES, "defined")


@router.post("/statuses/{key}/archive")
async def archive_a_status(desk: TheDesk, signed: Admin, key: str, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        if not await archive_status(db, signed.tenant, key, made):
            raise NotHere(gettext("There is no such status of your own."))
    return back(STATUSES, "put-away")


@router.get("/custom-fields")
async def custom_fields_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _fields(desk, signed, said=said)


@router.post("/custom-fields")
async def save_a_custom_field(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    filled = _filled(form, "key", "name", "type", "position", "choices")
    async with desk.writing(signed.tenant) as db:
        kept = _with_others(form, filled, await custom_fields_of(Reading(db, signed.tenant)))
        if isinstance(kept, dict):
            lines = kept.get("choices", "").splitlines()
            choices = [line.strip() for line in lines if line.strip()]
            try:
                wanted = CustomFieldSettings.model_validate({**kept, "choices": choices})
                why = await save_custom_field(db, signed.tenant, wanted, made)
            except ValidationError as error:
                why = _problem(error)
            kept = _refusal(why, form, filled) if why else kept
    if isinstance(kept, Refusal):
        return await _fields(desk, signed, refusal=kept)
    return back(FIELDS, "defined")


@router.post("/custom-fields/{key}/archive")
async def archive_a_custom_field(desk: TheDesk, signed: Admin, key: str, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        if not await archive_custom_field(db, signed.tenant, key, made):
            raise NotHere(gettext("There is no such custom field."))
    return back(FIELDS, "put-away")


def _filled(form: FormData, *names: str) -> dict[str, str]:
    return {name: text for name in names if (text := text_of(form, name))}


def _with_others(
    form: FormData, filled: dict[str, str], rows: Sequence[StatusSettings | CustomFieldSettings]
) -> dict[str, str] | Refusal:
    """Keep beside what was typed into a row what others changed of it meanwhile; a new one has a new key."""
    key, shown = filled.get("key", ""), text_of(form, meanwhile.FIELD)
    row = next((one for one in rows if one.key == key and key not in BUILT_IN), None)
    if "adding" in form:
        there = gettext("%(key)s is there already: change it where it stands, or take another key.", key=key)
        return Refusal(there, filled) if row else filled
    if row is None:
        gone = gettext("%(key)s was put into the archive meanwhile. Add it to bring it back.", key=key)
        return Refusal(gone, filled) if shown and key not in BUILT_IN else filled
    now = _as_drawn(row)
    kept = meanwhile.together({name: filled.get(name, "") for name in now}, shown, now)
    if kept.both:
        why = meanwhile.in_words(kept.both, LABELS, now)
        return Refusal(why, filled | kept.values, key, status=409)
    return {name: text for name, text in (filled | kept.values).items() if text}


def _refusal(why: str, form: FormData, filled: dict[str, str]) -> Refusal:
    row = "" if "adding" in form else filled.get("key", "")
    return Refusal(sentence(why), filled, row, text_of(form, meanwhile.FIELD))


def _as_drawn(row: StatusSettings | CustomFieldSettings) -> dict[str, str]:
    drawn = {"name": row.name, "position": str(row.position)}
    return drawn if isinstance(row, StatusSettings) else drawn | {"choices": "\n".join(row.choices)}


def _drawn(
    rows: Sequence[StatusSettings | CustomFieldSettings], refusal: Refusal | None
) -> dict[str, dict[str, str]]:
    """Return the fields of each row by its key, with marks; of the refused one as they were typed."""
    drawn = {row.key: _as_drawn(row) | {"wrong": ""} for row in rows}
    for key, row in drawn.items():
        row["as_shown"] = meanwhile.marks({name: text for name, text in row.items() if name != "wrong"})
        if refusal and refusal.row == key:
            row |= {name: refusal.filled.get(name, "") for name in row if name not in {"wrong", "as_shown"}}
            row |= {"wrong": refusal.why, "as_shown": refusal.as_shown or row["as_shown"]}
    return drawn


# Any: differs by name
def _context(rows: Sequence[StatusSettings | CustomFieldSettings], refusal: Refusal | None) -> dict[str, Any]:
    of_new = refusal if refusal and not any(row.key == refusal.row for row in rows) else None
    return {
        "rows": rows,
        "drawn": _drawn(rows, refusal),
        "wrong": of_new.why if of_new else "",
        "filled": of_new.filled if of_new else {},
    }


def _problem(error: ValidationError) -> str:
    return " ".join(
        f"{gettext(LABELS.get(name, name))}: {text}" if name else text
        for name, text in problems_of(error).items()
    )


async def _statuses(
    desk: Desk, signed: SignedIn, *, said: str = "", refusal: Refusal | None = None
) -> Response:
    async with desk.reading(signed.user) as reading:
        rows = await status_choices(reading)
        return await show(
            desk,
            reading,
            signed,
            "statuses.html",
            status=refusal.status if refusal else 200,
            said=said,
            **_context(rows, refusal),
            built_in=BUILT_IN,
            categories=list(Category),
            history=await option_changes(reading, kind="statuses"),
            in_words=in_words,
            place="settings",
        )


async def _fields(
    desk: Desk, signed: SignedIn, *, said: str = "", refusal: Refusal | None = None
) -> Response:
    async with desk.reading(signed.user) as reading:
        rows = await custom_fields_of(reading)
        return await show(
            desk,
            reading,
            signed,
            "custom_fields.html",
            status=refusal.status if refusal else 200,
            said=said,
            **_context(rows, refusal),
            types=list(FieldType),
            history=await option_changes(reading, kind="custom_fields"),
            in_words=in_words,
            place="settings",
        )
