"""The door of Graph: who asks, for which mailbox, in which weather, and what becomes of the answer."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request, Response
from fastapi.routing import APIRoute

from sandbox.envelope import dressed
from sandbox.errors import GraphError, bad_request, refusal, throttled, too_large, unavailable
from sandbox.gateway import SpoiltError, dropped, garbled, hanging, html, trickling
from sandbox.house import House
from sandbox.knobs import Fault, Weather
from sandbox.mailboxes import Mailbox, find_mailbox
from sandbox.store import Store
from sandbox.tokens import Claims, challenged
from sandbox.usage import Usage

_MAX_BODY_BYTES = 4 * 1024 * 1024
_ENTRA = "https://login.microsoftonline.com"
_DISABLED = "The mailbox is either inactive, soft-deleted, or is hosted on-premise."


@dataclass(frozen=True)
class Preferences:
    """What the Prefer header asks for."""

    immutable_ids: bool = False
    text_bodies: bool = False
    html_bodies: bool = False
    unsafe_html: bool = False
    page_size: int | None = None


@dataclass(frozen=True)
class Visit:
    """One admitted request to one mailbox."""

    house: House
    mailbox: Mailbox
    weather: Weather
    prefers: Preferences
    usage: Usage
    user: str
    """The mailbox as the client addressed it; Graph repeats it in its links."""
    root: str
    app: str

    @property
    def store(self) -> Store:
        return self.house.store


class GraphRoute(APIRoute):
    """A route of one mailbox; its tag names the operation that knobs and faults know."""

    async def user_of(self, request: Request) -> str:
        """Who owns the mailbox that is asked for, as the client addresses them."""
        return str(request.path_params["user"])

    # FastAPI's own signature.
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        operation = str(self.tags[0])

        async def admitted(request: Request) -> Response:
            house: House = request.app.state.house
            claims = house.tokens.check(request.headers.get("authorization"), origin_of(request))
            if _body_size(request) > _MAX_BODY_BYTES:
                raise too_large()
            visit = _enter(request, operation, await self.user_of(request), claims)
            request.state.visit = visit
            with visit.weather.flight() as in_flight, visit.usage.request(operation, _body_size(request)):
                await asyncio.sleep(
                    visit.weather.dice.between("latency_ms", *visit.weather.knobs.latency_ms) / 1000
                )
                _refuse_before(visit, operation, in_flight)
                response = await handle(request)
            response.headers.update(_applied(visit.prefers))
            return _spoilt(visit.weather, operation, dressed(request, response))

        return admitted


def failure(fault: Fault, answer: Response | None = None) -> Exception:
    """What the client gets of a fault; `answer` is what Graph would have said."""
    match fault.status:
        case 401 if fault.challenge:
            return challenged(_ENTRA, fault.challenge)
        case "drop":
            return SpoiltError(dropped())
        case "hang":
            return SpoiltError(hanging(fault.seconds))
        case "trickle":
            return SpoiltError(trickling(answer, fault.seconds))
        case "html":
            return SpoiltError(html())
        case "garbled":
            return SpoiltError(garbled(answer))
        case status:
            return refusal(status, fault.code, fault.message, fault.retry_after)


def visit_of(request: Request) -> Visit:
    visit: Visit = request.state.visit
    return visit


Visiting = Annotated[Visit, Depends(visit_of)]


def origin_of(request: Request) -> str:
    return f"{request.url.scheme}://{request.url.netloc}"


def _enter(request: Request, operation: str, user: str, claims: Claims) -> Visit:
    house: House = request.app.state.house
    _refuse_without_role(claims, operation, request.method)
    mailbox = find_mailbox(house.store, user)
    if mailbox is None:
        raise _unknown(user, operation)
    weather = house.weather(mailbox)
    wanted = weather.knobs.claims_challenge
    if wanted is not None and "CP1" in claims.xms_cc and claims.challenge != wanted:
        raise challenged(origin_of(request), wanted)
    root = f"{origin_of(request)}/v1.0"
    usage = house.usage(mailbox, claims.appid)
    return Visit(house, mailbox, weather, _preferences(request), usage, user, root, claims.appid)


def _refuse_without_role(claims: Claims, operation: str, method: str) -> None:
    """Each operation needs a permission of its own; reading is content with less."""
    match operation:
        case "user":
            enough = {"User.Read.All", "User.ReadWrite.All", "Directory.Read.All"}
        case "send":
            enough = {"Mail.Send"}
        case "subscription":
            enough = {"Mail.ReadWrite", "Mail.Read"}
        case _ if method == "GET":
            enough = {"Mail.ReadWrite", "Mail.Read"}
        case _:
            enough = {"Mail.ReadWrite"}
    if enough.isdisjoint(claims.roles):
        message = "Access is denied. Check credentials and try again."
        raise GraphError(HTTPStatus.FORBIDDEN, "ErrorAccessDenied", message)


def _body_size(request: Request) -> int:
    return int(request.headers.get("content-length", "0"))


def _unknown(user: str, operation: str) -> GraphError:
    if operation == "user":
        message = f"Resource '{user}' does not exist or one of its queried"
        message += " reference-property objects are not present."
        return GraphError(HTTPStatus.NOT_FOUND, "Request_ResourceNotFound", message)
    try:
        UUID(user)
    except ValueError:
        return GraphError(
            HTTPStatus.NOT_FOUND, "ErrorInvalidUser", f"The requested user '{user}' is invalid."
        )
    return GraphError(HTTPStatus.NOT_FOUND, "ResourceNotFound", "Resource could not be discovered.")


def _preferences(request: Request) -> Preferences:
    prefer = ",".join(request.headers.getlist("prefer"))
    size = re.search(r"odata\.maxpagesize\s*=\s*(\d+)", prefer, re.IGNORECASE)
    if size and int(size[1]) == 0:
        raise bad_request("The page size must be greater than zero.", "ErrorInvalidUrlQuery")
    return Preferences(
        immutable_ids=bool(re.search(r'IdType\s*=\s*"?ImmutableId\b', prefer, re.IGNORECASE)),
        text_bodies=bool(re.search(r'outlook\.body-content-type\s*=\s*"?text\b', prefer, re.IGNORECASE)),
        html_bodies=bool(re.search(r'outlook\.body-content-type\s*=\s*"?html\b', prefer, re.IGNORECASE)),
        unsafe_html=bool(re.search(r"outlook\.allow-unsafe-html\b", prefer, re.IGNORECASE)),
        page_size=int(size[1]) if size else None,
    )


def _applied(prefers: Preferences) -> dict[str, str]:
    applied = [
        'IdType="ImmutableId"' if prefers.immutable_ids else "",
        'outlook.body-content-type="text"' if prefers.text_bodies else "",
        'outlook.body-content-type="html"' if prefers.html_bodies else "",
        "outlook.allow-unsafe-html" if prefers.unsafe_html else "",
        f"odata.maxpagesize={prefers.page_size}" if prefers.page_size else "",
    ]
    named = ", ".join(filter(None, applied))
    return {"Preference-Applied": named} if named else {}


def _refuse_before(visit: Visit, operation: str, in_flight: int) -> None:
    weather, knobs = visit.weather, visit.weather.knobs
    if knobs.disabled:
        raise GraphError(HTTPStatus.NOT_FOUND, "MailboxNotEnabledForRESTAPI", _DISABLED)
    if knobs.auth_denied:
        message = "Access to OData is disabled."
        raise GraphError(HTTPStatus.FORBIDDEN, "ErrorAccessDenied", message)
    exceeded = visit.usage.exceeded() if knobs.realistic_limits else None
    if exceeded:
        raise throttled(knobs.retry_after, f"Application is over its {exceeded} limit.")
    if knobs.max_concurrent is not None and in_flight > knobs.max_concurrent:
        raise throttled(knobs.retry_after)
    if weather.happens("throttle"):
        raise throttled(knobs.retry_after)
    if weather.happens("fail_before"):
        raise unavailable()
    fault = weather.fault(operation, "before")
    if fault is not None:
        raise failure(fault)


def _spoilt(weather: Weather, operation: str, response: Response) -> Response:
    """The answer, or what the network makes of it after the work was done."""
    fault = weather.fault(operation, "after")
    if fault is not None:
        raise failure(fault, response)
    if operation == "send" and weather.happens("drop_after"):
        raise SpoiltError(dropped())
    if operation == "send" and weather.happens("fail_after"):
        raise unavailable()
    return response
