"""Notes on the page and in the API: who is offered what, the commands, and what the timeline says."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID, uuid4

from shared.contracts.sending import Draft
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, Clock, House
from tests.service.desk.test_commands_sent import sent


async def note_by(house: House, ticket: UUID, user: UUID, **values: object) -> UUID:
    post = uuid4()
    blob = await house.blobs.put("default", Draft(text="The toner is bad.").model_dump_json().encode())
    row = {
        "kind": "note",
        "user": user,
        "author_name": "Eva",
        "body": blob,
        "preview": "The toner is bad.",
        "details": {},
        "shown_at": NOW,
        "created_at": NOW,
    } | values
    await house.add(tables.posts, id=post, tenant="default", ticket=ticket, **row)
    return post


async def test_the_link_is_there_for_whoever_may_use_it(house: House, eva: Browser, clock: Clock) -> None:
    ticket = await house.ticket(7)
    own = await note_by(house, ticket, house.users["eva"])
    strange = await note_by(house, ticket, await house.user("ben@acme.test"))
    mail = await house.mail_in(ticket)
    clock.now += timedelta(minutes=15)
    page = (await eva.get("/tickets/7")).text
    assert f'href="/tickets/7/notes/{own}">Edit<' in page
    assert f'href="/tickets/7/notes/{strange}">Withdraw<' in page
    assert f"/tickets/7/notes/{mail}" not in page
    assert (await eva.get(f"/tickets/7/notes/{mail}")).status_code == 404
    assert "The toner is bad." in (await eva.get(f"/tickets/7/notes/{own}")).text
    clock.now += timedelta(seconds=1)
    assert f'href="/tickets/7/notes/{own}">Withdraw<' in (await eva.get("/tickets/7")).text
    agent = Browser(eva.http)
    await agent.sign_in("ben@acme.test")
    assert "/tickets/7/notes/" not in (await agent.get("/tickets/7")).text


async def test_page_and_program_send_the_same_commands(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7)
    post = await note_by(house, ticket, house.users["eva"], details={"edits": 2})
    path, headers = (
        f"/tickets/7/notes/{post}",
        {"Authorization": f"Bearer {await house.token(house.users['eva'])}"},
    )
    await eva.post(path, text="The drum is bad.", version="3")
    change = {"text": "The drum is bad.", "version": 3}
    await eva.http.patch(f"/api/v1{path}", json=change, headers=headers)
    by_page, by_program = await sent(house, "ticket.note.edit.v1")
    for name in ("ticket", "post", "body", "expected_version", "actor"):
        assert by_page[name] == by_program[name]
    assert (by_page["post"], by_page["expected_version"]) == (str(post), 3)
    await eva.post(f"{path}/withdraw", version="3")
    await eva.http.delete(f"/api/v1{path}", headers=headers)
    assert [c["post"] for c in await sent(house, "ticket.note.withdraw.v1")] == [str(post)] * 2
    await house.ticket(8)
    wrong = await eva.http.patch(f"/api/v1/tickets/8/notes/{post}", json=change, headers=headers)
    assert wrong.status_code == 404


async def test_a_refused_edit_keeps_what_was_typed(house: House, eva: Browser) -> None:
    post, key = await note_by(house, await house.ticket(7), house.users["eva"]), uuid4()
    refused = {"refused": "this note was changed a moment ago: read it again"}
    await house.answers("ticketing.ticket.note.edit.v1", key, refused)
    answer = await eva.post(f"/tickets/7/notes/{post}", key=str(key), text="My new words", version="1")
    assert answer.status_code == 422
    assert "This note was changed a moment ago" in answer.text
    assert "My new words" in answer.text


async def test_the_timeline_says_edited_and_withdrawn(house: House, eva: Browser) -> None:
    ticket, user = await house.ticket(7), house.users["eva"]
    edited = {"edits": 1, "edited_at": NOW.isoformat()}
    await note_by(house, ticket, user, details=edited)
    gone = {"withdrawn": {"by": "Boss", "at": NOW.isoformat()}}
    post = await note_by(house, ticket, user, details=gone, body=None, preview="")
    facts = {"ticket": ticket, "tenant": "default", "version": 1, "actor": {"user": str(user), "name": "Eva"}}
    old = {"post": str(post), "blob": "0" * 64}
    await house.add(tables.history, field="note", old=old, new=None, at=NOW, **facts)
    page = (await eva.get("/tickets/7")).text
    assert ">edited</span>" in page
    assert "Withdrawn by Boss at" in page
    assert "Eva withdrew a note" in page
    assert f"/tickets/7/notes/{post}" not in page
    headers = {"Authorization": f"Bearer {await house.token(user)}"}
    items = (await eva.http.get("/api/v1/tickets/7/timeline", headers=headers)).json()["items"]
    by_version = {item["version"]: item for item in items}
    assert by_version[2]["edited_at"] == "2026-11-24T12:00:00Z"
    assert (by_version[1]["withdrawn_by"], by_version[1]["text"]) == ("Boss", "")


async def test_a_rich_note_keeps_its_form_when_it_is_edited(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7)
    image = await house.file("x.png", b"png", media_type="image/png", content_id="x@postroom", inline=True)
    html = '<ul><li><b>Toner</b></li></ul><img src="cid:x@postroom">'
    blob = await house.blobs.put("default", Draft(text="- Toner", html=html).model_dump_json().encode())
    details = {"files": [image.model_dump(mode="json")]}
    post = await note_by(house, ticket, house.users["eva"], body=blob, details=details)
    page = (await eva.get(f"/tickets/7/notes/{post}")).text
    shown = re.search(r'data-html="([^"]*)"', page)
    assert shown
    typed = unescape(shown[1])
    assert typed == html.replace("cid:", f"/posts/{post}/inline/")
    await eva.post(f"/tickets/7/notes/{post}", text="- Toner", html=typed, version="1")
    [command] = await sent(house, "ticket.note.edit.v1")
    kept = Draft.model_validate_json(await house.blobs.get("default", command["body"]))
    assert kept.html == html


async def test_an_image_is_not_added_to_a_note_that_is_there(house: House, eva: Browser) -> None:
    post = await note_by(house, await house.ticket(7), house.users["eva"])
    html = f'<p><b>New</b> words</p><img src="/uploads/{uuid4()}/image">'
    answer = await eva.post(f"/tickets/7/notes/{post}", text="New words", html=html, version="1")
    assert answer.status_code == 422
    assert "An image cannot be added to a note that is there." in answer.text
    assert "&lt;b&gt;New&lt;/b&gt; words" in answer.text
    assert await sent(house, "ticket.note.edit.v1") == []
