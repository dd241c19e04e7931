"""The editor's forms: rich words made safe, blind copies, inline images, what a person is asked once."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from shared.contracts.mail import Address
from shared.contracts.sending import Draft
from shared.storage import messages, sending
from shared.storage.desk import uploads
from tests.service.desk.conftest import NOW, Browser, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
TO = {"to": '"Anna" <anna@example.test>'}


@pytest.fixture(autouse=True)
async def ticket(house: House) -> UUID:
    return await house.ticket(7)


async def reply(eva: Browser, **form: Any) -> httpx.Response:  # Any: fields of the form
    headers = {"Accept": "application/json"}
    return await eva.http.post("/tickets/7/reply", data={"csrf": eva.csrf} | TO | form, headers=headers)


async def commands(house: House) -> list[Any]:  # Any: JSON
    return [json.loads(row["body"]) for row in await house.rows(messages.outbox)]


async def draft_of(house: House, command: Any) -> Draft:  # Any: JSON
    blob = await house.blobs.get("default", command["body"]["blob"])
    return Draft.model_validate_json(blob)


async def upload(eva: Browser, name: str = "a.png", data: bytes = PNG) -> httpx.Response:
    headers = {"X-Form-Token": eva.csrf, "Accept": "application/json"}
    return await eva.http.post("/uploads", files={"file": (name, data)}, headers=headers)


async def test_rich_words_are_cleaned_and_said_in_text_too(house: House, eva: Browser) -> None:
    html = (
        '<div class="x" style="position:fixed">Hello <b onclick="x()">Anna</b></div><div><br></div>'
        '<script>alert(1)</script><a href="javascript:x">no</a> <a href="https://x.test">yes</a>'
        '<img src="https://tracker.test/1.png"><blockquote><div>You wrote</div></blockquote>'
    )
    await reply(eva, text="ignored", html=html)
    (command,) = await commands(house)
    draft = await draft_of(house, command)
    assert draft.html == (
        "<div>Hello <b>Anna</b></div><div><br></div><a>no</a> "
        '<a href="https://x.test">yes</a><blockquote><div>You wrote</div></blockquote>'
    )
    assert draft.text == "Hello Anna\n\nno yes <https://x.test>\n\n> You wrote"


async def test_plain_lines_of_the_editor_are_plain_text(house: House, eva: Browser) -> None:
    await reply(eva, html="<div>One</div><div><br></div><div>Two</div>")
    (command,) = await commands(house)
    assert await draft_of(house, command) == Draft(text="One\n\nTwo")


@pytest.mark.parametrize("html", ["", "<div><br></div>", "<div>\xa0</div><b></b>"])
async def test_a_blank_reply_is_not_sent(house: House, eva: Browser, html: str) -> None:
    answer = await reply(eva, text=" ", html=html)
    assert answer.status_code == 422
    assert answer.json()["why"] == "The reply is empty: write something first."
    assert await commands(house) == []


async def test_blind_copies_go_along_and_never_to_ourselves(house: House, eva: Browser) -> None:
    await house.mailbox("help@acme.test")
    refused = await reply(eva, text="Hi", bcc="help@acme.test")
    assert "one of our mailboxes" in refused.json()["why"]
    await reply(eva, text="Hi", bcc_more="boss@acme.test, anna@example.test")
    (command,) = await commands(house)
    assert [one["address"] for one in command["bcc"]] == ["boss@acme.test"]


async def test_an_image_in_the_text_goes_inside_the_mail(house: House, eva: Browser) -> None:
    kept = (await upload(eva)).json()
    assert kept["image"] is True
    shown = await eva.get(f"/uploads/{kept['id']}/image")
    assert (shown.status_code, shown.headers["content-type"], shown.content) == (200, "image/png", PNG)
    await reply(eva, html=f'<div>See</div><img src="/uploads/{kept["id"]}/image" alt="x">')
    (command,) = await commands(house)
    (file,) = command["files"]
    assert (file["inline"], file["content_id"]) == (True, f"{kept['id']}@postroom")
    assert f'src="cid:{kept["id"]}@postroom"' in ((await draft_of(house, command)).html or "")


async def test_an_image_of_somebody_else_is_neither_shown_nor_sent(house: House, eva: Browser) -> None:
    kept, strange = (await upload(eva)).json(), await house.user("bob@acme.test")
    await house.change(uploads.update().values(user=strange))
    assert (await eva.get(f"/uploads/{kept['id']}/image")).status_code == 404
    answer = await reply(eva, html=f'<img src="/uploads/{kept["id"]}/image">')
    assert answer.status_code == 422
    assert await commands(house) == []


async def test_a_file_is_refused_at_once_with_the_reason(eva: Browser) -> None:
    answer = await upload(eva, "x.exe", b"MZ\x90\x00" + bytes(60))
    assert answer.status_code == 415
    assert answer.json()["why"].startswith("x.exe: Programs are not on the list")


async def test_a_file_without_the_form_token_is_not_taken(house: House, eva: Browser) -> None:
    answer = await eva.http.post("/uploads", files={"file": ("a.png", PNG)})
    assert answer.status_code == 403
    assert await house.rows(uploads) == []


@pytest.mark.parametrize("text", ["See attached.", "Im Anhang", "Zie de bijlage"])
async def test_a_promised_file_that_lacks_is_asked_for_once(house: House, eva: Browser, text: str) -> None:
    answer = await reply(eva, text=text)
    assert (answer.status_code, answer.json()["ask"]) == (422, "attached")
    page = await eva.post("/tickets/7/reply", text=text, **TO)
    assert 'name="anyway" value="on"' in page.text
    await reply(eva, text=text, anyway="on")
    assert len(await commands(house)) == 1


async def test_a_promise_in_quoted_words_asks_nothing(house: House, eva: Browser) -> None:
    await reply(eva, text="Thank you.\n> See attached.")
    assert len(await commands(house)) == 1


async def test_a_post_that_came_meanwhile_is_shown_before_it_goes(
    house: House, eva: Browser, ticket: UUID
) -> None:
    seen = await house.mail_in(ticket)
    later = await house.mail_in(ticket, created_at=NOW + timedelta(minutes=1))
    answer = await reply(eva, text="Hi", seen=str(seen))
    assert answer.json()["ask"] == "newer"
    assert answer.json()["why"].startswith("Anna wrote")
    assert answer.json()["seen"] == str(later)
    await reply(eva, text="Hi", seen=str(later))
    assert len(await commands(house)) == 1


@pytest.mark.parametrize("case", ["automatic", "my own"])
async def test_what_a_machine_or_one_self_wrote_asks_nothing(
    house: House, eva: Browser, ticket: UUID, case: str
) -> None:
    seen = await house.mail_in(ticket)
    who = {"automatic": "auto_reply"} if case == "automatic" else {"user": house.users["eva"]}
    await house.mail_in(ticket, created_at=NOW + timedelta(minutes=1), **who)
    await reply(eva, text="Hi", seen=str(seen))
    assert len(await commands(house)) == 1


async def test_tomorrow_is_eight_on_the_clock_of_who_asks(house: House, eva: Browser) -> None:
    answer = await reply(eva, text="Hi", send="tomorrow", zone="Europe/Vienna", unless="on")
    (command,) = await commands(house)
    assert command["send_at"] == "2026-11-25T07:00:00Z"
    assert command["unless_customer_writes"] is True
    assert answer.json()["undo"] == 0


async def test_a_reply_to_an_earlier_mail_goes_to_who_wrote_it_and_hangs_on_it(
    house: House, eva: Browser, ticket: UUID
) -> None:
    other = {"sender": Address(address="carl@example.test", name="Carl")}
    first = await house.mail_in(
        ticket, document=other, message_id="first@x", shown_at=NOW - timedelta(days=1)
    )
    await house.mail_in(ticket, message_id="last@x")
    page = (await eva.get(f"/tickets/7?answers={first}")).text
    assert "carl@example.test&gt;" in page
    assert f'name="answers" value="{first}"' in page
    await reply(eva, text="Hi", answers=str(first))
    (command,) = await commands(house)
    assert command["ticket"]["thread"] == ["last@x", "first@x"]


async def test_a_reply_that_is_taken_back_brings_form_people_and_files(
    house: House, eva: Browser, ticket: UUID
) -> None:
    key, image = uuid4(), uuid4()
    drawn = await house.file(
        "a.png", PNG, media_type="image/png", inline=True, content_id=f"{image}@postroom"
    )
    beside = await house.file("b.pdf")
    html = f'<b>Here</b><img src="cid:{image}@postroom">'
    words = Draft(text="Here", html=html).model_dump_json().encode()
    mail = await house.mail_out(
        ticket,
        "planned",
        send_at=NOW + timedelta(seconds=10),
        files=[drawn.model_dump(mode="json"), beside.model_dump(mode="json")],
        written=await house.blobs.put("default", words),
        recipients={"to": [{"address": "anna@example.test", "name": ""}], "bcc": [{"address": "b@x.test"}]},
    )
    await house.answers("mailer.mail.cancel.v1", key, {"ok": True})
    await eva.post(f"/outgoing/{mail}/cancel", key=str(key), **{"from": "ticket"})
    await house.change(sending.mails.update().values(state="cancelled"))
    page = (await eva.get(f"/tickets/7?undone={mail}")).text
    assert "b.pdf" in page
    assert 'name="bcc" value="b@x.test"' in page
    (shown,) = [row for row in await house.rows(uploads) if row["name"] == "a.png"]
    assert f"&lt;b&gt;Here&lt;/b&gt;&lt;img src=&#34;/uploads/{shown['id']}/image&#34;&gt;" in page
