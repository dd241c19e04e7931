"""Statuses of a tenant's own and custom fields of tickets."""

from fastapi import APIRouter, Response

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.paging import Page, whole
from services.desk.configuration.customfields import (
    CustomFieldSettings,
    archive_custom_field,
    save_custom_field,
)
from services.desk.configuration.statuses import StatusSettings, archive_status, save_status
from services.desk.desk import TheDesk
from services.desk.errors import Conflict, NotHere
from services.desk.making import TokenMaking
from services.desk.queries.defined import custom_fields_of, status_choices
from services.desk.signin.auth import AdminToken, TokenUser
from services.desk.wording.plain import sentence

router = APIRouter(tags=["settings"])


@router.get("/statuses", summary="List the statuses that a ticket may have")
async def list_statuses(desk: TheDesk, user: TokenUser) -> Page[StatusSettings]:
    """All of them, the built-in ones first. Archived ones are left out, though old tickets have them."""
    async with desk.reading(user) as reading:
        return whole(await status_choices(reading))


@router.post("/statuses", status_code=201, summary="Add a status, or rename one", responses=REFUSED)
async def add_status(
    desk: TheDesk, user: AdminToken, wanted: StatusSettings, made: TokenMaking
) -> StatusSettings:
    """With a key that is known: the name changes, and it may be chosen again. Its category stays."""
    async with desk.writing(user.tenant) as db:
        if why := await save_status(db, user.tenant, wanted, made):
            raise Conflict(sentence(why))
    return wanted


@router.delete("/statuses/{key}", status_code=204, summary="Archive a status", responses=NOT_HERE)
async def remove_status(desk: TheDesk, user: AdminToken, key: str, made: TokenMaking) -> Response:
    """It may be chosen no more; tickets that have it keep it. Built-in ones stay."""
    async with desk.writing(user.tenant) as db:
        if not await archive_status(db, user.tenant, key, made):
            raise NotHere(f"There is no own status {key}.")
    return Response(status_code=204)


@router.get("/custom-fields", summary="List the custom fields of tickets")
async def list_custom_fields(desk: TheDesk, user: TokenUser) -> Page[CustomFieldSettings]:
    """All of them."""
    async with desk.reading(user) as reading:
        return whole(await custom_fields_of(reading))


@router.post(
    "/custom-fields", status_code=201, summary="Add a custom field, or change one", responses=REFUSED
)
async def add_custom_field(
    desk: TheDesk, user: AdminToken, wanted: CustomFieldSettings, made: TokenMaking
) -> CustomFieldSettings:
    """With a key that is known: name and choices change, and it may be set again. Its type stays."""
    async with desk.writing(user.tenant) as db:
        if why := await save_custom_field(db, user.tenant, wanted, made):
            raise Conflict(sentence(why))
    return wanted


@router.delete("/custom-fields/{key}", status_code=204, summary="Archive a custom field", responses=NOT_HERE)
async def remove_custom_field(desk: TheDesk, user: AdminToken, key: str, made: TokenMaking) -> Response:
    """It may be set no more; tickets keep its values."""
    async with desk.writing(user.tenant) as db:
        if not await archive_custom_field(db, user.tenant, key, made):
            raise NotHere(f"There is no custom field {key}.")
    return Response(status_code=204)
