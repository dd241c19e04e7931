"""Sign in and out."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response

from services.desk.auth import (
    COOKIE,
    SESSION_FOR,
    SIGN_IN_COOKIE,
    Form,
    begin_session,
    end_session,
    same,
    user_with_password,
)
from services.desk.desk import TheDesk
from services.desk.errors import FormTokenWrong
from services.desk.pages.showing import text_of
from services.desk.rendering import bare_page

router = APIRouter(include_in_schema=False)

WRONG = (
    "Address, password or organisation is wrong. Check all three; an administrator can set a new password."
)


@router.get("/sign-in")
async def sign_in_page(
    request: Request, onward: Annotated[str, Query(alias="next")] = "/", tenant: str = "default"
) -> Response:
    return _page(request, onward, tenant)


@router.post("/sign-in")
async def sign_in(request: Request, desk: TheDesk) -> Response:
    form = await request.form(max_files=0, max_fields=10)
    if not same(text_of(form, "csrf"), request.cookies.get(SIGN_IN_COOKIE, "")):
        raise FormTokenWrong
    tenant, address = text_of(form, "tenant") or "default", text_of(form, "address").lower()
    onward = _safe(text_of(form, "next"))
    client = request.client.host if request.client else ""
    keys = (f"{tenant}/{address}/{client}",)
    wait = desk.attempts.wait(keys, desk.clock())
    if wait:
        seconds = int(wait.total_seconds()) + 1
        text = f"Too many attempts for this address. Try again in {seconds} s."
        return _page(request, onward, tenant, address=address, error=text, status=429)
    user = await user_with_password(desk, tenant, address, str(form.get("password", "")))
    if user is None:
        desk.attempts.failed(keys, desk.clock())
        return _page(request, onward, tenant, address=address, error=WRONG, status=401)
    desk.attempts.succeeded(keys)
    response = RedirectResponse(onward, status_code=303)
    value = await begin_session(desk, user)
    _set(response, request, COOKIE, value, seconds=int(SESSION_FOR.total_seconds()))
    response.delete_cookie(SIGN_IN_COOKIE, path="/sign-in")
    return response


@router.post("/sign-out")
async def sign_out(request: Request, desk: TheDesk, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    await end_session(desk, request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/sign-in", status_code=303)
    response.delete_cookie(COOKIE)
    return response


def _page(
    request: Request, onward: str, tenant: str, *, address: str = "", error: str = "", status: int = 200
) -> Response:
    token = secrets.token_urlsafe(24)
    context = {"onward": _safe(onward), "tenant": tenant, "address": address, "error": error, "csrf": token}
    response = bare_page(request, "sign_in.html", status, **context)
    _set(response, request, SIGN_IN_COOKIE, token, seconds=3600, path="/sign-in")
    return response


def _set(
    response: Response, request: Request, name: str, value: str, *, seconds: int, path: str = "/"
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )


def _safe(path: str) -> str:
    """Only a path of our own: never another site, however it is written."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours and "\\" not in path else "/"
