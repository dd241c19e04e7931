"""Drafts survive what happens around them, and go when their words were sent."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.desk.desk import Desk
from services.desk.forgetting import forget
from services.desk.queries.drafts import begun_among, count_of_drafts
from services.desk.queries.people import user_named
from services.desk.sweeping import forget_draft
from shared.storage.desk import drafts, uploads
from shared.storage.due import claim
from tests.service.desk.conftest import NOW, Browser, Clock, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture(autouse=True)
async def ticket(house: House) -> UUID:
    ticket = await house.ticket(7)
    await house.mail_in(ticket)
    return ticket


async def kept(
    eva: Browser, draft: UUID, version: int = 0, **form: Any
) -> dict[str, Any]:  # Any: fields, JSON
    told = {"kind": "reply", "text": "Half a", "version": str(version)} | form
    answer: httpx.Response = await eva.post(f"/tickets/7/drafts/{draft}", **told)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def page(eva: Browser) -> str:
    return (await eva.get("/tickets/7")).text


async def test_a_draft_stands_in_the_form_again(eva: Browser) -> None:
    draft = uuid4()
    to = ['"Bob Kay" <bob@x.test>', "carl@x.test"]
    assert (await kept(eva, draft, html="<div>Half <b>a</b></div>", to=to))["version"] == 1
    shown = await page(eva)
    assert "Half a</textarea>" in shown
    assert "&lt;div&gt;Half &lt;b&gt;a&lt;/b&gt;&lt;/div&gt;" in shown
    assert "Bob Kay" in shown
    assert f'name="draft" value="{draft}"' in shown


async def test_a_draft_outlives_signing_out_and_belongs_to_one_person(house: House, eva: Browser) -> None:
    await kept(eva, uuid4())
    await eva.post("/sign-out")
    await house.user("bob@acme.test", role="admin")
    await eva.sign_in("bob@acme.test")
    assert "Half a" not in await page(eva)
    await eva.post("/sign-out")
    await eva.sign_in("eva@acme.test")
    assert "Half a" in await page(eva)


async def test_two_places_that_change_a_draft_are_both_kept(eva: Browser) -> None:
    draft, other = uuid4(), uuid4()
    await kept(eva, draft)
    assert (await kept(eva, draft, 1, text="Of the laptop"))["version"] == 2
    late = await kept(eva, draft, 1, text="Of the phone")
    assert late["state"] == "newer"
    assert late["other"]["text"] == "Of the laptop"
    await kept(eva, other, text="Of the phone")
    shown = await page(eva)
    assert "Of the phone" in shown
    assert "Of the laptop" in shown


async def test_an_emptied_form_is_no_draft(house: House, eva: Browser) -> None:
    draft = uuid4()
    await kept(eva, draft)
    assert (await kept(eva, draft, 1, text=""))["state"] == "ended"
    assert "Half a" not in await page(eva)
    (row,) = await house.rows(drafts)
    assert row["text"] == ""


async def test_people_alone_are_a_draft(eva: Browser) -> None:
    assert (await kept(eva, uuid4(), text="", to="bob@x.test"))["state"] == "kept"
    assert 'value="bob@x.test" checked' in await page(eva)


async def test_a_draft_goes_with_its_reply_and_a_late_save_does_not_bring_it_back(
    house: House, eva: Browser
) -> None:
    draft, key = uuid4(), uuid4()
    await kept(eva, draft)
    await house.answers("mailer.mail.send.v1", key, {"ok": True, "outgoing": str(uuid4())})
    sent = await eva.post(
        "/tickets/7/reply", text="Half a word.", to="anna@example.test", draft=str(draft), key=str(key)
    )
    assert sent.status_code == 303
    assert (await kept(eva, draft, 1, text="Half a word."))["state"] == "ended"
    assert "Half a" not in await page(eva)


async def test_a_save_that_comes_after_the_first_send_keeps_nothing(house: House, eva: Browser) -> None:
    draft = uuid4()
    await eva.post("/tickets/7/reply", text="Whole", to="anna@example.test", draft=str(draft))
    assert (await kept(eva, draft))["state"] == "ended"
    assert [row["text"] for row in await house.rows(drafts)] == [""]


async def test_a_refused_reply_leaves_the_draft(eva: Browser) -> None:
    draft = uuid4()
    await kept(eva, draft)
    await eva.post("/tickets/7/reply", text="", draft=str(draft))
    assert "Half a" in await page(eva)


async def test_a_reply_of_somebody_else_leaves_the_draft(house: House, eva: Browser, ticket: UUID) -> None:
    await kept(eva, uuid4())
    await house.mail_out(ticket, "sent")
    assert "Half a" in await page(eva)


async def test_a_draft_is_discarded_without_script_too(eva: Browser) -> None:
    draft = uuid4()
    await kept(eva, draft)
    answer = await eva.post(f"/drafts/{draft}/discard?number=7")
    assert answer.headers["location"] == "/tickets/7?said=thrown-away"
    assert "Half a" not in await page(eva)


async def test_nobody_changes_or_discards_a_draft_of_somebody_else(house: House, eva: Browser) -> None:
    draft = uuid4()
    await kept(eva, draft)
    await house.change(drafts.update().values(user=await house.user("bob@acme.test")))
    assert (await kept(eva, draft, 1, text="Mine"))["state"] == "ended"
    await eva.post(f"/drafts/{draft}/discard")
    (row,) = await house.rows(drafts)
    assert (row["text"], row["ended_at"]) == ("Half a", None)


async def test_a_file_of_a_draft_waits_as_long_as_the_draft(house: House, eva: Browser) -> None:
    headers = {"X-Form-Token": eva.csrf}
    file = (await eva.http.post("/uploads", files={"file": ("a.png", PNG)}, headers=headers)).json()["id"]
    draft = uuid4()
    await kept(eva, draft, upload=file)
    (row,) = await house.rows(uploads)
    assert row["due_at"] is None
    assert "a.png" in await page(eva)
    await eva.post(f"/drafts/{draft}/discard")
    (row,) = await house.rows(uploads)
    assert row["due_at"] == NOW + timedelta(days=1)


async def test_an_ended_draft_is_forgotten_after_a_day(
    house: House, desk: Desk, eva: Browser, clock: Clock
) -> None:
    draft = uuid4()
    await kept(eva, draft)
    await eva.post(f"/drafts/{draft}/discard")
    clock.now = NOW + timedelta(days=1, minutes=1)
    minute = timedelta(minutes=1)
    for claimed in await claim(house.owner, drafts, now=clock.now, limit=5, lease_for=minute):
        await forget_draft(claimed, desk.units)
    assert await house.rows(drafts) == []


async def test_lists_know_where_one_has_begun_to_write(
    house: House, desk: Desk, eva: Browser, ticket: UUID
) -> None:
    other = await house.ticket(8)
    await kept(eva, uuid4())
    await eva.post(f"/drafts/{uuid4()}", text="A new one")
    async with desk.reading_all("default") as reading:
        eva_herself = await user_named(reading, house.users["eva"])
    assert eva_herself
    async with desk.reading(eva_herself) as reading:
        assert await begun_among(reading, eva_herself.id, [ticket, other]) == {ticket}
        assert await count_of_drafts(reading, eva_herself.id) == 2


@pytest.mark.parametrize("how", ["their ticket", "to them"])
async def test_erasing_a_contact_reaches_drafts(
    house: House, desk: Desk, eva: Browser, ticket: UUID, how: str
) -> None:
    await kept(eva, uuid4(), to="Anna@example.test" if how == "to them" else "bob@x.test")
    await house.ticket(8)
    await eva.post(f"/tickets/8/drafts/{uuid4()}", kind="note", text="Of another")
    their = [ticket] if how == "their ticket" else []
    async with desk.writing("default") as db:
        await forget(db, "default", "anna@example.test", their, ())
    assert [row["text"] for row in await house.rows(drafts)] == ["Of another"]
