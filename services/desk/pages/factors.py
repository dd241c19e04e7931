"""The second factor of whoever is signed in: set up, given new recovery codes, removed."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from services.desk.configuration.factors import (
    begin_anew,
    begin_factor,
    confirm_factor,
    in_fours,
    make_codes,
    picture_of,
    remove_factor,
    required,
    secret_of,
)
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import text_of
from services.desk.languages import gettext
from services.desk.making import Making
from services.desk.pages.codes import WRONG
from services.desk.pages.security import page, wrong_password
from services.desk.pages.showing import back
from services.desk.rendering import bare_page
from services.desk.signin.auth import Form, Signed, SignedIn
from services.desk.signin.sessions import renew_session, set_cookie
from services.desk.signin.signing import opener_of

router = APIRouter(prefix="/me/security/second-factor", include_in_schema=False)

HERE = "/me/security"


@router.post("")
async def begin(desk: TheDesk, signed: Signed, form: Form, made: Making) -> Response:
    if wrong := await wrong_password(desk, signed, str(form.get("password", "")), made.client):
        return await page(desk, signed, wrong=wrong)
    async with desk.writing(signed.tenant) as db:
        await begin_anew(db, signed.tenant, signed.user.id)
        await begin_factor(db, signed.tenant, signed.user.id, opener_of(desk))
    return RedirectResponse(f"{HERE}/second-factor", status_code=303)


@router.get("")
async def setup_page(request: Request, desk: TheDesk, signed: Signed) -> Response:
    if await _pending(desk, signed) is None:
        return RedirectResponse(HERE, status_code=303)
    return await _setup(request, desk, signed)


@router.get("/qr.svg")
async def setup_picture(desk: TheDesk, signed: Signed) -> Response:
    secret = await _pending(desk, signed)
    if secret is None:
        raise NotHere(gettext("No second factor is being set up."))
    return Response(picture_of(secret, signed.user.address), media_type="image/svg+xml")


@router.post("/confirm")
async def confirm(request: Request, desk: TheDesk, signed: Signed, form: Form, made: Making) -> Response:
    async with desk.writing(signed.tenant) as db:
        codes = await confirm_factor(
            db, signed.tenant, signed.user.id, text_of(form, "code"), opener_of(desk), made
        )
        value = await renew_session(desk, db, signed, request) if codes else ""
    if codes is None:
        return await _setup(request, desk, signed, gettext(WRONG))
    response = bare_page(request, "recovery_codes.html", codes=codes, onward=HERE)
    set_cookie(response, request, value)
    return response


@router.post("/codes")
async def new_codes(request: Request, desk: TheDesk, signed: Signed, form: Form, made: Making) -> Response:
    if wrong := await wrong_password(desk, signed, str(form.get("password", "")), made.client):
        return await page(desk, signed, wrong=wrong)
    async with desk.writing(signed.tenant) as db:
        if await secret_of(db, signed.tenant, signed.user.id, opener_of(desk), confirmed=True) is None:
            return back(HERE, "same")
        codes = await make_codes(db, signed.tenant, signed.user.id, made)
    return bare_page(request, "recovery_codes.html", codes=codes, onward=HERE)


@router.post("/off")
async def remove(request: Request, desk: TheDesk, signed: Signed, form: Form, made: Making) -> Response:
    if wrong := await wrong_password(desk, signed, str(form.get("password", "")), made.client):
        return await page(desk, signed, wrong=wrong)
    async with desk.writing(signed.tenant) as db:
        if await required(db, signed.tenant):
            asked = gettext(
                "Your organisation asks for a second factor, so it stays. An administrator can remove it."
            )
            return await page(desk, signed, wrong=asked)
        done = await remove_factor(db, signed.tenant, signed.user.id, made)
        value = await renew_session(desk, db, signed, request)
    response = back(HERE, "factor-off" if done else "same")
    set_cookie(response, request, value)
    return response


async def _pending(desk: Desk, signed: SignedIn) -> str | None:
    async with desk.reading(signed.user) as reading:
        return await secret_of(reading.db, reading.tenant, signed.user.id, opener_of(desk), confirmed=False)


async def _setup(request: Request, desk: Desk, signed: SignedIn, error: str = "") -> Response:
    secret = await _pending(desk, signed)
    if secret is None:
        return RedirectResponse(HERE, status_code=303)
    return bare_page(
        request,
        "factor_setup.html",
        422 if error else 200,
        csrf=signed.form_token,
        onward="",
        error=error,
        secret=in_fours(secret),
        action=f"{HERE}/second-factor/confirm",
        picture=f"{HERE}/second-factor/qr.svg",
        why=gettext("From then on a code is asked for after the password."),
        leave=HERE,
    )
