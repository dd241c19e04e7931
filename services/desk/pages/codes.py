"""Between a right password and the desk: the code of a second factor, or setting one up where it must be."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from services.desk.configuration.auditing import Act, record
from services.desk.configuration.factors import (
    Counts,
    begin_factor,
    code_counts,
    confirm_factor,
    in_fours,
    picture_of,
)
from services.desk.configuration.remembering import Made
from services.desk.desk import Desk, TheDesk
from services.desk.errors import FormTokenWrong, NotSignedIn
from services.desk.forms.fields import text_of
from services.desk.languages import gettext, later
from services.desk.making import client_of
from services.desk.pages.signin import safe
from services.desk.rendering import bare_page
from services.desk.signin.attempts import Attempt, succeeded, take_attempt
from services.desk.signin.auth import COOKIE, SignedIn, check_form, session_of, tenant_in
from services.desk.signin.sessions import end_session, set_cookie
from services.desk.signin.signing import CODE, NOBODY, SETUP, admit, opener_of

router = APIRouter(prefix="/sign-in", include_in_schema=False)

Onward = Annotated[str, Query(alias="next")]
WRONG = later("This code does not count: it is wrong, older than a minute, or was used. Type the next one.")


@router.get("/code")
async def code_page(request: Request, desk: TheDesk, onward: Onward = "/") -> Response:
    half = await _half(request, desk, CODE)
    return _code_page(request, half, onward)


@router.post("/code")
async def take_code(request: Request, desk: TheDesk) -> Response:
    half, form = await _half_form(request, desk, CODE)
    user, onward, now = half.user, safe(text_of(form, "next")), desk.clock()
    attempt = Attempt(f"code/{user.id}", client_of(request))
    async with desk.writing(user.tenant) as db:
        wait = await take_attempt(db, user.tenant, attempt, now)
        if wait:
            text = gettext(
                "Too many attempts. Try again in %(seconds)s s.", seconds=int(wait.total_seconds()) + 1
            )
            return _code_page(request, half, onward, text, 429)
        counts = await code_counts(db, user.tenant, user.id, text_of(form, "code"), opener_of(desk), now)
        if counts is None:
            await record(
                db, user.tenant, Act.FAILED, Made(NOBODY, now, client_of(request)), user.id, why="code"
            )
            return _code_page(request, half, onward, gettext(WRONG), 401)
        await succeeded(db, user.tenant, attempt)
        if counts is Counts.RECOVERY:
            made = Made(user.called, now, client_of(request))
            await record(db, user.tenant, Act.RECOVERY_USED, made, user.id)
        await end_session(db, request.cookies.get(COOKIE, ""))
        begun = await admit(desk, db, user, request, onward, how=f"{half.how} and {counts.value}")
    response = RedirectResponse(begun.onward, status_code=303)
    set_cookie(response, request, begun.value)
    return response


@router.get("/second-factor")
async def setup_page(request: Request, desk: TheDesk, onward: Onward = "/") -> Response:
    return await _setup_page(request, desk, await _half(request, desk, SETUP), onward)


@router.get("/second-factor/qr.svg")
async def setup_picture(request: Request, desk: TheDesk) -> Response:
    half = await _half(request, desk, SETUP)
    async with desk.writing(half.tenant) as db:
        secret = await begin_factor(db, half.tenant, half.user.id, opener_of(desk))
    return Response(picture_of(secret, half.user.address), media_type="image/svg+xml")


@router.post("/second-factor")
async def set_up(request: Request, desk: TheDesk) -> Response:
    half, form = await _half_form(request, desk, SETUP)
    user, onward = half.user, safe(text_of(form, "next"))
    made = Made(user.called, desk.clock(), client_of(request))
    async with desk.writing(user.tenant) as db:
        codes = await confirm_factor(db, user.tenant, user.id, text_of(form, "code"), opener_of(desk), made)
        if codes is None:
            return await _setup_page(request, desk, half, onward, gettext(WRONG))
        await end_session(db, request.cookies.get(COOKIE, ""))
        begun = await admit(desk, db, user, request, onward, how=f"{half.how} and new second factor")
    response = bare_page(request, "recovery_codes.html", codes=codes, onward=begun.onward)
    set_cookie(response, request, begun.value)
    return response


def _code_page(request: Request, half: SignedIn, onward: str, error: str = "", status: int = 200) -> Response:
    facts = {"csrf": half.form_token, "onward": safe(onward), "error": error, "address": half.user.address}
    return bare_page(request, "code.html", status, **facts)


async def _setup_page(request: Request, desk: Desk, half: SignedIn, onward: str, error: str = "") -> Response:
    async with desk.writing(half.tenant) as db:
        secret = await begin_factor(db, half.tenant, half.user.id, opener_of(desk))
    return bare_page(
        request,
        "factor_setup.html",
        422 if error else 200,
        csrf=half.form_token,
        onward=safe(onward),
        error=error,
        secret=in_fours(secret),
        action="/sign-in/second-factor",
        picture="/sign-in/second-factor/qr.svg",
        why=gettext("Your organisation asks for a second factor."),
        leave="/sign-in",
    )


async def _half(request: Request, desk: Desk, waits_for: str) -> SignedIn:
    """Whose password was right a moment ago. Raises NotSignedIn."""
    value = request.cookies.get(COOKIE, "")
    tenant = tenant_in(value)
    if tenant is None:
        raise NotSignedIn
    async with desk.reading_all(tenant) as reading:
        found = await session_of(reading, value, desk.clock(), waits_for)
    if found is None:
        raise NotSignedIn
    return found


async def _half_form(request: Request, desk: Desk, waits_for: str) -> tuple[SignedIn, FormData]:
    """The same with the form they sent. Raises FormTokenWrong."""
    try:
        half = await _half(request, desk, waits_for)
    except NotSignedIn as error:
        raise FormTokenWrong from error
    form = await request.form(max_files=0, max_fields=10)
    check_form(form, half)
    return half, form
