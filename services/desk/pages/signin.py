"""Sign in and out."""

import re
import secrets
from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import select

from services.desk.configuration.auditing import Act, record
from services.desk.configuration.signins import SignInSettings, settings_of
from services.desk.desk import Desk, TheDesk
from services.desk.errors import FormTokenWrong
from services.desk.forms.fields import text_of
from services.desk.making import CheckedMaking
from services.desk.rendering import bare_page
from services.desk.signin.auth import COOKIE, SIGN_IN_COOKIE, Signed, same
from services.desk.signin.sessions import end_session, put_cookie, set_cookie
from services.desk.signin.signing import Denied, sign_in_with_password
from services.desk.welcoming import nobody_yet
from shared.blobs.store import TENANT
from shared.storage.config import tenants

router = APIRouter(include_in_schema=False)

FORM_FOR = timedelta(hours=1)
TOKEN = re.compile(r"[A-Za-z0-9_-]{32}")


@router.get("/sign-in")
async def sign_in_page(
    request: Request,
    desk: TheDesk,
    onward: Annotated[str, Query(alias="next")] = "/",
    tenant: str = "default",
) -> Response:
    if await nobody_yet(desk):
        return RedirectResponse("/welcome", status_code=303)
    return await page(request, desk, onward, tenant)


@router.post("/sign-in")
async def sign_in(request: Request, desk: TheDesk) -> Response:
    form = await request.form(max_files=0, max_fields=10)
    if not same(text_of(form, "csrf"), request.cookies.get(SIGN_IN_COOKIE, "")):
        raise FormTokenWrong
    tenant, address = text_of(form, "tenant") or "default", text_of(form, "address").lower()
    onward = safe(text_of(form, "next"))
    password = str(form.get("password", ""))
    begun = await sign_in_with_password(desk, request, tenant, address, password, onward)
    if isinstance(begun, Denied):
        return await page(request, desk, onward, tenant, address=address, denied=begun)
    response = RedirectResponse(begun.onward, status_code=303)
    set_cookie(response, request, begun.value)
    response.delete_cookie(SIGN_IN_COOKIE, path="/sign-in")
    return response


@router.post("/sign-out")
async def sign_out(request: Request, desk: TheDesk, signed: Signed, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        await end_session(db, request.cookies.get(COOKIE, ""))
        await record(db, signed.tenant, Act.SIGNED_OUT, made, signed.user.id)
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


async def page(
    request: Request,
    desk: Desk,
    onward: str,
    tenant: str,
    *,
    address: str = "",
    denied: Denied | None = None,
) -> Response:
    """The form, and before it the button of a provider that the tenant has.

    Forms of one browser share their token: a page that was left open asks in the background and is sent here,
    and would make the form too old in which somebody is signing in.
    """
    known = request.cookies.get(SIGN_IN_COOKIE, "")
    token = known if TOKEN.fullmatch(known) else secrets.token_urlsafe(24)
    error, status = (denied.text, denied.status) if denied else ("", 200)
    name, own = "", SignInSettings()
    if TENANT.fullmatch(tenant):
        async with desk.reading_all(tenant) as reading:
            own = await settings_of(reading.db, tenant)
            found = await reading.db.execute(select(tenants.c.name).where(tenants.c.id == tenant))
            name = found.scalar_one_or_none() or ""
    context = {"onward": safe(onward), "tenant": tenant, "address": address, "error": error, "csrf": token}
    response = bare_page(request, "sign_in.html", status, organisation=name, own=own, **context)
    put_cookie(response, request, SIGN_IN_COOKIE, token, FORM_FOR, path="/sign-in")
    return response


def safe(path: str) -> str:
    """Only a path of our own: never another site, however it is written."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours and "\\" not in path else "/"
