"""Forwarding: the original below one's own words, its files by choice, on the ticket as a mail out."""

import json
from typing import Any
from uuid import UUID, uuid4

import pytest

from shared.contracts.sending import Draft
from shared.storage import messages
from tests.service.desk.conftest import Browser, House

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
    (ours,) = [part.split('"')[0] for part in page.split('href="/tickets/7/forward/')[1:]]
    assert "Here it is." in (await eva.get(f"/tickets/7/forward/{ours}")).text
    assert (await eva.get(f"/tickets/7/forward/{uuid4()}")).status_code == 404


async def test_a_forward_that_is_begun_stands_there_again(eva: Browser, post: UUID) -> None:
    form = {"kind": "forward", "text": "Half a", "answers": str(post), "subject": "Mine"}
    await eva.post(f"/tickets/7/drafts/{uuid4()}", **form)
    page = (await eva.get(f"/tickets/7/forward/{post}")).text
    assert "Half a</textarea>" in page
    assert 'value="Mine"' in page
    assert "Half a" not in (await eva.get("/tickets/7")).text
