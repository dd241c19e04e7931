"""The folders of a mailbox are listed anew when somebody asks: by ingest, told to the page when they come."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import update

from shared.storage import config, ingest, messages
from tests.service.desk.conftest import NOW, Browser, House

COMMAND = "ingest.mailbox.folders.list.v1"


async def told(eva: Browser, mailbox: UUID) -> Any:  # Any: JSON
    return (await eva.get(f"/mailboxes/{mailbox}/folders")).json()


async def test_the_button_asks_ingest_and_leads_back_to_the_form(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test", folders_at=NOW)
    assert "List folders again" in (await eva.get(f"/mailboxes/{mailbox}")).text
    key = uuid4()
    await house.answers(COMMAND, key, {"ok": True})
    answer = await eva.post(f"/mailboxes/{mailbox}/folders", key=str(key))
    assert answer.headers["location"] == f"/mailboxes/{mailbox}?said=folders#folders"
    await eva.post(f"/mailboxes/{mailbox}/folders", key=str(uuid4()))
    [asked] = await house.rows(messages.outbox)
    assert (asked["contract"], json.loads(asked["body"])["mailbox"]) == (COMMAND[7:], str(mailbox))


async def test_a_script_is_told_and_gets_the_key_of_the_next_command(
    house: House, eva: Browser, http: httpx.AsyncClient
) -> None:
    mailbox, key = await house.mailbox("help@acme.test"), uuid4()
    await house.answers(COMMAND, key, {"ok": True})
    form = {"csrf": eva.csrf, "key": str(key)}
    json_wanted = {"accept": "application/json"}
    answer = await http.post(f"/mailboxes/{mailbox}/folders", data=form, headers=json_wanted)
    assert answer.json()["state"] == "listing"
    assert UUID(answer.json()["key"]) != key


async def test_the_page_is_told_how_it_stands_until_they_are_there(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test", folders_at=None)
    await house.add(ingest.folders, tenant="default", mailbox=mailbox, id="1", path="Inbox")
    found = await told(eva, mailbox)
    assert (found["state"], found["folders"]) == ("listing", [])
    mine = ingest.cursors.c.id == mailbox
    await house.change(update(ingest.cursors).where(mine).values(error_code="ErrorAccessDenied"))
    found = await told(eva, mailbox)
    assert found["state"] == "failing"
    assert "ErrorAccessDenied" in found["said"]
    await house.change(update(ingest.cursors).where(mine).values(error_code=None, folders_at=NOW))
    found = await told(eva, mailbox)
    assert (found["said"], found["folders"]) == ("1 folder, as it is now.", [["1", "Inbox"]])


async def test_a_refusal_says_why_and_a_mailbox_that_is_not_there_is_none(house: House, eva: Browser) -> None:
    mailbox, key = await house.mailbox("help@acme.test"), uuid4()
    await house.answers(COMMAND, key, {"refused": "it is off; switch it on first"})
    answer = await eva.post(f"/mailboxes/{mailbox}/folders", key=str(key))
    assert answer.status_code == 409
    assert "It is off; switch it on first" in answer.text
    assert (await eva.post(f"/mailboxes/{uuid4()}/folders")).status_code == 404
    await house.change(update(config.mailboxes).values(enabled=False))
    assert "List folders again" not in (await eva.get(f"/mailboxes/{mailbox}")).text
