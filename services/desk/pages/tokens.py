"""Tokens of whoever is signed in: made and shown once, listed, revoked."""

from collections.abc import Mapping
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.configuration.tokens import add_token, revoke_token
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid
from services.desk.forms.fields import text_of
from services.desk.languages import gettext, later
from services.desk.making import CheckedMaking, Making
from services.desk.pages.showing import back, show
from services.desk.queries.accounts import tokens_of
from services.desk.queries.people import Scope
from services.desk.signin.auth import Form, Signed, SignedIn

router = APIRouter(prefix="/me/tokens", include_in_schema=False)

LONGEST_NAME = 100
SCOPES: Mapping[Scope, tuple[str, str]] = {
    "read": (later("Read only"), later("It changes nothing.")),
    "write": (
        later("Read and write"),
        later("It works on tickets as you do, and leaves settings alone."),
    ),
    "admin": (later("Everything"), later("It does all that you may do, settings and users among it.")),
}


@router.get("")
async def tokens_room(desk: TheDesk, signed: Signed, said: str = "") -> Response:
    return await _page(desk, signed, said=said)


@router.post("")
async def make(desk: TheDesk, signed: Signed, form: Form, made: Making) -> Response:
    name, wanted = text_of(form, "name")[:LONGEST_NAME], text_of(form, "scope")
    scope = next((one for one in SCOPES if one == wanted), None)
    if not name:
        return await _page(desk, signed, wrong=gettext("A name says which program has it. Type one."))
    if scope is None:
        raise Invalid(
            gettext("There is no scope “%(scope)s”.", scope=wanted),
            remedy=gettext("It is read, write or admin."),
        )
    async with desk.writing(signed.tenant) as db:
        value = await add_token(db, signed.tenant, signed.user.id, name, scope, made)
    # shown in this answer and nowhere else: a redirect would have to carry it
    return await _page(desk, signed, value=value)


@router.post("/{token}/revoke")
async def revoke(desk: TheDesk, signed: Signed, token: UUID, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        done = await revoke_token(db, signed.tenant, token, made, signed.user.id)
    return back("/me/tokens", "revoked" if done else "same")


async def _page(
    desk: Desk, signed: SignedIn, *, said: str = "", wrong: str = "", value: str = ""
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "tokens.html",
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            value=value,
            scopes=SCOPES,
            rows=await tokens_of(reading, signed.user.id),
            place="me",
        )
