"""Subscriptions: make, show, renew, authorize anew, remove. A notification URL proves itself first."""

from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field

from sandbox.admission import GraphRoute, Visit, Visiting, origin_of
from sandbox.envelope import dressed
from sandbox.errors import GraphError, bad_request, extension_error
from sandbox.folders import find_folder
from sandbox.graph.routing import posted
from sandbox.house import House
from sandbox.paths import canonical
from sandbox.rendering import GraphJson, Json, stamp
from sandbox.shapes import Shape, Text
from sandbox.subscribing import (
    CHANGES,
    MOST,
    Subscription,
    Wanted,
    add_subscription,
    change_subscription,
    find_subscription,
    reauthorize,
    remove_subscription,
    subscriptions_of,
)
from sandbox.validating import validate

LONGEST, SHORTEST = timedelta(minutes=10_070), timedelta(minutes=45)
"""What Graph enforces for messages; its page says 10,080. A shorter life is raised."""
_LOCAL = ("localhost", "127.0.0.1", "::1")
_OPERATIONS = {"POST": "Create", "PATCH": "Update", "DELETE": "Delete"}
_OF_EXCHANGE = {
    "ErrorAccessDenied": "Forbidden",
    "MailboxNotEnabledForRESTAPI": "REST API is not yet supported for this mailbox.",
    "ErrorInvalidUser": "Not Found",
}
"""What Exchange refuses, which Graph passes on in words of its own."""


class SubscriptionIn(Shape):
    """A subscription as a client writes it."""

    change_type: Text = ""
    notification_url: Text = ""
    lifecycle_notification_url: Text | None = None
    resource: Text = ""
    expiration_date_time: AwareDatetime | None = None
    client_state: Annotated[Text, Field(max_length=128)] | None = None
    latest_supported_tls_version: Text | None = None
    include_resource_data: bool | None = None


class SubscriptionRoute(GraphRoute):
    """A route that finds its mailbox through the subscription, or the resource that is to be watched."""

    # FastAPI's own signature.
    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def passed_on(request: Request) -> Response:
            try:
                return await handle(request)
            except GraphError as error:
                operation, reason = _OPERATIONS.get(request.method), _OF_EXCHANGE.get(error.code)
                if operation is None or reason is None:
                    raise
                raise extension_error(operation, error.status, reason) from error

        return passed_on

    async def user_of(self, request: Request) -> str:
        if "subscription" not in request.path_params:
            return _place((await posted(request, SubscriptionIn)).resource)[0]
        house: House = request.app.state.house
        claims = house.tokens.check(request.headers.get("authorization"), origin_of(request))
        return find_subscription(house.store, request.path_params["subscription"], claims.appid).mailbox


router = APIRouter(prefix="/v1.0/subscriptions", route_class=SubscriptionRoute)
every = APIRouter(prefix="/v1.0/subscriptions")


@every.get("")
async def list_subscriptions(request: Request) -> Response:
    """The app's own."""
    house: House = request.app.state.house
    claims = house.tokens.check(request.headers.get("authorization"), origin_of(request))
    root = f"{origin_of(request)}/v1.0"
    found = [_json(one) for one in subscriptions_of(house.store, app=claims.appid)]
    return dressed(request, GraphJson({"@odata.context": f"{root}/$metadata#subscriptions", "value": found}))


@router.post("", tags=["subscription"])
async def subscribe(visit: Visiting, request: Request) -> Response:
    written = await posted(request, SubscriptionIn)
    wanted = _wanted(visit, written)
    if len(subscriptions_of(visit.store, mailbox=visit.mailbox.id)) >= MOST:
        raise extension_error(
            "Create", HTTPStatus.FORBIDDEN, f"The limit of {MOST} subscriptions is reached."
        )
    for url in dict.fromkeys((wanted.url, wanted.lifecycle_url or wanted.url)):
        await validate(url)
    made = add_subscription(visit.store, visit.mailbox.id, visit.app, wanted)
    return GraphJson(_entity(visit, made, told=written.client_state), HTTPStatus.CREATED)


@router.get("/{subscription}", tags=["subscription"])
async def show_subscription(visit: Visiting, subscription: str) -> Response:
    return GraphJson(_entity(visit, find_subscription(visit.store, subscription)))


@router.patch("/{subscription}", tags=["subscription"])
async def renew(visit: Visiting, request: Request, subscription: str) -> Response:
    """Another end, another URL, or both; either authorizes it anew."""
    written, found = await posted(request, SubscriptionIn), find_subscription(visit.store, subscription)
    if written.expiration_date_time is None and not written.notification_url:
        raise bad_request(
            "Subscription must contain either the 'expirationDateTime' or 'notificationUrl' property and its"
            " value.",
            "ValidationError",
        )
    expires, url = found.wanted.expires, found.wanted.url
    if written.expiration_date_time is not None:
        expires = _expires(visit, written.expiration_date_time)
    if written.notification_url:
        url = _secure(visit, written.notification_url)
        await validate(url)
    change_subscription(visit.store, found, expires=expires, url=url)
    return GraphJson(_entity(visit, find_subscription(visit.store, subscription)))


@router.delete("/{subscription}", tags=["subscription"])
async def unsubscribe(visit: Visiting, subscription: str) -> Response:
    remove_subscription(visit.store, find_subscription(visit.store, subscription))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/{subscription}/reauthorize", tags=["subscription"])
async def authorize_anew(visit: Visiting, subscription: str) -> Response:
    reauthorize(visit.store, find_subscription(visit.store, subscription))
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _wanted(visit: Visit, written: SubscriptionIn) -> Wanted:
    """What was asked for, checked before anybody is called."""
    kinds = [kind.strip() for kind in written.change_type.split(",")]
    if any(kind not in CHANGES for kind in kinds):
        raise bad_request("The changeType must be created, updated or deleted.", "ValidationError")
    if written.expiration_date_time is None:
        raise bad_request("The expirationDateTime is missing.", "ValidationError")
    if written.include_resource_data:
        raise bad_request("Resource data needs an encryptionCertificate.", "ValidationError")
    lifecycle = written.lifecycle_notification_url
    return Wanted(
        resource=written.resource,
        folder=_folder(visit, written.resource),
        changes=",".join(kinds),
        url=_secure(visit, written.notification_url),
        lifecycle_url=_secure(visit, lifecycle) if lifecycle else None,
        client_state=written.client_state,
        tls_version=written.latest_supported_tls_version or "v1_2",
        immutable_ids=visit.prefers.immutable_ids,
        expires=_expires(visit, written.expiration_date_time),
    )


def _place(resource: str) -> tuple[str, str | None]:
    """The user and the folder that a resource names; no folder: all of them."""
    parts = canonical("/" + resource.strip("/")).strip("/").split("/")
    match parts:
        case ["users", user, "messages"]:
            return user, None
        case ["users", user, "mailFolders", folder, "messages"]:
            return user, folder
    raise _bad_resource(resource)


def _folder(visit: Visit, resource: str) -> str | None:
    _, folder = _place(resource)
    try:
        return None if folder is None else find_folder(visit.store, visit.mailbox.id, folder).id
    except GraphError as error:
        raise _bad_resource(resource) from error


def _bad_resource(resource: str) -> GraphError:
    reason = f"The value '{resource}' of parameter 'Resource' is invalid."
    return extension_error("Create", HTTPStatus.BAD_REQUEST, reason)


def _expires(visit: Visit, asked: datetime) -> int:
    now, wanted = visit.store.now(), int(asked.timestamp())
    if wanted <= now:
        raise bad_request("The expirationDateTime must be in the future.", "ValidationError")
    if wanted - now > LONGEST.total_seconds():
        minutes = int(LONGEST.total_seconds() / 60)
        raise bad_request(
            f"Subscription expiration can only be {minutes} minutes in the future.", "ExtensionError"
        )
    return max(wanted, now + int(SHORTEST.total_seconds()))


def _secure(visit: Visit, url: str) -> str:
    parts = urlsplit(url)
    plain = parts.scheme == "http" and (parts.hostname in _LOCAL or visit.house.plain_hooks)
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise bad_request("The notification URL must be an HTTPS address.", "ValidationError")
    return url


def _entity(visit: Visit, subscription: Subscription, *, told: str | None = None) -> Json:
    return {"@odata.context": f"{visit.root}/$metadata#subscriptions/$entity", **_json(subscription, told)}


def _json(subscription: Subscription, client_state: str | None = None) -> Json:
    """The clientState is told once, to whoever made it."""
    wanted = subscription.wanted
    return {
        "id": subscription.id,
        "resource": wanted.resource,
        "applicationId": subscription.app,
        "changeType": wanted.changes,
        "clientState": client_state,
        "notificationUrl": wanted.url,
        "notificationQueryOptions": None,
        "lifecycleNotificationUrl": wanted.lifecycle_url,
        "expirationDateTime": stamp(wanted.expires),
        "creatorId": subscription.app,
        "includeResourceData": None,
        "latestSupportedTlsVersion": wanted.tls_version,
        "encryptionCertificate": None,
        "encryptionCertificateId": None,
        "notificationUrlAppId": None,
    }
