"""One field of a ticket is changed where it stands: at once, with its way back, or with why it was not."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from services.desk.app import make_app
from services.desk.desk import Desk
from shared.storage import config, messages
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent

QUEUE = "ticketing.ticket.change.v1"


@pytest.fixture
async def ticket(house: House, eva: Browser) -> UUID:
    assert eva.csrf
    return await house.ticket(7, status="open", version=5, tags=["b", "a"], assignee=house.users["eva"])


async def put(browser: Browser, **form: Any) -> httpx.Response:  # Any: fields of the form
    headers = {"Accept": "application/json"}
    return await browser.http.post("/tickets/7/change", data={"csrf": browser.csrf} | form, headers=headers)


async def asked(house: House) -> dict[str, Any]:  # Any: the body of a message
    [row] = await house.rows(messages.outbox)
    return dict(json.loads(row["body"]))


async def changed(house: House, ticket: UUID, field: str, old: str, new: str) -> None:
    """Let a colleague have been faster."""
    facts = {"field": field, "old": old, "new": new, "actor": {"name": "Tom"}, "version": 6}
    await house.add(tables.history, tenant="default", ticket=ticket, at=NOW - timedelta(seconds=10), **facts)
    await house.change(update(tables.tickets).where(tables.tickets.c.id == ticket).values(version=6))


@pytest.mark.usefixtures("ticket")
async def test_what_was_set_is_said_with_what_it_was_and_how_to_undo_it(house: House, eva: Browser) -> None:
    for form, said, undo in (
        ({"status": "closed"}, "Status: Closed (was Open).", {"status": ["open"]}),
        ({"tags": "c"}, "Tags: c (was b, a).", {"tags": ["b, a"]}),
        ({"assignee": ""}, "Assignee: nobody (was Eva).", {"assignee": [str(house.users["eva"])]}),
    ):
        key = uuid4()
        await house.answers(QUEUE, key, {"changed": True})
        told = (await put(eva, key=str(key), version="5", **form)).json()
        assert (told["said"], told["undo"], told["version"]) == (said, undo, 5)


async def test_a_custom_field_is_undone_as_its_form_would_say_it(
    house: House, ticket: UUID, eva: Browser
) -> None:
    fields = {"floors": {"type": "multi", "choices": ["1", "2"]}, "paid": {"type": "boolean", "choices": []}}
    for key, facts in fields.items():
        row = {"tenant": "default", "key": key, "name": key.title(), "position": 0}
        await house.add(config.custom_fields, **row, **facts)
    values = {"floors": ["1", "2"], "paid": False}
    await house.change(update(tables.tickets).where(tables.tickets.c.id == ticket).values(fields=values))
    for form, undo in (
        ({"fields.floors": ["1", ""]}, {"fields.floors": ["1", "2", ""]}),
        ({"fields.paid": "true"}, {"fields.paid": ["false"]}),
    ):
        command = uuid4()
        await house.answers(QUEUE, command, {"changed": True})
        told = (await put(eva, key=str(command), version="5", **form)).json()
        assert told["undo"] == undo


async def test_a_colleague_who_changed_another_field_was_not_faster(
    house: House, ticket: UUID, eva: Browser
) -> None:
    await changed(house, ticket, "status", "new", "open")
    await put(eva, version="5", priority="high")
    command = await asked(house)
    assert (command["changes"], command["expected_version"]) == ({"priority": "high"}, 6)


@pytest.mark.usefixtures("eva")
async def test_a_colleague_who_changes_another_field_in_the_same_moment_refuses_nothing(
    house: House, desk: Desk, ticket: UUID
) -> None:
    patient = make_app(replace(desk, patience=timedelta(minutes=1)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(patient), base_url="http://desk.test") as http:
        eva = Browser(http)
        await eva.sign_in("eva@acme.test")
        asking = asyncio.create_task(put(eva, version="5", priority="high"))
        first = await nth_sent(house, 1)
        await changed(house, ticket, "status", "new", "open")
        await house.answers(QUEUE, UUID(first["id"]), {"refused": "x", "conflict": True, "version": 6})
        again = await nth_sent(house, 2)
        await house.answers(QUEUE, UUID(again["id"]), {"ok": True, "version": 7})
        answer = await asking
    assert [one["expected_version"] for one in (first, again)] == [5, 6]
    assert (answer.status_code, answer.json()["said"]) == (200, "Priority: High (was Normal).")


async def nth_sent(house: House, number: int) -> dict[str, Any]:  # Any: the body of a message
    while len(found := await sent(house, "ticket.change.v1")) < number:  # noqa: ASYNC110 - the row is what is waited for
        await asyncio.sleep(0)
    return found[number - 1]


async def test_a_colleague_who_changed_the_same_field_is_named_and_both_values_are_offered(
    house: House, ticket: UUID, eva: Browser
) -> None:
    await changed(house, ticket, "status", "new", "open")
    key = uuid4()
    await house.answers(QUEUE, key, {"refused": "too late", "conflict": True, "version": 6})
    answer = await put(eva, key=str(key), version="5", status="closed")
    told = answer.json()
    assert answer.status_code == 409
    assert told["why"] == "Tom set status to Open 10 s ago. Your change to status Closed was not made."
    assert (told["keep"], told["set"]) == ("Keep status Open", "Set status Closed")
    assert (told["values"], told["version"]) == ({"status": ["open"]}, 6)


@pytest.mark.usefixtures("ticket")
async def test_what_ticketing_refuses_is_told_with_the_value_that_stays(house: House, eva: Browser) -> None:
    key = uuid4()
    await house.answers(QUEUE, key, {"refused": "there is no status sleeping"})
    answer = await put(eva, key=str(key), version="5", status="sleeping")
    assert answer.status_code == 422
    assert answer.json() == {
        "why": "There is no status sleeping.",
        "values": {"status": ["open"]},
        "version": 5,
    }


@pytest.mark.usefixtures("ticket")
async def test_without_script_the_form_keeps_its_button(eva: Browser) -> None:
    page = (await eva.get("/tickets/7")).text
    assert '<button class="small only-plain">Save fields</button>' in page
