"""Subscriptions: their shapes, the handshake, limits, and what Graph refuses."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from sandbox.knobs import Fault, Knobs
from sandbox.server import Sandbox
from sandbox.subscribing import MOST, add_subscription, subscriptions_of
from tests.sandbox.clients import SUPPORT, GraphClient, Json
from tests.sandbox.hooks import Hook, hooked
from tests.sandbox.metadata import check_entity, properties

INBOX = f"/users/{SUPPORT}/mailFolders('inbox')/messages"


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with hooked() as made:
        yield made


@pytest.fixture
def subscriptions(sandbox: Sandbox) -> str:
    return f"{sandbox.base_url}/subscriptions"


def wanted(hook: Hook, **other: object) -> Json:
    expires = datetime.now(UTC) + timedelta(hours=24)
    return {
        "changeType": "created",
        "notificationUrl": hook.url,
        "lifecycleNotificationUrl": f"{hook.url}/life",
        "resource": INBOX,
        "expirationDateTime": expires.isoformat(),
        "clientState": "only we know",
    } | other


def moment(shown: Json) -> datetime:
    return datetime.fromisoformat(shown["expirationDateTime"])


async def refused(graph: GraphClient, url: str, body: Json, status: int = 400) -> Json:
    error: Json = (await graph.post(url, body, status))["error"]
    return error


async def test_a_subscription_is_as_described(graph: GraphClient, hook: Hook, subscriptions: str) -> None:
    made = await graph.post(subscriptions, wanted(hook))
    check_entity(made, "subscription", "made")
    assert set(made) - {"@odata.context"} == set(properties("subscription"))
    assert (made["clientState"], made["resource"]) == ("only we know", INBOX)
    shown = await graph.json(f"{subscriptions}/{made['id']}")
    assert shown == {**made, "clientState": None}
    listed = (await graph.json(subscriptions))["value"]
    assert [one["id"] for one in listed] == [made["id"]]


async def test_both_urls_are_asked_for_a_token(graph: GraphClient, hook: Hook, subscriptions: str) -> None:
    await graph.post(subscriptions, wanted(hook, notificationUrl=f"{hook.url}?key=1"))
    assert hook.validated == ["/told", "/told/life"]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (lambda _: PlainTextResponse("something else"), "must exactly match"),
        (HTMLResponse, "must exactly match"),
        (lambda _: Response(status_code=403), "HTTP status code is 'Forbidden'"),
        (lambda token: PlainTextResponse(token, 202), "HTTP status code is 'Accepted'"),
    ],
    ids=["another text", "a page", "forbidden", "accepted"],
)
async def test_a_url_that_does_not_give_the_token_back_is_refused(
    graph: GraphClient, hook: Hook, subscriptions: str, answer: object, told: str
) -> None:
    hook.handshake = answer  # type: ignore[assignment] # of the table
    error = await refused(graph, subscriptions, wanted(hook))
    assert error["code"] == "ValidationError"
    assert error["message"].startswith("Subscription validation request failed. ")
    assert told in error["message"]
    assert (await graph.json(subscriptions))["value"] == []


async def test_a_url_where_nobody_answers_is_refused(
    graph: GraphClient, hook: Hook, subscriptions: str
) -> None:
    error = await refused(graph, subscriptions, wanted(hook, notificationUrl="http://localhost:9/x"))
    assert "must respond with 200 OK" in error["message"]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"notificationUrl": "http://desk.example/hook"}, "ValidationError"),
        ({"notificationUrl": "not an address"}, "ValidationError"),
        ({"lifecycleNotificationUrl": "http://desk.example/hook"}, "ValidationError"),
        ({"clientState": "x" * 129}, "UnableToDeserializePostBody"),
        ({"changeType": "created,read"}, "ValidationError"),
        ({"expirationDateTime": "2020-01-01T00:00:00Z"}, "ValidationError"),
        ({"expirationDateTime": None}, "ValidationError"),
        ({"includeResourceData": True}, "ValidationError"),
        ({"resource": f"/users/{SUPPORT}/mailFolders('Support')/messages"}, "ExtensionError"),
        ({"resource": f"/users/{SUPPORT}/events"}, "ExtensionError"),
        ({"resource": "me/messages"}, "ExtensionError"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
async def test_what_graph_refuses_is_refused_before_anybody_is_called(
    graph: GraphClient, hook: Hook, subscriptions: str, wrong: Json, code: str
) -> None:
    assert (await refused(graph, subscriptions, wanted(hook, **wrong)))["code"] == code
    assert hook.validated == []


@pytest.mark.parametrize(
    "resource",
    [
        "users/{user}/mailFolders('inbox')/messages",
        "/Users('{user}')/mailfolders/Inbox/messages",
        "/users/{user}/messages",
        "/users/{user}/mailFolders('{folder}')/messages/",
    ],
)
async def test_every_spelling_of_a_resource_is_known(
    graph: GraphClient, hook: Hook, subscriptions: str, resource: str
) -> None:
    folder = (await graph.json("mailFolders/inbox"))["id"]
    spelt = resource.format(user=SUPPORT, folder=folder)
    assert (await graph.post(subscriptions, wanted(hook, resource=spelt)))["resource"] == spelt


async def test_a_life_is_bounded_from_both_sides(graph: GraphClient, hook: Hook, subscriptions: str) -> None:
    now = datetime.now(UTC)
    short = await graph.post(
        subscriptions, wanted(hook, expirationDateTime=(now + timedelta(minutes=5)).isoformat())
    )
    assert moment(short) >= now.replace(microsecond=0) + timedelta(minutes=45)
    error = await refused(
        graph, subscriptions, wanted(hook, expirationDateTime=(now + timedelta(minutes=10_075)).isoformat())
    )
    assert error["message"] == "Subscription expiration can only be 10070 minutes in the future."


async def test_it_is_renewed_and_removed(graph: GraphClient, hook: Hook, subscriptions: str) -> None:
    url = f"{subscriptions}/{(await graph.post(subscriptions, wanted(hook)))['id']}"
    later = (datetime.now(UTC) + timedelta(days=6)).replace(microsecond=0)
    renewed = await graph.http.patch(url, json={"expirationDateTime": later.isoformat()})
    assert renewed.status_code == 200
    assert moment(renewed.json()) == later
    assert (await graph.http.patch(url, json={})).status_code == 400
    moved = await graph.http.patch(url, json={"notificationUrl": f"{hook.url}/new"})
    assert (moved.json()["notificationUrl"], hook.validated[-1]) == (f"{hook.url}/new", "/told/new")
    assert (await graph.http.post(f"{url}/reauthorize")).status_code == 204
    assert (await graph.http.delete(url)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        answer = await graph.http.request(method, url, json={"expirationDateTime": later.isoformat()})
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "ResourceNotFound")


async def test_a_mailbox_that_the_app_may_not_see_cannot_be_watched(
    sandbox: Sandbox, graph: GraphClient, hook: Hook, subscriptions: str
) -> None:
    for knobs, status, reason in (
        (Knobs(auth_denied=True), 403, "[Status Code: Forbidden; Reason: Forbidden]"),
        (Knobs(disabled=True), 404, "REST API is not yet supported for this mailbox."),
    ):
        sandbox.set_knobs(SUPPORT, knobs)
        error = await refused(graph, subscriptions, wanted(hook), status)
        assert error["code"] == "ExtensionError"
        assert reason in error["message"]
    sandbox.set_knobs(SUPPORT, Knobs())
    elsewhere = wanted(hook, resource="/users/nobody@helpdesk.example/messages")
    assert (await refused(graph, subscriptions, elsewhere, 404))["code"] == "ExtensionError"
    assert hook.validated == []


async def test_faults_strike_subscriptions_too(
    sandbox: Sandbox, graph: GraphClient, hook: Hook, subscriptions: str
) -> None:
    sandbox.add_fault(SUPPORT, Fault(match="subscription", status=503))
    await graph.post(subscriptions, wanted(hook), 503)
    await graph.post(subscriptions, wanted(hook))
    assert sandbox.usage(SUPPORT)[0].by_operation["subscription"] == 2


async def test_a_mailbox_has_so_many_and_no_more(
    sandbox: Sandbox, graph: GraphClient, hook: Hook, subscriptions: str
) -> None:
    made = await graph.post(subscriptions, wanted(hook))
    (first,) = sandbox.subscriptions(SUPPORT)
    store = sandbox._house.store  # noqa: SLF001 - a thousand handshakes show no more
    for _ in range(MOST - 1):
        add_subscription(store, first.mailbox, "another app", first.wanted)
    assert (await refused(graph, subscriptions, wanted(hook), 403))["code"] == "ExtensionError"
    assert [one["id"] for one in (await graph.json(subscriptions))["value"]] == [made["id"]]
    assert len(subscriptions_of(store, mailbox=first.mailbox)) == MOST


async def test_no_token_no_subscription(sandbox: Sandbox, hook: Hook, control: httpx.AsyncClient) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("DELETE", "/x")):
        answer = await control.request(method, f"/v1.0/subscriptions{path}", json=wanted(hook))
        assert answer.status_code == 401
    assert sandbox.subscriptions(SUPPORT) == []
