"""Where providers tell of new mail: what strangers learn, what is believed, and what it makes of a storm."""

import hashlib
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from prometheus_client import REGISTRY
from sqlalchemy import update
from structlog.testing import capture_logs

from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.hooks import LARGEST
from shared.storage import ingest, messages
from tests.service.desk.conftest import NOW, Browser, House

PROOF = "what only the provider was told"
PATH = "/hooks/graph/default"
Json = dict[str, Any]  # Graph's JSON


@pytest.fixture
async def http(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A stranger, and a desk that is reached from the internet."""
    reached = replace(desk, public_url="https://desk.example")
    transport = httpx.ASGITransport(app=make_app(reached))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


async def subscribed(
    house: House, subscription: str, address: str = "help@acme.test", tenant: str = "default", **cursor: Any
) -> UUID:  # Any: columns
    """Put a mailbox there with a subscription as ingest would."""
    mailbox = await house.mailbox(address, tenant=tenant, due_at=NOW + timedelta(minutes=5), **cursor)
    digest = hashlib.sha256(PROOF.encode()).hexdigest()
    row = {"id": mailbox, "tenant": tenant, "provider_id": subscription, "digest": digest, "stamp": "x"}
    await house.add(ingest.subscriptions, expires_at=NOW + timedelta(days=5), **row)
    return mailbox


def told(subscription: str, proof: str | None = PROOF, **more: object) -> Json:
    return {
        "subscriptionId": subscription,
        "clientState": proof,
        "changeType": "created",
        "resource": "x",
    } | more


async def tell(http: httpx.AsyncClient, *notices: Json, path: str = PATH) -> httpx.Response:
    return await http.post(path, json={"value": notices})


async def commands(house: House) -> list[Json]:
    """What the outbox holds, each message once."""
    rows = {row["message_id"]: row for row in await house.rows(messages.outbox)}
    assert {row["contract"] for row in rows.values()} <= {"mailbox.wake.v1"}
    return [json.loads(row["body"]) for row in rows.values()]


def counted(outcome: str) -> float:
    labels = {"provider": "graph", "outcome": outcome}
    return REGISTRY.get_sample_value("postroom_notifications_total", labels) or 0


async def test_the_handshake_is_answered_in_plain_text(house: House, http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, params={"validationToken": "Validation: is it you?"})
    assert (answer.status_code, answer.text) == (200, "Validation: is it you?")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert await commands(house) == []


async def test_a_handshake_with_markup_is_made_harmless(http: httpx.AsyncClient) -> None:
    answer = await http.post(PATH, params={"validationToken": "<script>alert(1)</script>"})
    assert "<" not in answer.text
    assert answer.headers["content-type"].startswith("text/plain")


async def test_a_proven_notice_wakes_its_mailbox(house: House, http: httpx.AsyncClient) -> None:
    mailbox = await subscribed(house, "s1")
    answer = await tell(http, told("s1"))
    assert (answer.status_code, answer.content) == (202, b"")
    [command] = await commands(house)
    assert (command["mailbox"], command["tenant"], command["news"]) == (str(mailbox), "default", "changed")


@pytest.mark.parametrize(
    ("event", "news"),
    [("missed", "changed"), ("subscriptionRemoved", "removed"), ("reauthorizationRequired", "expiring")],
)
async def test_events_of_a_subscription_are_passed_on(
    house: House, http: httpx.AsyncClient, event: str, news: str
) -> None:
    await subscribed(house, "s1")
    await tell(http, told("s1", lifecycleEvent=event))
    [command] = await commands(house)
    assert (command["news"], command["subscription"]) == (news, "s1")


@pytest.mark.parametrize(
    "notice",
    [told("s1", "guessed"), told("s1", None), told("s1", ""), told("unknown"), told("of another tenant")],
    ids=["wrong proof", "null", "no proof", "unknown", "of another tenant"],
)
async def test_a_stranger_moves_nothing_and_learns_nothing(
    house: House, http: httpx.AsyncClient, notice: Json
) -> None:
    await house.tenant("other")
    await subscribed(house, "s1")
    await subscribed(house, "of another tenant", "help@other.test", "other")
    before = counted("rejected")
    believed = await tell(http, told("s1"))
    first = await commands(house)
    answer = await tell(http, notice)
    assert (answer.status_code, answer.content) == (believed.status_code, believed.content)
    assert {**answer.headers} == {**believed.headers}
    assert await commands(house) == first
    assert counted("rejected") == before + 1


@pytest.mark.parametrize(
    "body", [b"", b"hello", b"\xff", b'{"value": 1}', b"[" * 50_000, b'{"value": [{"subscriptionId": null}]}']
)
async def test_rubbish_is_heard_without_effect(house: House, http: httpx.AsyncClient, body: bytes) -> None:
    await subscribed(house, "s1")
    answer = await http.post(PATH, content=body)
    assert (answer.status_code, answer.content) == (202, b"")
    assert await commands(house) == []


async def test_what_is_too_large_is_not_read(house: House, http: httpx.AsyncClient) -> None:
    await subscribed(house, "s1")
    answer = await tell(http, told("s1", resource="x" * LARGEST))
    assert (answer.status_code, answer.content) == (413, b"")
    assert await commands(house) == []


@pytest.mark.parametrize("path", ["/hooks/graph/other", "/hooks/graph/No%20tenant", "/hooks/graph/%00"])
async def test_another_tenant_s_address_believes_nothing(
    house: House, http: httpx.AsyncClient, path: str
) -> None:
    await subscribed(house, "s1")
    assert (await tell(http, told("s1"), path=path)).status_code == 202
    assert await commands(house) == []


async def test_nothing_else_is_opened(house: House, http: httpx.AsyncClient) -> None:
    await subscribed(house, "s1")
    assert (await tell(http, told("s1"), path="/hooks/imap/default")).status_code == 404
    assert (await http.get(PATH)).status_code == 405
    assert (await tell(http, told("s1"), path=f"{PATH}/more")).status_code == 404
    assert (await http.post("/mailboxes/new")).headers["location"].startswith("/sign-in")
    assert "/hooks" not in (await http.get("/api/openapi.json")).text


async def test_a_desk_without_a_public_address_has_no_such_place(house: House, desk: Desk) -> None:
    await subscribed(house, "s1")
    transport = httpx.ASGITransport(app=make_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
        assert (await tell(http, told("s1"))).status_code == 404
        assert (await http.post(PATH, params={"validationToken": "x"})).status_code == 404
    assert await commands(house) == []


async def test_a_storm_is_one_command_until_ingest_has_heard_it(
    house: House, http: httpx.AsyncClient
) -> None:
    mailbox = await subscribed(house, "s1")
    for _ in range(5):
        await tell(http, *[told("s1")] * 100)
    assert len(await commands(house)) == 1
    await house.change(update(ingest.cursors).where(ingest.cursors.c.id == mailbox).values(wakes=1))
    await tell(http, told("s1"))
    assert len(await commands(house)) == 2


async def test_a_mailbox_that_is_about_to_be_listed_is_not_called(
    house: House, http: httpx.AsyncClient
) -> None:
    await subscribed(house, "s1")
    soon = {"due_at": NOW + timedelta(seconds=1)}
    await house.change(update(ingest.cursors).values(**soon))
    await tell(http, told("s1"))
    assert await commands(house) == []
    await house.change(update(ingest.cursors).values(lease_until=NOW + timedelta(minutes=1)))
    await tell(http, told("s1"))
    assert len(await commands(house)) == 1, "a scan that runs may be past the mail"


async def test_one_delivery_wakes_each_mailbox_once(house: House, http: httpx.AsyncClient) -> None:
    mailboxes = {str(await subscribed(house, f"s{n}", f"help{n}@acme.test")) for n in range(3)}
    await tell(http, *[told(f"s{n % 3}") for n in range(30)], told("s0", "guessed"))
    assert {command["mailbox"] for command in await commands(house)} == mailboxes
    assert len(await commands(house)) == 3


async def test_the_page_of_a_mailbox_says_whether_it_is_told(house: House, eva: Browser) -> None:
    mailbox = await subscribed(house, "s1")
    assert "The provider tells of new mail at once." in (await eva.get(f"/mailboxes/{mailbox}")).text
    failed = {"provider_id": None, "error_code": "ValidationError", "error_text": "no <b>answer</b>"}
    await house.change(update(ingest.subscriptions).values(**failed))
    page = (await eva.get(f"/mailboxes/{mailbox}")).text
    assert "Not told of new mail, which is found by looking" in page
    assert "no &lt;b&gt;answer" in page
    assert "at once" not in page


async def test_the_log_counts_and_names_nobody(house: House, http: httpx.AsyncClient) -> None:
    await subscribed(house, "s1")
    with capture_logs() as lines:
        await tell(http, told("s1"), told("s1", "guessed"))
    (line,) = [line for line in lines if line["event"] == "notifications.heard"]
    facts = {"provider": "graph", "believed": 1, "rejected": 1, "event": "notifications.heard"}
    assert line == facts | {"log_level": "info"}
