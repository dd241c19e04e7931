"""Forwarding: the original below one's own words, its files by choice, on the ticket as a mail out."""

import json
import re
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import update

from shared.contracts.sending import Draft
from shared.storage import messages, sending
from tests.service.desk.conftest import NOW, Browser, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
FORM = {"to": "bob@other.test", "text": "Can you look at this?", "subject": "Fwd: Printer on fire"}


@pytest.fixture(autouse=True)
async def ticket(house: House) -> UUID:
    return await house.ticket(7)


@pytest.fixture
async def post(house: House, ticket: UUID) -> UUID:
    image = await house.file("logo.png", PNG, media_type="image/png", content_id="x", inline=True)
    plan, list_ = await house.file("plan.pdf", b"plan"), await house.file("list.pdf", b"list")
    html = '<p>It <b>smokes</b>.</p><img src="cid:x">'
    return await house.mail_in(
        ticket,
        "It smokes.",
        subject="Printer on fire",
        files=(image, plan, list_),
        body={"reply_html": html, "quoted_text": "> Does it smoke?"},
    )


async def command(house: House) -> Any:  # Any: JSON
    (row,) = await house.rows(messages.outbox)
    return json.loads(row["body"])


async def test_the_page_shows_the_mail_and_its_files_to_choose(eva: Browser, post: UUID) -> None:
    page = (await eva.get(f"/tickets/7/forward/{post}")).text
    assert 'value="Fwd: Printer on fire"' in page
    assert "plan.pdf" in page
    assert "list.pdf" in page
    assert "logo.png" not in page
    assert "It <b>smokes</b>." in page
    assert 'name="to"' not in page


async def test_the_original_goes_below_with_the_chosen_files(house: House, eva: Browser, post: UUID) -> None:
    plan = (await house.file("plan.pdf", b"plan")).sha256
    answer = await eva.post(f"/tickets/7/forward/{post}", file=plan, bcc="carl@other.test", **FORM)
    assert answer.status_code == 303, answer.text
    sent = await command(house)
    assert (sent["subject"], sent["forwards"]) == ("Fwd: Printer on fire", True)
    assert [one["address"] for one in sent["to"] + sent["bcc"]] == ["bob@other.test", "carl@other.test"]
    assert [(file["name"], file["inline"]) for file in sent["files"]] == [
        ("logo.png", True),
        ("plan.pdf", False),
    ]
    draft = Draft.model_validate_json(await house.blobs.get("default", sent["body"]["blob"]))
    assert draft.text.startswith(
        "Can you look at this?\n\n> From: Anna <anna@example.test>\n> Date: 2026-11-24"
    )
    assert draft.text.endswith(">\n> It smokes.\n>\n> > Does it smoke?")
    assert draft.html is not None
    assert draft.html.startswith("<div>Can you look at this?</div><blockquote><div>From: Anna &lt;")
    assert '<p>It <b>smokes</b>.</p><img src="cid:x">' in draft.html


async def test_nothing_need_be_written_above(house: House, eva: Browser, post: UUID) -> None:
    await eva.post(f"/tickets/7/forward/{post}", **(FORM | {"text": ""}))
    sent = await command(house)
    draft = Draft.model_validate_json(await house.blobs.get("default", sent["body"]["blob"]))
    assert draft.text.startswith("> From: Anna")


async def test_without_anybody_to_send_it_to_what_was_typed_stays(eva: Browser, post: UUID) -> None:
    page = await eva.post(f"/tickets/7/forward/{post}", text="Look", subject="Mine")
    assert page.status_code == 422
    assert "Nobody to send it to" in page.text
    assert "Look</textarea>" in page.text


async def test_our_own_mail_can_be_passed_on_and_a_note_cannot(
    house: House, eva: Browser, ticket: UUID
) -> None:
    await house.mail_out(ticket, "sent")
    page = (await eva.get("/tickets/7")).text
    (ours,) = {part.split('"')[0] for part in page.split('href="/tickets/7/forward/')[1:]}
    assert "Here it is." in (await eva.get(f"/tickets/7/forward/{ours}")).text
    assert (await eva.get(f"/tickets/7/forward/{uuid4()}")).status_code == 404


async def test_a_forward_that_is_begun_stands_there_again(eva: Browser, post: UUID) -> None:
    form = {"kind": "forward", "text": "Half a", "answers": str(post), "subject": "Mine"}
    await eva.post(f"/tickets/7/drafts/{uuid4()}", **form)
    page = (await eva.get(f"/tickets/7/forward/{post}")).text
    assert "Half a</textarea>" in page
    assert 'value="Mine"' in page
    assert "Half a" not in (await eva.get("/tickets/7")).text


@pytest.mark.parametrize(
    ("text", "html"),
    [("Can you look at this?", ""), ("Bold words", "<p><b>Bold</b> words</p>"), ("", "")],
    ids=["plain", "rich", "nothing"],
)
async def test_what_is_taken_back_stands_in_its_own_form_without_the_original(
    *, house: House, eva: Browser, post: UUID, ticket: UUID, text: str, html: str
) -> None:
    page = (await eva.get(f"/tickets/7/forward/{post}")).text
    plan = re.findall(r'name="file" value="([0-9a-f]{64})"', page)[0]
    form = FORM | {"text": text, "html": html, "subject": "Fwd: A fire", "file": plan}
    await eva.post(f"/tickets/7/forward/{post}", **form)
    said = await command(house)
    undone = await house.mail_out(
        ticket,
        "planned",
        subject=said["subject"],
        files=said["files"],
        recipients={"to": said["to"], "cc": [], "bcc": []},
        send_at=NOW + timedelta(seconds=10),
    )
    blob = said["body"]["blob"]
    await house.change(update(sending.mails).where(sending.mails.c.id == undone).values(body=blob))
    key = uuid4()
    await house.answers("mailer.mail.cancel.v1", key, {"state": "cancelled"})
    answer = await eva.post(f"/outgoing/{undone}/cancel", key=str(key), **{"from": "ticket"})
    assert answer.headers["location"].startswith(f"/tickets/7/forward/{post}?undone={undone}")
    await house.change(update(sending.mails).where(sending.mails.c.id == undone).values(state="cancelled"))
    again = (await eva.get(answer.headers["location"])).text
    area = re.search(r'<textarea name="text"[^>]*data-html="([^"]*)"[^>]*>([^<]*)</textarea>', again)
    assert area
    assert (unescape(area[1]), area[2]) == (html, text)
    assert 'value="Fwd: A fire"' in again
    assert "bob@other.test" in again
    assert re.findall(r'name="file" value="([0-9a-f]{64})" checked', again) == [plan]
    assert 'name="upload"' not in again


async def test_a_reply_that_is_taken_back_is_no_forward(house: House, eva: Browser, ticket: UUID) -> None:
    undone = await house.mail_out(ticket, "planned", send_at=NOW + timedelta(seconds=10))
    key = uuid4()
    await house.answers("mailer.mail.cancel.v1", key, {"state": "cancelled"})
    answer = await eva.post(f"/outgoing/{undone}/cancel", key=str(key), **{"from": "ticket"})
    assert answer.headers["location"] == f"/tickets/7?undone={undone}&said=undone#editor"
