"""How whoever is signed in shows who they are: their password, and where they are signed in."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.desk.configuration.accounts import end_sessions, keep_password
from services.desk.configuration.auditing import Act, record
from services.desk.configuration.factors import factor_of, required
from services.desk.desk import Desk, TheDesk
from services.desk.languages import gettext
from services.desk.making import CheckedMaking, Making
from services.desk.pages.showing import back, show
from services.desk.queries.accounts import has_password
from services.desk.signin.attempts import Attempt, succeeded, take_attempt
from services.desk.signin.auth import Form, Signed, SignedIn
from services.desk.signin.passwords import SHORTEST, ShortPasswordError
from services.desk.signin.sessions import renew_session, sessions_of, set_cookie
from services.desk.signin.signing import user_with_password

router = APIRouter(prefix="/me/security", include_in_schema=False)


@router.get("")
async def security_page(desk: TheDesk, signed: Signed, said: str = "") -> Response:
    return await page(desk, signed, said=said)


@router.post("/password")
async def change_password(
    request: Request, desk: TheDesk, signed: Signed, form: Form, made: Making
) -> Response:
    async with desk.reading(signed.user) as reading:
        has_one = await has_password(reading, signed.user.id)
    wrong = await wrong_password(desk, signed, str(form.get("old", "")), made.client)
    if not has_one:
        wrong = gettext("You have no password here. An administrator can set one.")
    if wrong:
        return await page(desk, signed, wrong=wrong)
    try:
        async with desk.writing(signed.tenant) as db:
            await keep_password(db, signed.tenant, signed.user.id, str(form.get("new", "")))
            await record(db, signed.tenant, Act.PASSWORD_CHANGED, made, signed.user.id)
            value = await renew_session(desk, db, signed, request)
    except ShortPasswordError:
        return await page(
            desk,
            signed,
            wrong=gettext("The new password needs at least %(shortest)s characters.", shortest=SHORTEST),
        )
    response = back("/me/security", "password-changed")
    set_cookie(response, request, value)
    return response


@router.post("/sessions/end")
async def sign_out_elsewhere(desk: TheDesk, signed: Signed, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        ended = await end_sessions(db, signed.tenant, signed.user.id, but=signed.digest)
        await record(db, signed.tenant, Act.SESSIONS_ENDED, made, signed.user.id, ended=str(ended))
    return back("/me/security", "elsewhere" if ended else "same")


async def wrong_password(desk: Desk, signed: SignedIn, typed: str, client: str) -> str:
    """Ask for somebody's own password, as slowly as at the sign-in; return what is wrong, or nothing. Whoever
    has none, since a provider vouches for them, is not asked."""
    tenant, attempt = signed.tenant, Attempt(signed.user.address, client)
    async with desk.reading(signed.user) as reading:
        if not await has_password(reading, signed.user.id):
            return ""
    async with desk.writing(tenant) as db:
        wait = await take_attempt(db, tenant, attempt, desk.clock())
    if wait:
        return gettext(
            "Too many attempts. Try again in %(seconds)s s.", seconds=int(wait.total_seconds()) + 1
        )
    user, _ = await user_with_password(desk, tenant, signed.user.address, typed)
    if user is None:
        return gettext("This is not your password now. Nothing was changed.")
    async with desk.writing(tenant) as db:
        await succeeded(db, tenant, attempt)
    return ""


async def page(desk: Desk, signed: SignedIn, *, said: str = "", wrong: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "security.html",
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            shortest=SHORTEST,
            has_password=await has_password(reading, signed.user.id),
            factor=await factor_of(reading.db, reading.tenant, signed.user.id),
            required=await required(reading.db, reading.tenant),
            sessions=await sessions_of(reading, signed, desk.clock()),
            place="me",
        )
