"""Tenants, for operators of the installation: all of them, and a new one."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.configuration.accounts import UNDONE, Wanted
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotAllowed
from services.desk.forms.fields import text_of
from services.desk.installation import new_tenant, tenants_here
from services.desk.languages import gettext
from services.desk.making import Making
from services.desk.pages.showing import back, show
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.signin.passwords import SHORTEST
from services.desk.wording.plain import sentence

router = APIRouter(prefix="/settings/tenants", include_in_schema=False)


async def operator(signed: Admin) -> SignedIn:
    if not signed.user.is_operator:
        raise NotAllowed(gettext("This page is for operators of the installation."))
    return signed


Operator = Annotated[SignedIn, Depends(operator)]


@router.get("")
async def tenants_room(desk: TheDesk, signed: Operator, said: str = "") -> Response:
    return await _page(desk, signed, said=said)


@router.post("")
async def add(desk: TheDesk, signed: Operator, form: Form, made: Making) -> Response:
    tenant, name = text_of(form, "tenant"), text_of(form, "name")
    address, password = text_of(form, "address"), str(form.get("password", ""))
    admin = Wanted(address=address, role="admin") if address else None
    try:
        await new_tenant(desk.engine, tenant, name, made, admin=admin, password=password or None)
    except UNDONE as error:
        return await _page(desk, signed, wrong=sentence(str(error)), form=form)
    return back("/settings/tenants", "tenant")


async def _page(
    desk: Desk, signed: SignedIn, *, said: str = "", wrong: str = "", form: FormData | None = None
) -> Response:
    rows, many = await tenants_here(desk.engine)
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "tenants.html",
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            rows=rows,
            many=many,
            filled={key: text_of(form, key) if form else "" for key in ("tenant", "name", "address")},
            shortest=SHORTEST,
            place="settings",
        )
