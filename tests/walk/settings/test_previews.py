"""A trigger is previewed with a real ticket: what the preview says then leaves, and nothing leaves before."""

import html
import re

import pytest
from pydantic import JsonValue
from sqlalchemy import func, select

from shared.storage.messages import inbox
from shared.storage.sending import mails
from tests.installation import TENANT
from tests.service.desk.conftest import Browser
from tests.walk.letters import letter, read, text_of
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

NEW: JsonValue = {"type": "NEW_TICKET_CREATED", "kinds": "external"}
WORDS: dict[str, JsonValue] = {
    "subject": "Re: {{ ticket.subject }}",
    "html": "<p style='color:red' onclick='x()'>Dear {{ contact.name }},<br>we have it.</p>",
}
SENDER = '"<b>Ann & Co</b>" <ann@works.example>'


def settings(when: JsonValue = NEW, action: str = "send_email", **params: JsonValue) -> Json:
    return {"name": "Answer", "when": when, "action": action, "params": params or WORDS}


async def previewed(walk: Walk, number: int, **wanted: object) -> Json:
    made: Json = await walk.ask("POST", "/triggers/previews", {"ticket": number, **wanted})
    return made


async def refused(walk: Walk, number: int, **params: JsonValue) -> str:
    """Return why a preview is not made."""
    body = {"ticket": number, "settings": settings() | {"params": params}}
    answer = await walk.desk.post("/api/v1/triggers/previews", json=body)
    assert answer.status_code in {409, 422}, answer.text
    return str(answer.json()["detail"])


async def many(walk: Walk) -> tuple[int, int]:
    """Count the mails that there are, and the blobs that answers of previews name and the store still has."""
    (row,) = await walk.installation.rows(select(func.count()).select_from(mails))
    answers = await walk.installation.rows(select(inbox.c.result).where(inbox.c.queue.contains("preview")))
    named = [one.result["preview"] for one in answers if one.result and "preview" in one.result]
    assert named
    blobs = walk.installation.house.blobs
    return row[0], len([one for one in named if await blobs.remove(TENANT, one)])


async def test_a_preview_is_the_mail_that_then_leaves_and_nothing_is_sent_or_kept_before(walk: Walk) -> None:
    await walk.options(signature="The team of {{ ticket.number }}")
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Bolts & nuts", sender=SENDER)))
    made = await previewed(walk, number, settings=settings())
    (mail,) = made["mails"]
    assert (mail["to"], mail["subject"]) == (["ann@works.example"], "Re: Bolts & nuts")
    assert mail["text"] == f"Dear <b>Ann & Co</b>,\nwe have it.\n\n-- \nThe team of {number}"
    assert '<p style="color:red">Dear &lt;b&gt;Ann &amp; Co&lt;/b&gt;,<br>we have it.</p>' in mail["html"]
    assert made["happened_at"] is not None
    assert await many(walk) == (0, 0)
    await walk.installation.add_trigger(
        {"type": "NEW_TICKET_CREATED", "kinds": "external"}, "send_email", WORDS
    )
    again = await walk.ticket_of(mailbox.receives(letter("Bolts & nuts", sender=SENDER)))
    (sent,) = await walk.left(mailbox)
    assert text_of(sent.raw).replace("\r\n", "\n").rstrip() == mail["text"].replace(str(number), str(again))
    page = read(sent.raw).get_body(("html",))
    assert page is not None
    whole = str(page.get_content()).replace("\r\n", "\n")
    assert mail["html"].replace(str(number), str(again)) in whole
    for one in await walk.listed("/triggers"):
        (saved,) = (await previewed(walk, number, trigger=one["id"]))["mails"]
        assert saved == mail
        assert (await walk.desk.delete(f"/api/v1/triggers/{one['id']}")).status_code == 204
    await walk.options(signature="")


async def test_each_type_has_the_facts_of_what_it_waits_for(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Facts", sender=SENDER)))
    facts = {
        "CLOSE_TICKET": "{{ status_before }}",
        "CLOSE_TICKET_REMINDER": "{{ closes_at }}",
        "TICKET_FIELD_CHANGE": "{{ changes | length }}",
    }
    for type_, fact in facts.items():
        made = await previewed(
            walk, number, settings=settings({"type": type_}, subject="S", body=f"[{fact}]")
        )
        assert re.fullmatch(r"\[(open|new|2026.* UTC|0)\]", made["mails"][0]["text"]), made
        assert made["happened_at"] is None


async def test_what_else_a_trigger_would_do_or_not_is_told(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Others", sender=SENDER)))
    note = settings(action="add_note", text="Look at {{ ticket.number }}")
    assert await previewed(walk, number, settings=note) | {"happened_at": None} == {
        "happened_at": None,
        "mails": [],
        "others": [f"puts a note on the ticket: Look at {number}"],
    }
    nobody = await previewed(walk, number, settings=settings(subject="s", body="b", recipient="assignee"))
    assert nobody["others"] == ["nobody is assigned"]
    copied = settings(subject="s", body="b", cc=[mailbox.address, "boss@works.example"])
    (mail,) = (await previewed(walk, number, settings=copied))["mails"]
    assert (mail["cc"], mail["spared"]) == (["boss@works.example"], [mailbox.address])


async def test_what_cannot_be_filled_names_the_fact_and_a_strange_ticket_is_none(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Errors", sender=SENDER)))
    told = await refused(walk, number, subject="s", html="<p>\n{{ contact.shoe }}</p>")
    assert told.startswith("Html: line 2: there is no fact 'contact.shoe' here; there is: name, address")
    told = await refused(walk, number, subject="s", body="{{ ticket.subject | join }}")
    assert told.startswith("The template is not valid: text: line 1: join takes a list")
    body = {"ticket": 999_999, "settings": settings()}
    assert (await walk.desk.post("/api/v1/triggers/previews", json=body)).status_code == 404


async def test_the_page_shows_html_in_a_frame_where_nothing_can_run(walk: Walk, eva: Browser) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Framed", sender=SENDER)))
    form = {
        "when.type": "NEW_TICKET_CREATED",
        "when.kinds": "external",
        "action": "send_email",
        "own.recipient": "contact",
        "own.subject": "Re: {{ ticket.subject }}",
        "own.html": str(WORDS["html"]),
        "own.signature": "customers",
        "state": "on",
        "position": "0",
        "name": "Answer",
    }
    answer = await eva.post("/settings/triggers/previews", **form, ticket=f"#{number}")
    assert answer.status_code == 200, answer.text
    frame = re.search(
        r'<iframe class="mail"[^>]* sandbox="allow-same-origin"[^>]* srcdoc="([^"]*)"', answer.text
    )
    assert frame is not None
    inside = html.unescape(frame[1])
    assert '<p style="color:red">Dear &lt;b&gt;Ann &amp; Co&lt;/b&gt;,<br>we have it.</p>' in inside
    assert "onclick" not in inside
    assert "<b>Ann" not in answer.text
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
    assert "ann@works.example" in answer.text
    made = await walk.ask("POST", "/triggers", settings() | {"enabled": False})
    saved = await eva.post("/settings/templates/preview", what=f"trigger:{made['id']}", ticket=str(number))
    assert "ann@works.example" in saved.text
    assert 'href="/settings/templates" aria-current="page"' in saved.text
    wrong = await eva.post(
        "/settings/triggers/previews", **form | {"own.html": "{{ nobody }}"}, ticket=str(number)
    )
    assert wrong.status_code == 422
    assert "there is no fact &#39;nobody&#39; here" in wrong.text
    none = await eva.post("/settings/triggers/previews", **form, ticket="x")
    assert (none.status_code, "A preview needs the number of a ticket." in none.text) == (422, True)
