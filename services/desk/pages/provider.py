"""Sign in by an OpenID provider: there, and back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import select

from services.desk.configuration.accounts import NotDone
from services.desk.configuration.auditing import Act, record
from services.desk.configuration.remembering import Made
from services.desk.configuration.signins import provider_of, user_vouched_for
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere, TenantSuspended
from services.desk.languages import gettext, later
from services.desk.making import client_of
from services.desk.pages.signin import page, safe
from services.desk.queries.people import user_named
from services.desk.queries.reading import Reading
from services.desk.rendering import begun
from services.desk.signin.attempts import ByProvider, give_back, take_attempt
from services.desk.signin.auth import same
from services.desk.signin.providers import Asked, Provider, Vouched, authorization, vouched_for
from services.desk.signin.published import Away, NoWord
from services.desk.signin.sessions import put_cookie, set_cookie
from services.desk.signin.signing import NOBODY, Denied, admit, ask_for_factor, opener_of
from services.desk.wording.plain import sentence
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
    if wait := await _counted(desk, request, tenant):
        return await page(request, desk, onward, tenant, denied=_too_often(wait))
    try:
        metadata = await desk.published.metadata(provider.issuer, desk.clock())
    except NoWord as error:
        # what it does not answer is nobody's attempt
        await _forgiven(desk, request, tenant, 1)
        return await page(request, desk, onward, tenant, denied=_unanswered(provider, error))
    there = authorization(metadata, provider, asked, _come_back(desk, request))
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
    if wait := await _counted(desk, request, asked.tenant):
        return await page(request, desk, asked.onward, asked.tenant, denied=_too_often(wait))
    try:
        vouched = await _word(desk, request, asked, provider, answer)
        response = await _admitted(desk, request, asked, provider, vouched)
        await _forgiven(desk, request, asked.tenant, 2)
    except Away as error:
        await _forgiven(desk, request, asked.tenant, 2)
        denied = _unanswered(provider, error)
        response = await page(request, desk, asked.onward, asked.tenant, denied=denied)
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
        raise NoWord(later("The provider did not sign you in. Begin again, or ask an administrator."))
    back = _come_back(desk, request)
    return await vouched_for(desk.published, provider, asked, answer.code, back, desk.clock())


async def _counted(desk: Desk, request: Request, tenant: str) -> timedelta:
    """Count a way there or back, and return zero; or return how long to wait before one."""
    async with desk.writing(tenant) as db:
        return await take_attempt(db, tenant, ByProvider(client_of(request)), desk.clock())


async def _forgiven(desk: Desk, request: Request, tenant: str, count: int) -> None:
    async with desk.writing(tenant) as db:
        await give_back(db, tenant, ByProvider(client_of(request)), count)


def _too_often(wait: timedelta) -> Denied:
    seconds = int(wait.total_seconds()) + 1
    said = gettext(
        "Too many attempts from here. Try again in %(seconds)s s, or sign in by password.", seconds=seconds
    )
    return Denied(said, 429)


def _unanswered(provider: Provider, error: NoWord) -> Denied:
    if not isinstance(error, Away):
        said = gettext("%(why)s An administrator sets it right under Settings, Sign-in.", why=error)
        return Denied(said, 502)
    said = gettext(
        "%(provider)s does not answer now: %(why)s. Try again in a minute, or sign in by password.",
        provider=begun(provider.called),
        why=error,
    )
    return Denied(said, 502)


async def _admitted(
    desk: Desk, request: Request, asked: Asked, provider: Provider, vouched: Vouched
) -> Response:
    """Begin a session. The provider has second factors of its own; ours is asked where the tenant says so."""
    made = Made(provider.called, desk.clock(), client_of(request))
    async with desk.writing(asked.tenant) as db:
        found = await user_vouched_for(db, asked.tenant, provider, vouched, made)
        user = await user_named(Reading(db, asked.tenant), found)
        if user is None:
            raise NotDone(gettext("You are in the archive here. An administrator takes you out of it."))
        suspended = select(tenants.c.suspended).where(tenants.c.id == asked.tenant)
        if (await db.execute(suspended)).scalar_one_or_none() is not False:
            raise TenantSuspended
        how, onward = provider.called, asked.onward
        begun = (
            await ask_for_factor(desk, db, user, request, onward, how=how, needed=True)
            if provider.own_factor
            else await admit(desk, db, user, request, onward, how=how)
        )
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
