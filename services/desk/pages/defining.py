"""Statuses of a tenant's own and custom fields of tickets: added, changed, put away."""

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
from services.desk.forms.fields import text_of
from services.desk.forms.plugins import problems_of
from services.desk.forms.values import in_words
from services.desk.languages import gettext
from services.desk.making import CheckedMaking, Making
from services.desk.pages.showing import back, show
from services.desk.queries.defined import BUILT_IN_STATUSES, custom_fields_of, status_choices
from services.desk.queries.settings import option_changes
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.wording.plain import sentence
from shared.contracts.custom_fields import FieldType
from shared.contracts.statuses import Category

router = APIRouter(prefix="/settings", include_in_schema=False)

STATUSES, FIELDS = "/settings/statuses", "/settings/custom-fields"


@router.get("/statuses")
async def statuses_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _statuses(desk, signed, said=said)


@router.post("/statuses")
async def save_a_status(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    """Add one, rename one, or take one out of the archive: as the API, the key says which."""
    filled = _filled(form, "key", "name", "category", "position")
    try:
        wanted = StatusSettings.model_validate(filled)
    except ValidationError as error:
        return await _statuses(desk, signed, wrong=_problem(error), filled=filled)
    async with desk.writing(signed.tenant) as db:
        why = await save_status(db, signed.tenant, wanted, made)
    return await _statuses(desk, signed, wrong=why, filled=filled) if why else back(STATUSES, "defined")


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
    filled = _filled(form, "key", "name", "type", "position")
    choices = [line.strip() for line in text_of(form, "choices").splitlines() if line.strip()]
    try:
        wanted = CustomFieldSettings.model_validate({**filled, "choices": choices})
    except ValidationError as error:
        return await _fields(
            desk, signed, wrong=_problem(error), filled={**filled, "choices": "\n".join(choices)}
        )
    async with desk.writing(signed.tenant) as db:
        why = await save_custom_field(db, signed.tenant, wanted, made)
    return await _fields(desk, signed, wrong=why, filled=filled) if why else back(FIELDS, "defined")


@router.post("/custom-fields/{key}/archive")
async def archive_a_custom_field(desk: TheDesk, signed: Admin, key: str, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        if not await archive_custom_field(db, signed.tenant, key, made):
            raise NotHere(gettext("There is no such custom field."))
    return back(FIELDS, "put-away")


def _filled(form: FormData, *names: str) -> dict[str, str]:
    return {name: text for name in names if (text := text_of(form, name))}


def _problem(error: ValidationError) -> str:
    return " ".join(
        sentence(f"{name}: {text}" if name else text) for name, text in problems_of(error).items()
    )


async def _statuses(
    desk: Desk, signed: SignedIn, *, said: str = "", wrong: str = "", filled: dict[str, str] | None = None
) -> Response:
    async with desk.reading(signed.user) as reading:
        built_in = {one.key for one in BUILT_IN_STATUSES}
        return await show(
            desk,
            reading,
            signed,
            "statuses.html",
            status=422 if wrong else 200,
            said=said,
            wrong=sentence(wrong) if wrong else "",
            filled=filled or {},
            rows=await status_choices(reading),
            built_in=built_in,
            categories=list(Category),
            history=await option_changes(reading, kind="statuses"),
            in_words=in_words,
            place="settings",
        )


async def _fields(
    desk: Desk, signed: SignedIn, *, said: str = "", wrong: str = "", filled: dict[str, str] | None = None
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "custom_fields.html",
            status=422 if wrong else 200,
            said=said,
            wrong=sentence(wrong) if wrong else "",
            filled=filled or {},
            rows=await custom_fields_of(reading),
            types=list(FieldType),
            history=await option_changes(reading, kind="custom_fields"),
            in_words=in_words,
            place="settings",
        )
