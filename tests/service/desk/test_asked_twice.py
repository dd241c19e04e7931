"""What a program asks for twice under one key is made once, also at the same time; a key is for one thing."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.desk.desk import Desk
from services.desk.once import id_of
from services.desk.sweeping import forget_key
from shared.storage import desk as tables
from shared.storage.due import claim
from shared.storage.messages import outbox
from tests.service.desk.conftest import NOW, Clock, House

API = "/api/v1"
USED = "This Idempotency-Key was used for something else."
MADE: dict[str, dict[str, Any]] = {  # Any: JSON
    f"{API}/saved-replies": {"name": "Hello", "text": "Hello"},
    f"{API}/departments": {"key": "backend", "name": "Back end"},
    f"{API}/triggers": {
        "name": "Urgent",
        "when": {"type": "NEW_TICKET_CREATED", "kinds": "both"},
        "action": "send_email",
        "params": {"subject": "Thanks", "body": "We have it."},
    },
}

REMOVED = {path: MADE[path] for path in (f"{API}/saved-replies", f"{API}/triggers")} | {
    f"{API}/views": {"name": "Mine", "asked": {"view": "mine"}}
}


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    house.users["eva"] = await house.user("eva@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(house.users['eva'])}"
    return http


async def test_a_key_of_a_command_that_was_used_for_something_else_is_refused(
    house: House, api: httpx.AsyncClient
) -> None:
    given, at = uuid4(), f"{API}/tickets"
    key, body = {"Idempotency-Key": str(given)}, {"version": 1, "status": "closed"}
    for number in (7, 8):
        await house.ticket(number)
    ours = id_of(given, api.headers["Authorization"])
    await house.answers("ticketing.ticket.change.v1", ours, {"ok": True, "version": 2})
    for _ in range(2):
        assert (await api.patch(f"{at}/7", json=body, headers=key)).status_code == 200
    others = [
        await api.patch(f"{at}/7", json=body | {"status": "open"}, headers=key),
        await api.patch(f"{at}/8", json=body, headers=key),
        await api.post(f"{at}/7/notes", json={"text": "Known."}, headers=key),
        await api.post(f"{API}/saved-replies", json=MADE[f"{API}/saved-replies"], headers=key),
    ]
    assert [other.status_code for other in others] == [409] * 4
    assert {other.json()["detail"] for other in others} == {USED}


async def test_a_key_of_a_command_that_is_not_valid_is_free_for_what_is_right(
    house: House, api: httpx.AsyncClient
) -> None:
    await house.ticket(7)
    key, at = {"Idempotency-Key": str(uuid4())}, f"{API}/tickets/7/notes"
    assert (await api.post(at, json={"text": ""}, headers=key)).status_code == 422
    assert (await api.post(at, json={"text": "Known."}, headers=key)).status_code == 202


async def test_the_same_key_of_another_token_or_tenant_is_another_command(
    house: House, api: httpx.AsyncClient
) -> None:
    await house.tenant("other")
    await house.ticket(7)
    await house.ticket(7, tenant="other")
    there = await house.user("bob@other.test", tenant="other")
    bearers = [
        api.headers["Authorization"],
        f"Bearer {await house.token(house.users['eva'])}",
        f"Bearer {await house.token(there, tenant='other')}",
    ]
    key, commands = str(uuid4()), set()
    for bearer in bearers:
        headers = {"Idempotency-Key": key, "Authorization": bearer}
        answer = await api.patch(f"{API}/tickets/7", json={"priority": "high"}, headers=headers)
        assert answer.status_code == 202
        commands.add(answer.json()["command"])
    assert len(commands) == len(bearers)
    told = [(str(row["message_id"]), row["tenant"]) for row in await house.rows(outbox)]
    assert {command for command, _ in told} == commands
    assert sorted(tenant for _, tenant in told) == ["default", "default", "other"]


@pytest.mark.parametrize("path", MADE)
async def test_asked_twice_with_one_key_it_is_made_once_and_answered_the_same(
    api: httpx.AsyncClient, path: str
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    first, again = [await api.post(path, json=MADE[path], headers=key) for _ in range(2)]
    assert (first.status_code, again.status_code) == (201, 201), first.text + again.text
    assert first.json() == again.json()
    assert len((await api.get(path)).json()["items"]) == 1


@pytest.mark.parametrize("path", REMOVED)
async def test_a_key_whose_thing_was_removed_is_refused_and_makes_nothing(
    api: httpx.AsyncClient, path: str
) -> None:
    key = {"Idempotency-Key": str(uuid4())}
    made = await api.post(path, json=REMOVED[path], headers=key)
    assert (await api.delete(f"{path}/{made.json()['id']}")).status_code == 204
    again = await api.post(path, json=REMOVED[path], headers=key)
    assert (again.status_code, again.json()["detail"]) == (
        409,
        "What this Idempotency-Key made was removed since.",
    )
    assert (await api.get(path)).json()["items"] == []


async def test_an_upload_that_was_sent_again_is_one(house: House, api: httpx.AsyncClient) -> None:
    key, file = {"Idempotency-Key": str(uuid4())}, {"file": ("a.txt", b"words", "text/plain")}
    first, again = [await api.post(f"{API}/uploads", files=file, headers=key) for _ in range(2)]
    assert (first.status_code, first.json()) == (201, again.json())
    assert len(await house.rows(tables.uploads)) == 1


async def test_asked_many_times_at_once_it_is_made_once(house: House, api: httpx.AsyncClient) -> None:
    key, path = {"Idempotency-Key": str(uuid4())}, f"{API}/saved-replies"
    answers = await asyncio.gather(*(api.post(path, json=MADE[path], headers=key) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await house.rows(tables.saved_replies)) == 1


async def test_a_key_that_was_used_for_something_else_is_refused(api: httpx.AsyncClient) -> None:
    key, path = {"Idempotency-Key": str(uuid4())}, f"{API}/saved-replies"
    await api.post(path, json=MADE[path], headers=key)
    other = await api.post(path, json=MADE[path] | {"text": "Bye"}, headers=key)
    assert (other.status_code, other.json()["detail"]) == (409, USED)
    elsewhere = await api.post(f"{API}/departments", json=MADE[f"{API}/departments"], headers=key)
    assert elsewhere.status_code == 409


async def test_a_key_of_what_was_refused_is_free_for_what_is_right(api: httpx.AsyncClient) -> None:
    key, path = {"Idempotency-Key": str(uuid4())}, f"{API}/saved-replies"
    wrong = MADE[path] | {"text": "Hello {{ contact.shoe_size }}"}
    assert (await api.post(path, json=wrong, headers=key)).status_code == 422
    assert (await api.post(path, json=MADE[path], headers=key)).status_code == 201


async def test_the_same_key_of_another_program_is_another_key(house: House, api: httpx.AsyncClient) -> None:
    key, path = {"Idempotency-Key": str(uuid4())}, f"{API}/saved-replies"
    await api.post(path, json=MADE[path], headers=key)
    bearer = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    assert (await api.post(path, json=MADE[path], headers=key | bearer)).status_code == 201
    assert len(await house.rows(tables.saved_replies)) == 2


async def test_nothing_of_what_was_asked_can_be_read_from_what_is_kept(
    house: House, api: httpx.AsyncClient
) -> None:
    key, path = str(uuid4()), f"{API}/saved-replies"
    await api.post(path, json=MADE[path], headers={"Idempotency-Key": key})
    (row,) = await house.rows(tables.idempotency_keys)
    assert key not in str(row)
    assert "Hello" not in str(row)


async def test_a_key_is_forgotten_after_a_day(
    house: House, desk: Desk, api: httpx.AsyncClient, clock: Clock
) -> None:
    key, path = {"Idempotency-Key": str(uuid4())}, f"{API}/saved-replies"
    await api.post(path, json=MADE[path], headers=key)
    for after, left in ((timedelta(hours=23), 1), (timedelta(hours=25), 0)):
        clock.now = NOW + after
        minute, table = timedelta(minutes=1), tables.idempotency_keys
        for claimed in await claim(house.owner, table, now=clock.now, limit=5, lease_for=minute):
            await forget_key(claimed, desk.units)
        assert len(await house.rows(tables.idempotency_keys)) == left
