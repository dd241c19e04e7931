"""How the people of this tenant sign in: settings of its administrators."""

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.configuration.signins import SignInSettings, has_secret, set_sign_in, settings_of
from services.desk.desk import Desk, TheDesk
from services.desk.forms.fields import text_of
from services.desk.forms.values import in_words
from services.desk.making import Making
from services.desk.pages.provider import BACK
from services.desk.pages.showing import back, show
from services.desk.queries.settings import option_changes
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.signin.signing import opener_of
from services.desk.signin.vouching import wrong_with

router = APIRouter(prefix="/settings/sign-in", include_in_schema=False)

LONGEST = 500


@router.get("")
async def sign_in_settings(request: Request, desk: TheDesk, signed: Admin, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        now = await settings_of(reading.db, reading.tenant)
    return await _page(request, desk, signed, now, said=said)


@router.post("")
async def save(request: Request, desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    wanted, secret = _wanted(form), str(form.get("secret", "")).strip()[:LONGEST]
    async with desk.reading(signed.user) as reading:
        now = await settings_of(reading.db, reading.tenant)
    if wrong := await wrong_with(desk, wanted, now):
        return await _page(request, desk, signed, wanted, wrong=wrong)
    seal = opener_of(desk).sealer.seal
    async with desk.writing(signed.tenant) as db:
        changed = await set_sign_in(db, signed.tenant, wanted, secret, seal, made)
    return back("/settings/sign-in", "sign-in" if changed else "same")


def _wanted(form: FormData) -> SignInSettings:
    factor = "second_factor" in form
    if "without" in form:
        return SignInSettings(factor)
    texts = {name: text_of(form, name)[:LONGEST] or None for name in ("issuer", "client_id", "called")}
    return SignInSettings(factor, adds_users="adds_users" in form, own_factor="own_factor" in form, **texts)


async def _page(
    request: Request, desk: Desk, signed: SignedIn, now: SignInSettings, *, said: str = "", wrong: str = ""
) -> Response:
    base = (desk.public_url or str(request.base_url)).rstrip("/")
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "sign_in_settings.html",
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            sign_in=now,
            kept=await has_secret(reading.db, reading.tenant),
            come_back=f"{base}{BACK}",
            history=await option_changes(reading, kind="sign_in"),
            in_words=in_words,
            place="settings",
        )
