"""Graph tells of new mail: what we read from a delivery, and the life of a subscription."""

import json
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from plugins.mailboxes.graph.provider import GraphMailbox
from sandbox.knobs import Fault, Knobs
from shared.contracts.errors import Permanent, Throttled, Transient
from shared.contracts.waking import News
from shared.plugins.mailboxes import Gone
from shared.plugins.notifying import Notice, Notifying, Subscribable
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.sandbox.hooks import Hook, hooked

PROVIDER = GraphMailbox()


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with hooked() as made:
        yield made


@pytest.fixture
def connection(graph_post: GraphPost) -> Subscribable:
    made = graph_post.connect()
    assert isinstance(made, Subscribable)
    return made


def delivery(*told: Mapping[str, object]) -> bytes:
    return json.dumps({"value": list(told)}).encode()


def test_the_provider_tells_of_new_mail() -> None:
    assert isinstance(PROVIDER, Notifying)


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ({}, None),
        ({"other": "x"}, None),
        (
            {"validationToken": "Validation: Testing client application reachability for 1"},
            "Validation: Testing client application reachability for 1",
        ),
        ({"validationToken": "<script>alert(1)</script>"}, "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ({"validationToken": "x" * 5_000}, "x" * 1_000),
    ],
    ids=["nothing", "another", "token", "markup", "long"],
)
def test_a_handshake_is_answered_with_its_token(query: dict[str, str], answer: str | None) -> None:
    assert PROVIDER.greeting(query) == answer


@pytest.mark.parametrize(
    ("told", "news"),
    [
        ({"changeType": "created"}, News.CHANGED),
        ({"lifecycleEvent": "missed"}, News.MISSED),
        ({"lifecycleEvent": "subscriptionRemoved"}, News.REMOVED),
        ({"lifecycleEvent": "reauthorizationRequired"}, News.EXPIRING),
        ({"lifecycleEvent": "ofTomorrow"}, News.CHANGED),
    ],
    ids=lambda value: next(iter(value.values())) if isinstance(value, dict) else "",
)
def test_what_a_notice_means(told: dict[str, object], news: News) -> None:
    body = delivery({"subscriptionId": "7", "clientState": "proof", "resource": "x"} | told)
    assert PROVIDER.notices(body) == [Notice("7", "proof", news)]


@pytest.mark.parametrize("none", [{}, {"clientState": None}], ids=["absent", "null"])
def test_a_notice_without_proof_has_an_empty_one(none: dict[str, object]) -> None:
    assert PROVIDER.notices(delivery({"subscriptionId": "7"} | none)) == [Notice("7", "", News.CHANGED)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff\x00",
        b"[]",
        b'{"value": 1}',
        b'{"value": [{}]}',
        b'{"value": [{"subscriptionId": {"a": 1}}]}',
        delivery({"subscriptionId": "x" * 101}),
        delivery({"subscriptionId": "7", "clientState": "x" * 201}),
        delivery(*({"subscriptionId": "7"} for _ in range(1_001))),
        b"[" * 100_000,
    ],
    ids=range(10),
)
def test_what_graph_would_not_send_is_refused(body: bytes) -> None:
    with pytest.raises(Permanent):
        PROVIDER.notices(body)


async def test_a_subscription_asks_for_new_mail_of_the_folder_with_immutable_ids(
    graph_post: GraphPost, connection: Subscribable, hook: Hook
) -> None:
    made = await connection.subscribe(hook.url, "proof")
    (kept,) = graph_post.sandbox.subscriptions(SUPPORT)
    assert kept.id == made.id
    assert (kept.wanted.changes, kept.wanted.client_state) == ("created", "proof")
    assert (kept.wanted.url, kept.wanted.lifecycle_url) == (hook.url, hook.url)
    assert kept.wanted.folder is not None
    assert kept.wanted.immutable_ids
    assert timedelta(days=6) < made.expires_at - datetime.now(UTC) < timedelta(days=7)


async def test_a_url_that_nobody_answers_is_told_in_graphs_words(connection: Subscribable) -> None:
    with pytest.raises(Permanent) as caught:
        await connection.subscribe("http://localhost:9/hooks", "proof")
    assert caught.value.code == "ValidationError"
    assert "Subscription validation request failed" in caught.value.reason
    assert caught.value.request_id


@pytest.mark.parametrize("knobs", [Knobs(auth_denied=True), Knobs(disabled=True)], ids=["denied", "disabled"])
async def test_a_mailbox_that_may_not_be_seen_is_refused(
    graph_post: GraphPost, connection: Subscribable, hook: Hook, knobs: Knobs
) -> None:
    graph_post.sandbox.set_knobs(SUPPORT, knobs)
    with pytest.raises(Permanent):
        await connection.subscribe(hook.url, "proof")


@pytest.mark.parametrize(("status", "kind"), [(503, Transient), (429, Throttled), ("drop", Transient)])
async def test_what_passes_is_transient(
    graph_post: GraphPost, connection: Subscribable, hook: Hook, status: int, kind: type[Transient]
) -> None:
    graph_post.breaks(Fault.model_validate({"match": "subscription", "status": status}))
    with pytest.raises(kind):
        await connection.subscribe(hook.url, "proof")


async def test_the_proof_is_in_no_error(connection: Subscribable) -> None:
    with pytest.raises(Permanent) as caught:
        await connection.subscribe("http://desk.example/hooks", "the proof itself")
    assert "the proof itself" not in repr(caught.value)


async def test_one_that_is_gone_is_told_as_gone(
    graph_post: GraphPost, connection: Subscribable, hook: Hook
) -> None:
    made = await connection.subscribe(hook.url, "proof")
    graph_post.sandbox.forget_subscriptions(SUPPORT)
    with pytest.raises(Gone):
        await connection.renew(made.id)
