"""Change notifications: a wake-up for delta and not its replacement; nothing else is read from them."""

import html
from collections.abc import Mapping
from datetime import datetime, timedelta

from pydantic import AwareDatetime, Field, JsonValue, ValidationError

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.listing import Place
from plugins.mailboxes.graph.shapes import Read, read
from shared.contracts.errors import Permanent
from shared.contracts.waking import News
from shared.plugins.mailboxes import Gone
from shared.plugins.notifying import Notice, Subscription

LIFE = timedelta(minutes=10_000)
"""Graph's page allows 10,080 minutes, Graph itself 10,070."""
_LONGEST_TOKEN = 1_000
_NEWS = {
    "missed": News.MISSED,
    "subscriptionRemoved": News.REMOVED,
    "reauthorizationRequired": News.EXPIRING,
}


class SubscriptionRead(Read):
    id: str
    expiration_date_time: AwareDatetime


class NoticeRead(Read):
    subscription_id: str = Field(max_length=100)
    client_state: str | None = Field(None, max_length=200)
    lifecycle_event: str | None = None


class NoticesRead(Read):
    value: tuple[NoticeRead, ...] = Field((), max_length=1_000)


def greeting(query: Mapping[str, str]) -> str | None:
    """The token of Graph's handshake, which has no markup: that of a stranger is made harmless."""
    token = query.get("validationToken")
    return None if token is None else html.escape(token[:_LONGEST_TOKEN], quote=False)


def notices(body: bytes) -> list[Notice]:
    try:
        told = NoticesRead.model_validate_json(body).value
    except ValidationError as error:
        raise Permanent("this is no change notification", code="bad_notice") from error
    return [Notice(one.subscription_id, one.client_state or "", _news(one)) for one in told]


async def subscribe(
    client: GraphClient, folders: Folders, place: Place, *, url: str, proof: str, now: datetime
) -> Subscription:
    folder = await folders.id_of(place.folder)
    asked: JsonValue = {
        "changeType": "created",
        "notificationUrl": url,
        "lifecycleNotificationUrl": url,
        "resource": f"/users/{place.address}/mailFolders('{folder}')/messages",
        "expirationDateTime": _stamp(now + LIFE),
        "clientState": proof,
    }
    return _made(read(SubscriptionRead, await client.post("/subscriptions", asked)))


async def renew(client: GraphClient, subscription: str, now: datetime) -> Subscription:
    """Renew it, which authorizes it anew as well."""
    asked: JsonValue = {"expirationDateTime": _stamp(now + LIFE)}
    try:
        answer = await client.patch(f"/subscriptions/{quoted(subscription)}", asked)
    except Permanent as error:
        if error.code == "ResourceNotFound":
            raise Gone(error.reason, code=error.code, request_id=error.request_id) from error
        raise
    return _made(read(SubscriptionRead, answer))


async def unsubscribe(client: GraphClient, subscription: str) -> None:
    try:
        await client.delete(f"/subscriptions/{quoted(subscription)}")
    except Permanent as error:
        if error.code != "ResourceNotFound":
            raise


def _news(told: NoticeRead) -> News:
    """An event that is new to us is looked into like a change."""
    return _NEWS.get(told.lifecycle_event or "", News.CHANGED)


def _made(shown: SubscriptionRead) -> Subscription:
    return Subscription(shown.id, shown.expiration_date_time)


def _stamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
