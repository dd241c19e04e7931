"""Sign in by an OpenID provider: there, and back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from services.desk.auth import same
from services.desk.configuration.accounts import NotDone
from services.desk.configuration.auditing import Act, record
from services.desk.configuration.remembering import Made
from services.desk.configuration.signins import provider_of, user_vouched_for
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere, TenantSuspended
from services.desk.languages import gettext
from services.desk.making import client_of
from services.desk.pages.signin import page, safe
from services.desk.providers import Asked, NoWord, Provider, Vouched, authorization, discover, vouched_for
from services.desk.queries.people import user_named
from services.desk.queries.reading import Reading
from services.desk.rendering import sentence
from services.desk.sessions import put_cookie, set_cookie
from services.desk.signing import NOBODY, Denied, admit, opener_of
from shared.blobs.store import TENANT
from shared.contracts.errors import Permanent
from shared.storage.config import tenants

router = APIRouter(prefix="/sign-in/provider", include_in_schema=False)

COOKIE = "postroom_provider"
BACK = "/sign-in/provider/back"
ASKED_FOR = timedelta(minutes=10)
ASKED = TypeAdapter(tuple[datetime, Asked])


@router.get("")
async def ask(
    request: Request,
    desk: TheDesk,
    tenant: str = "default",
    onward: Annotated[str, Query(alias="next")] = "/",
) -> Response:
    """Send the browser there. A link and no form: the policy of our pages lets forms lead nowhere else."""
    provider = await _provider(desk, tenant)
    asked = Asked.anew(tenant, safe(onward))
    try:
        there = authorization(await discover(provider.issuer), provider, asked, _come_back(desk, request))
    except NoWord as error:
        return await page(request, desk, onward, tenant, denied=Denied(str(error), 502))
    response = RedirectResponse(there, status_code=303)
    put_cookie(response, request, COOKIE, _locked(desk, asked), ASKED_FOR, path=BACK)
    return response


@dataclass(frozen=True)
class Answer:
    """What the browser brings back from the provider."""

    code: str = ""
    state: str = ""
    iss: str = ""
    error: str = ""


@router.get("/back")
async def come_back(request: Request, desk: TheDesk, answer: Annotated[Answer, Depends()]) -> Response:
    asked = _unlocked(desk, request.cookies.get(COOKIE, ""))
    if asked is None or not same(answer.state, asked.state):
        late = gettext("This sign-in is older than 10 minutes, or began in another browser. Begin again.")
        return await page(request, desk, "/", asked.tenant if asked else "default", denied=Denied(late, 403))
    provider = await _provider(desk, asked.tenant)
    try:
        vouched = await _word(desk, request, asked, provider, answer)
        response = await _admitted(desk, request, asked, provider, vouched)
    except (NoWord, NotDone, Permanent) as refusal:
        made = Made(NOBODY, desk.clock(), client_of(request))
        async with desk.writing(asked.tenant) as db:
            await record(db, asked.tenant, Act.FAILED, made, None, why="provider")
        denied = Denied(sentence(str(refusal)))
        response = await page(request, desk, asked.onward, asked.tenant, denied=denied)
    response.delete_cookie(COOKIE, path=BACK)
    return response


async def _word(desk: Desk, request: Request, asked: Asked, provider: Provider, answer: Answer) -> Vouched:
    # RFC 9207: an answer of one provider is not taken to another
    if answer.error or not answer.code or answer.iss not in {"", provider.issuer}:
        raise NoWord(gettext("The provider did not sign you in. Begin again, or ask an administrator."))
    metadata = await discover(provider.issuer)
    return await vouched_for(metadata, provider, asked, answer.code, _come_back(desk, request))


async def _admitted(
    desk: Desk, request: Request, asked: Asked, provider: Provider, vouched: Vouched
) -> Response:
    """Begin a session. The provider has its own second factors, so none of ours is asked for."""
    made = Made(provider.called, desk.clock(), client_of(request))
    async with desk.writing(asked.tenant) as db:
        found = await user_vouched_for(db, asked.tenant, provider, vouched, made)
        user = await user_named(Reading(db, asked.tenant), found)
        if user is None:
            raise NotDone(gettext("You are in the archive here. An administrator takes you out of it."))
        suspended = select(tenants.c.suspended).where(tenants.c.id == asked.tenant)
        if (await db.execute(suspended)).scalar_one_or_none() is not False:
            raise TenantSuspended
        begun = await admit(desk, db, user, request, asked.onward, how=provider.called)
    response = RedirectResponse(begun.onward, status_code=303)
    set_cookie(response, request, begun.value)
    return response


async def _provider(desk: Desk, tenant: str) -> Provider:
    found = None
    if TENANT.fullmatch(tenant):
        async with desk.reading_all(tenant) as reading:
            found = await provider_of(reading.db, tenant, opener_of(desk))
    if found is None:
        raise NotHere(gettext("No provider signs people in here."))
    return found


def _come_back(desk: Desk, request: Request) -> str:
    """Where the provider sends the browser; it takes only an address that was entered there."""
    return f"{(desk.public_url or str(request.base_url)).rstrip('/')}{BACK}"


def _locked(desk: Desk, asked: Asked) -> str:
    text = ASKED.dump_json((desk.clock() + ASKED_FOR, asked)).decode()
    return opener_of(desk).safe(COOKIE).lock(text, COOKIE).hex()


def _unlocked(desk: Desk, value: str) -> Asked | None:
    """What was asked; None when it was not by this browser, or too long ago."""
    try:
        text = opener_of(desk).safe(COOKIE).unlock(bytes.fromhex(value), COOKIE)
        until, asked = ASKED.validate_json(text or "")
    except (ValueError, ValidationError):
        return None
    return asked if desk.clock() < until else None
