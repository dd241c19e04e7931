"""A new ticket at the desk: its words are kept as a note, or go out as its first mail."""

import json
from typing import Any
from uuid import UUID, uuid4, uuid5

import pytest

from shared.storage import messages
from shared.storage.desk import drafts
from tests.service.desk.conftest import Browser, House

FORM = {"subject": "Your badge", "contact": "Anna <anna@example.test>", "text": "It is ready."}


async def commands(house: House) -> list[Any]:  # Any: JSON
    return [json.loads(row["body"]) for row in await house.rows(messages.outbox)]


async def opening(house: House, **answer: Any) -> UUID:  # Any: JSON
    """Let ticketing have opened ticket 7, and the mailer have answered."""
    key = uuid4()
    await house.ticket(7, "Your badge")
    await house.answers("ticketing.ticket.open.v1", key, {"ok": True, "number": 7})
    await house.answers("mailer.mail.send.v1", uuid5(key, "mail"), answer or {"ok": True})
    return key


async def test_a_note_is_what_it_was_before(house: House, eva: Browser) -> None:
    page = (await eva.get("/tickets/new")).text
    assert "is kept as an internal note; no mail goes out unless a trigger sends one" in page
    await eva.post("/tickets/new", **FORM)
    (command,) = await commands(house)
    assert (command["subject"], command["mailed"]) == ("Your badge", False)


async def test_the_first_mail_goes_out_once_with_the_subject_as_it_is(house: House, eva: Browser) -> None:
    key = uuid4()
    await house.ticket(7, "Your badge")
    await house.answers("ticketing.ticket.open.v1", key, {"ok": True, "number": 7})
    form = FORM | {"as": "mail", "key": str(key), "html": "<div>It is <b>ready</b>.</div>"}
    answer = await eva.post("/tickets/new", **form)
    assert answer.headers["location"] == "/tickets/7?said=opened-by-mail"
    (mail,) = await commands(house)
    assert (mail["subject"], mail["effect"]) == ("Your badge", str(uuid5(key, "mail")))
    assert [one["address"] for one in mail["to"]] == ["anna@example.test"]
    await eva.post("/tickets/new", **form)
    assert {one["id"] for one in await commands(house)} == {mail["id"]}


async def test_a_mail_that_is_refused_leaves_its_words_on_the_ticket(house: House, eva: Browser) -> None:
    key = await opening(house, refused="no mailbox can send")
    page = await eva.post("/tickets/new", **(FORM | {"as": "mail", "key": str(key)}))
    assert page.status_code == 422
    assert "The ticket is open. Its mail was not sent: No mailbox can send." in page.text
    assert "It is ready.</textarea>" in page.text


@pytest.mark.parametrize("form", [{"text": ""}, {"subject": ""}, {"contact": "x"}])
async def test_what_is_missing_is_said_and_the_rest_stays(eva: Browser, form: dict[str, str]) -> None:
    page = await eva.post("/tickets/new", **(FORM | {"as": "mail"} | form))
    assert page.status_code == 422
    assert 'value="mail" checked' in page.text


async def test_one_that_is_begun_stands_there_again_until_it_is_opened(house: House, eva: Browser) -> None:
    draft, key = uuid4(), await opening(house)
    await eva.post(f"/drafts/{draft}", **(FORM | {"as": "mail"}))
    page = (await eva.get("/tickets/new")).text
    assert "It is ready.</textarea>" in page
    assert 'value="Your badge"' in page
    assert 'value="mail" checked' in page
    await eva.post("/tickets/new", **(FORM | {"key": str(key), "draft": str(draft)}))
    assert "It is ready." not in (await eva.get("/tickets/new")).text
    assert [row["text"] for row in await house.rows(drafts)] == [""]


async def test_a_promised_file_that_lacks_is_asked_for_once(house: House, eva: Browser) -> None:
    form = FORM | {"text": "See attached."}
    page = await eva.post("/tickets/new", **form)
    assert "no file is with it" in page.text
    assert 'name="anyway"' in page.text
    await eva.post("/tickets/new", anyway="on", **form)
    assert len(await commands(house)) == 1
