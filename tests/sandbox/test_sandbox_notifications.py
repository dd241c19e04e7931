"""What a subscriber is told, for real, and what the knobs make of it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from sandbox.knobs import Knobs
from sandbox.server import Sandbox
from tests.sandbox.clients import IMMUTABLE, SUPPORT, GraphClient, Json, acquire, client_of, make_mail
from tests.sandbox.hooks import Hook, hooked, until
from tests.sandbox.metadata import check, check_entity
from tests.sandbox.test_sandbox_subscriptions import wanted

EVENTS = ("reauthorizationRequired", "subscriptionRemoved", "missed")


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    async with hooked() as made:
        yield made


@pytest.fixture
async def made(sandbox: Sandbox, graph: GraphClient, hook: Hook) -> Json:
    return await graph.post(f"{sandbox.base_url}/subscriptions", wanted(hook), headers=IMMUTABLE)


async def subscribe(sandbox: Sandbox, hook: Hook) -> None:
    token = str((await asyncio.to_thread(acquire, sandbox))["access_token"])
    async with client_of(sandbox, token) as graph:
        await graph.post(f"{sandbox.base_url}/subscriptions", wanted(hook))


def outcomes(sandbox: Sandbox) -> list[tuple[str, str]]:
    return [(one.kind, one.outcome) for one in sandbox.deliveries(SUPPORT)]


async def test_a_new_mail_is_told_as_described(sandbox: Sandbox, made: Json, hook: Hook) -> None:
    item = sandbox.deliver(SUPPORT, make_mail())
    await until(lambda: hook.told != [])
    (told,) = hook.told
    data = told.pop("resourceData")
    check_entity(told, "changeNotification", "told")
    assert (told["subscriptionId"], told["clientState"]) == (made["id"], "only we know")
    assert (told["changeType"], told["tenantId"]) == ("created", sandbox.tenant)
    assert told["resource"] == data["@odata.id"]
    assert told["resource"].endswith(f"/Messages/{item}")
    assert (data["id"], data["@odata.type"]) == (item, "#Microsoft.Graph.Message")
    await until(lambda: outcomes(sandbox) == [("created", "202")])


async def test_ids_are_of_the_kind_that_was_preferred(
    sandbox: Sandbox, graph: GraphClient, hook: Hook
) -> None:
    await graph.post(f"{sandbox.base_url}/subscriptions", wanted(hook))
    immutable = sandbox.deliver(SUPPORT, make_mail())
    await until(lambda: hook.told != [])
    told = hook.told[0]["resourceData"]["id"]
    assert told != immutable
    assert (await graph.json(f"messages/{told}", headers=IMMUTABLE))["id"] == immutable


async def test_only_what_was_asked_for_is_told(sandbox: Sandbox, graph: GraphClient, hook: Hook) -> None:
    for kind, resource in (
        ("updated,deleted", f"users/{SUPPORT}/mailFolders('inbox')/messages"),
        ("created", f"users/{SUPPORT}/mailFolders('archive')/messages"),
        ("created", f"users/{SUPPORT}/messages"),
    ):
        body = wanted(hook, changeType=kind, resource=resource, clientState=f"{kind} {resource[-24:]}")
        await graph.post(f"{sandbox.base_url}/subscriptions", body)
    item = sandbox.deliver(SUPPORT, make_mail())
    await graph.http.patch(f"messages/{item}", json={"isRead": True})
    await graph.post(f"messages/{item}/move", {"destinationId": "archive"})
    await until(lambda: len(hook.told) == 5)
    found = sorted((told["clientState"].split()[0], told["changeType"]) for told in hook.told)
    assert found == [
        ("created", "created"),
        ("created", "created"),
        ("created", "created"),
        ("updated,deleted", "deleted"),
        ("updated,deleted", "updated"),
    ]


async def test_many_changes_come_in_one_batch(sandbox: Sandbox, made: Json, hook: Hook) -> None:
    for number in range(20):
        sandbox.deliver(SUPPORT, make_mail(number=number))
    await until(lambda: len(hook.told) == 20)
    assert len(hook.bodies) < 20
    assert {told["subscriptionId"] for told in hook.told} == {made["id"]}


@pytest.mark.usefixtures("made")
async def test_an_endpoint_that_fails_is_told_again(sandbox: Sandbox, hook: Hook) -> None:
    hook.status = 503
    sandbox.deliver(SUPPORT, make_mail())
    await until(lambda: outcomes(sandbox).count(("created", "503")) >= 2)
    hook.status = 202
    await until(lambda: len(hook.told) == 1)


@pytest.mark.parametrize("event", EVENTS)
async def test_events_of_its_life_are_told_where_it_was_asked(
    made: Json, hook: Hook, event: str, control: httpx.AsyncClient
) -> None:
    answer = await control.post(f"/_sandbox/mailboxes/{SUPPORT}/subscriptions/{event}")
    assert answer.status_code == 204
    await until(lambda: hook.told != [])
    (told,) = hook.told
    check_entity(told, "changeNotification", "told")
    check(told["lifecycleEvent"], "graph.lifecycleEventType", "event")
    assert (told["lifecycleEvent"], told["subscriptionId"]) == (event, made["id"])
    alive = (await control.get(f"/_sandbox/mailboxes/{SUPPORT}/subscriptions")).json()
    assert [one["id"] for one in alive] == ([] if event == "subscriptionRemoved" else [made["id"]])


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize(
    ("knobs", "expected"),
    [
        (Knobs(notification_lost=1), ([], ["lost"], 1)),
        (Knobs(notification_missed=1), (["missed"], ["missed", "202"], 1)),
        (Knobs(notification_missed=1, lifecycle_lost=1), ([], ["missed", "lost"], 1)),
        (Knobs(notification_twice=1), (["created", "created"], ["202", "202"], 1)),
        (
            Knobs(subscription_removed=1),
            (["subscriptionRemoved"], ["the subscription was removed", "202"], 0),
        ),
        (Knobs(subscription_vanishes=1), ([], ["the subscription vanished"], 0)),
    ],
    ids=lambda value: " ".join(sorted(value.model_fields_set)) if isinstance(value, Knobs) else "",
)
async def test_a_knob_decides_what_is_told(
    sandbox: Sandbox, hook: Hook, knobs: Knobs, expected: tuple[list[str], list[str], int]
) -> None:
    told, became, alive = expected
    sandbox.set_knobs(SUPPORT, knobs)
    sandbox.deliver(SUPPORT, make_mail())
    await until(lambda: [outcome for _, outcome in outcomes(sandbox)] == became)
    assert [one.get("lifecycleEvent") or one["changeType"] for one in hook.told] == told
    assert len(sandbox.subscriptions(SUPPORT)) == alive


@pytest.mark.usefixtures("made")
async def test_a_stranger_does_not_know_the_client_state(sandbox: Sandbox, hook: Hook) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(notification_forged=1))
    sandbox.deliver(SUPPORT, make_mail())
    await until(lambda: len(hook.told) == 2)
    assert {told["clientState"] for told in hook.told} == {"only we know", "of a stranger"}
    assert len({told["resource"] for told in hook.told}) == 1


@pytest.mark.usefixtures("made")
async def test_what_is_delayed_comes_after_what_is_not(sandbox: Sandbox, hook: Hook) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(notification_delay_ms=(1500, 1500)))
    late = sandbox.deliver(SUPPORT, make_mail(number=1))
    await until(lambda: sandbox._house.store.number("SELECT count(due) FROM notice") == 1)  # noqa: SLF001
    sandbox.set_knobs(SUPPORT, Knobs())
    early = sandbox.deliver(SUPPORT, make_mail(number=2))
    await until(lambda: len(hook.told) == 2)
    assert [told["resourceData"]["id"] for told in hook.told] == [early, late]


async def test_one_that_is_not_renewed_ends_and_is_told_before(hook: Hook) -> None:
    ahead = timedelta()
    async with Sandbox(clock=lambda: datetime.now(UTC) + ahead) as sandbox:
        sandbox.add_mailbox(SUPPORT)
        await subscribe(sandbox, hook)
        ahead = timedelta(hours=23, minutes=30)
        await until(lambda: outcomes(sandbox) == [("reauthorizationRequired", "202")])
        ahead = timedelta(hours=25)
        assert sandbox.subscriptions(SUPPORT) == []
        sandbox.deliver(SUPPORT, make_mail())
        assert sandbox._house.store.number("SELECT count(*) FROM notice") == 0  # noqa: SLF001


async def test_what_was_not_told_yet_is_told_after_a_restart(tmp_path: Path, hook: Hook) -> None:
    hook.status = 503
    async with Sandbox(tmp_path) as sandbox:
        sandbox.add_mailbox(SUPPORT)
        await subscribe(sandbox, hook)
        sandbox.deliver(SUPPORT, make_mail())
        await until(lambda: outcomes(sandbox) != [])
    hook.status = 202
    async with Sandbox(tmp_path) as sandbox:
        await until(lambda: len(hook.told) == 1)
        await until(lambda: outcomes(sandbox)[-1] == ("created", "202"))
