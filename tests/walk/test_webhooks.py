"""Webhooks from the trigger to a receiver on loopback: signed, repeated under one id, given up, replayed."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from shared.storage.config import option_history, triggers
from shared.storage.triggers import effects
from tests.walk.receiver import SECRET, Receiver, receiving
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


async def calling(walk: Walk, subject: str, address: str) -> str:
    """Call the address for each new ticket of a subject; return the trigger's id."""
    wanted = {
        "name": subject,
        "when": {"type": "NEW_TICKET_CREATED", "kinds": "both"},
        "conditions": {"op": "is", "field": "subject", "value": subject},
        "action": "webhook",
        "params": {"url": address, "secret": SECRET},
    }
    trigger: str = (await walk.ask("POST", "/triggers", wanted))["id"]
    return trigger


async def opened(walk: Walk, subject: str) -> int:
    body = {"subject": subject, "contact": {"address": "ann@firm.example"}, "text": "It smokes."}
    number: int = (await walk.ask("POST", "/tickets", body))["number"]
    return number


async def delivery(walk: Walk, number: int, state: str, *, passing: timedelta = timedelta()) -> Json:
    """Wait until the webhook of a ticket is so; return it with its attempts."""
    found: list[str] = []

    async def so() -> bool:
        items = (await walk.read("/webhook-deliveries"))["items"]
        found[:] = [one["id"] for one in items if one["ticket"] == number and one["state"] == state]
        if not found and passing:
            await walk.later(passing)
        return bool(found)

    await walk.installation.until(so, f"the webhook of ticket {number} is {state}")
    told: Json = await walk.read(f"/webhook-deliveries/{found[0]}")
    return told


async def test_a_webhook_is_signed_and_tells_the_event_once(walk: Walk, receiver: Receiver) -> None:
    await calling(walk, "Told", receiver.address)
    number = await opened(walk, "Told")
    told = await delivery(walk, number, "done")
    (body,) = receiver.taken
    assert (body["type"], body["data"]["ticket"]["number"]) == ("ticket.created", number)
    assert body["data"]["ticket"]["contact_address"]["address"] == "ann@firm.example"
    assert receiver.ids == [f"msg_{told['delivery']['id'].replace('-', '')}"]
    assert receiver.hosts == [receiver.address.split("/")[2]]
    assert [(one["code"], one["status"]) for one in told["attempts"]] == [("http_204", 204)]
    assert receiver.forged == 0


async def test_a_receiver_that_fails_for_a_while_has_it_once_under_one_id(
    walk: Walk, receiver: Receiver
) -> None:
    receiver.answers = [500, 503, 302, 404]
    await calling(walk, "Failing", receiver.address)
    number = await opened(walk, "Failing")
    told = await delivery(walk, number, "done", passing=timedelta(minutes=20))
    assert len(receiver.taken) == 1
    assert len(receiver.ids) == 5
    assert len(set(receiver.ids)) == 1
    assert [one["status"] for one in told["attempts"]] == [500, 503, 302, 404, 204]


async def test_a_receiver_that_never_answers_well_is_given_up_visibly_and_a_replay_reaches_it(
    walk: Walk, receiver: Receiver
) -> None:
    receiver.otherwise = 500
    await calling(walk, "Away", receiver.address)
    number = await opened(walk, "Away")
    told = await delivery(walk, number, "parked", passing=timedelta(hours=3))
    assert len(told["attempts"]) == 10
    assert told["delivery"]["due_at"] is None
    receiver.otherwise = 200
    await walk.ask("POST", f"/webhook-deliveries/{told['delivery']['id']}/replay")
    again = await delivery(walk, number, "done")
    assert len(again["attempts"]) == 11
    assert len(set(receiver.ids)) == 1


async def test_a_receiver_that_is_gone_is_asked_no_more_until_a_replay_finds_it(
    walk: Walk, receiver: Receiver
) -> None:
    receiver.otherwise = 410
    await calling(walk, "Gone", receiver.address)
    first = await delivery(walk, await opened(walk, "Gone"), "gone")
    second = await delivery(walk, await opened(walk, "Gone"), "gone")
    assert (len(first["attempts"]), len(second["attempts"]), len(receiver.ids)) == (1, 0, 1)
    receiver.otherwise = 200
    await walk.ask("POST", f"/webhook-deliveries/{second['delivery']['id']}/replay")
    await delivery(walk, second["delivery"]["ticket"], "done")
    await delivery(walk, await opened(walk, "Gone"), "done")


async def test_nobody_is_called_where_a_redirect_leads(walk: Walk, receiver: Receiver) -> None:
    with receiving() as other:
        receiver.answers, receiver.fields = [307], {"location": other.address}
        await calling(walk, "Redirected", receiver.address)
        await delivery(walk, await opened(walk, "Redirected"), "done", passing=timedelta(minutes=1))
        assert (len(receiver.ids), other.ids) == (2, [])


async def test_the_secret_is_kept_sealed_and_told_nobody(walk: Walk, receiver: Receiver) -> None:
    trigger = await calling(walk, "Secret", receiver.address)
    read: Any = await walk.read(f"/triggers/{trigger}")
    rows = await walk.installation.rows(select(triggers.c.params))
    history = await walk.installation.rows(select(option_history))
    await delivery(walk, await opened(walk, "Secret"), "done")
    kept = await walk.installation.rows(select(effects.c.payload))
    for told in (read, rows, history, kept, await walk.read("/webhook-deliveries")):
        assert SECRET.removeprefix("whsec_") not in str(told)
    await walk.ask("PUT", f"/triggers/{trigger}", read["settings"])
    await delivery(walk, await opened(walk, "Secret"), "done")
    assert (len(receiver.taken), receiver.forged) == (2, 0)


@pytest.mark.parametrize(
    "params",
    [
        {"url": "ftp://firm.example", "secret": SECRET},
        {"url": "https://", "secret": SECRET},
        {"url": "https://a:b@firm.example", "secret": SECRET},
        {"url": "https://firm.example/\r\nX: 1", "secret": SECRET},
        {"url": "https://firm.example", "secret": "whsec_c2hvcnQ="},
        {"url": "https://firm.example", "secret": "secret"},
        {"url": "https://firm.example"},
    ],
)
async def test_a_webhook_that_cannot_be_is_refused_when_it_is_saved(
    walk: Walk, params: dict[str, JsonValue]
) -> None:
    wanted = {
        "name": "Wrong",
        "when": {"type": "NEW_TICKET_CREATED", "kinds": "both"},
        "action": "webhook",
        "params": params,
    }
    answer = await walk.desk.post("/api/v1/triggers", json=wanted)
    assert answer.status_code == 422
    assert "c2hvcnQ" not in answer.text
