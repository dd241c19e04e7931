"""Contacts have a language, and mail by triggers is written to them in it."""

import html

import pytest
from pydantic import JsonValue

from tests.service.desk.conftest import Browser
from tests.walk.letters import letter, read, text_of
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

TEXTS: JsonValue = {
    "de": {"subject": "Angekommen", "body": "Guten Tag {{ contact.name }} ({{ contact.language }})"},
    "pt-BR": {"html": "<p>Olá</p>"},
}


def in_language(tag: str, mail: bytes) -> bytes:
    return f"Content-Language: {tag}\r\n".encode() + mail


async def contact(walk: Walk, address: str) -> Json:
    (found,) = (await walk.read(f"/contacts?q={address}"))["items"]
    return dict(found)


async def test_the_first_mail_says_it_and_the_answer_is_written_in_it(walk: Walk) -> None:
    when: dict[str, JsonValue] = {"type": "NEW_TICKET_CREATED", "kinds": "both"}
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": "Hallo"}
    given: dict[str, JsonValue] = {
        "subject": "We have it",
        "body": "Hello {{ contact.name }}",
        "texts": TEXTS,
    }
    await walk.installation.add_trigger(when, "send_email", given, only)
    mailbox = await walk.mailbox()
    for name, header in (("Uli", "de-AT"), ("Bob", "fr, de"), ("Ana", "pt-br"), ("Eve", "")):
        sender = f"{name} <{name.lower()}@words.example>"
        mail = letter("Hallo", sender=sender, to=mailbox.address)
        await walk.ticket_of(mailbox.receives(in_language(header, mail)))
    sent = {str(read(one.raw)["To"]).split()[0]: one.raw for one in await walk.left(mailbox, 4)}
    assert {name: text_of(raw).strip() for name, raw in sent.items()} == {
        "Uli": "Guten Tag Uli (de-AT)",
        "Bob": "Hello Bob",
        "Ana": "Olá",
        "Eve": "Hello Eve",
    }
    assert str(read(sent["Uli"])["Subject"]).startswith("Angekommen")
    assert str(read(sent["Ana"])["Subject"]).startswith("We have it")
    known = [(await contact(walk, f"{name}@words.example"))["language"] for name in ("uli", "bob", "eve")]
    assert known == ["de-AT", "fr", None]


async def test_what_a_person_chose_stays_and_is_asked_by_conditions_and_previews(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    kim = "Kim <kim@words.example>"
    await walk.ticket_of(mailbox.receives(in_language("en-GB", letter("Eins", sender=kim))))
    one = await contact(walk, "kim@words.example")
    await walk.ask("PATCH", f"/contacts/{one['id']}", {"language": "de_at"})
    wrong = await walk.desk.patch(f"/api/v1/contacts/{one['id']}", json={"language": "Deutsch, bitte"})
    assert wrong.status_code == 422
    number = await walk.ticket_of(mailbox.receives(in_language("en-GB", letter("Zwei", sender=kim))))
    now = await contact(walk, "kim@words.example")
    assert (now["language"], now["chosen"]) == ("de-AT", ["language"])
    settings = {
        "name": "Answer",
        "when": {"type": "NEW_TICKET_CREATED", "kinds": "external"},
        "conditions": {"op": "begins", "field": "contact_language", "value": "de"},
        "action": "send_email",
        "params": {"subject": "We have it", "body": "Hello", "texts": TEXTS},
    }
    made = await walk.ask("POST", "/triggers/previews", {"ticket": number, "settings": settings})
    assert made["mails"][0]["text"] == "Guten Tag Kim (de-AT)"
    params = {"subject": "s", "body": "b", "texts": {"de": {"body": "{{ contact.shoe }}"}}}
    answer = await walk.desk.post("/api/v1/triggers", json=settings | {"params": params})
    assert answer.status_code == 422
    assert "exts.de.body: line 1: there is no fact 'contact.shoe'" in answer.json()["detail"]
    await walk.ask("PATCH", f"/contacts/{one['id']}", {"language": None})
    await walk.ticket_of(mailbox.receives(in_language("en-GB", letter("Drei", sender=kim))))
    assert (await contact(walk, "kim@words.example"))["language"] == "en-GB"


async def test_languages_are_typed_on_the_page_of_a_contact_and_of_a_trigger(
    walk: Walk, eva: Browser
) -> None:
    mailbox = await walk.mailbox()
    await walk.ticket_of(mailbox.receives(letter("Seite", sender="Jo <jo@words.example>")))
    jo = await contact(walk, "jo@words.example")
    form = {"name": "Jo", "organization": "", "language": "fr"}
    assert (await eva.post(f"/contacts/{jo['id']}", **form)).status_code == 303
    page = (await eva.get(f"/contacts/{jo['id']}")).text
    assert 'name="language" value="fr"' in page
    assert "Chosen by a person." in page
    assert (await eva.post(f"/contacts/{jo['id']}", **form | {"language": "x"})).status_code == 409
    typed = {
        "when.type": "NEW_TICKET_CREATED",
        "when.kinds": "external",
        "action": "send_email",
        "own.recipient": "contact",
        "own.signature": "customers",
        "own.subject": "We have it",
        "own.body": "Hello",
        "own.texts.0": "de_at",
        "own.texts.0.body": "Servus & hallo",
        "own.texts.1": "",
        "state": "off",
        "position": "0",
        "name": "In two languages",
    }
    made = await eva.post("/settings/triggers/new", **typed)
    assert made.status_code == 303, made.text
    again = html.unescape((await eva.get(made.headers["location"])).text)
    assert 'name="own.texts.0" value="de-AT"' in again
    assert "Servus & hallo</textarea>" in again
    assert 'name="own.texts.1" value=""' in again
    twice = typed | {"own.texts.1": "de_at", "own.texts.1.body": "Anders"}
    refused = await eva.post("/settings/triggers/new", **twice)
    assert refused.status_code == 422
    assert "is not a language" in html.unescape(refused.text)
    saved = (await walk.listed("/triggers"))[-1]["settings"]["params"]
    assert saved["texts"] == {"de-AT": {"subject": "", "body": "Servus & hallo", "html": ""}}
