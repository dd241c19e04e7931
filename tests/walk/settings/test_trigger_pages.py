"""Triggers are made, tried, switched and put away on their page, while everything runs."""

import html
import re
from typing import Any

import httpx
import pytest

from tests.service.desk.conftest import Browser
from tests.walk.letters import letter, read
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROOM = "/settings/triggers"
ANSWER = {
    "when.type": "NEW_TICKET_CREATED",
    "when.kinds": "external",
    "action": "send_email",
    "own.recipient": "contact",
    "own.subject": "Re: {{ ticket.subject }}",
    "own.body": "We have your mail.",
    "state": "on",
    "position": "0",
    "confirm": "yes",
}


def told(page: httpx.Response) -> str:
    """Return what a page says, without its tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


async def added(eva: Browser, name: str, subject: str, **more: str) -> str:
    """Add an answer to tickets whose subject begins so; return its page."""
    only = {"c0.field": "subject", "c0.op": "begins", "c0.value": subject}
    answer = await eva.post(f"{ROOM}/new", **ANSWER | only | more, name=name)
    assert answer.status_code == 303, told(answer)
    return answer.headers["location"].partition("?")[0]


async def test_a_trigger_that_is_made_on_the_page_answers_the_next_mail(walk: Walk, eva: Browser) -> None:
    page = await added(eva, "Thank printers", "Printer")
    mailbox = await walk.mailbox()
    await walk.ticket_of(mailbox.receives(letter("Printer smokes")))
    await walk.ticket_of(mailbox.receives(letter("Scanner smokes")))
    (sent,) = await walk.left(mailbox)
    assert str(read(sent.raw)["Subject"]).startswith("Re: Printer smokes")
    rows = told(await eva.get(ROOM))
    assert (
        "Thank printers When an external ticket is opened and subject begins with Printer, send an email"
        in rows
    )
    assert "1" in rows.partition("send an email")[2]
    form = (await eva.get(page)).text
    assert 'value="Printer"' in form
    assert "We have your mail." in form


async def test_a_pattern_that_is_typed_is_asked_and_refused_by_the_api_as_well(
    walk: Walk, eva: Browser
) -> None:
    only = {"c0.op": "matches", "c0.value": r"^inv-\d+: .*lost"}
    page = await added(eva, "Invoices", "", **only)
    mailbox = await walk.mailbox()
    await walk.ticket_of(mailbox.receives(letter("INV-88: parcel Lost")))
    await walk.ticket_of(mailbox.receives(letter("INV-X: parcel lost")))
    (sent,) = await walk.left(mailbox)
    assert str(read(sent.raw)["Subject"]).startswith("Re: INV-88")
    settings = (await walk.read(f"/triggers/{page.rpartition('/')[2]}"))["settings"]
    assert settings["conditions"] == {"op": "matches", "field": "subject", "value": only["c0.value"]}
    settings["conditions"]["value"] = "(?=x)"
    for method, path, body in (("PUT", page.rpartition("/")[2], settings), ("POST", "trials", None)):
        wanted = body or {"settings": settings, "days": 1}
        answer = await walk.desk.request(method, f"/api/v1/triggers/{path}", json=wanted)
        assert (answer.status_code, "look-ahead" in answer.text) == (422, True), answer.text


async def test_what_is_typed_is_tried_first_and_nothing_of_it_is_saved_or_done(
    walk: Walk, eva: Browser
) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Try this", sender="cy@firm.example")))
    await walk.rest()
    only = {"c0.field": "subject", "c0.op": "is", "c0.value": "Try this"}
    begun = await eva.post(f"{ROOM}/trials", **ANSWER | only, name="Only tried", days="2")
    assert begun.status_code == 303, told(begun)

    async def ended() -> bool:
        page = await eva.get(begun.headers["location"])
        return page.status_code == 200 and "still running" not in page.text

    await walk.installation.until(ended, "the trial has ended")
    page = told(await eva.get(begun.headers["location"]))
    assert "would fire ∙ 1 mail ∙" in page
    assert f"#{number} Try this Sends a mail to 1 address. cy@firm.example" in page
    others = told(await eva.get(f"{begun.headers['location']}?outcome=not"))
    assert "Subject is Try this. seen: Printer smokes" in others
    assert "Only tried" not in told(await eva.get(ROOM))
    assert mailbox.sent() == []


async def test_shadow_off_and_archive_are_chosen_on_the_page_and_stand_in_the_history(
    walk: Walk, eva: Browser
) -> None:
    page = await added(eva, "Shy", "Shy", state="shadow")
    mailbox = await walk.mailbox()
    await walk.ticket_of(mailbox.receives(letter("Shy 1")))
    await walk.rest()
    assert "Recording, does nothing: would have fired 1 time" in told(await eva.get(ROOM))
    form = {"c0.field": "subject", "c0.op": "begins", "c0.value": "Shy"}
    assert (await eva.post(page, **ANSWER | form | {"state": "off"}, name="Shy")).status_code == 303
    await walk.ticket_of(mailbox.receives(letter("Shy 2")))
    await walk.rest()
    assert mailbox.sent() == []
    assert (await eva.post(f"{page}/archive")).status_code == 303
    rows = told(await eva.get(ROOM))
    assert "Shy When" not in rows
    assert rows.count("Eva Stein set trigger Shy") == 3
    assert "set trigger Shy off: When an external ticket is opened and subject" in rows
    assert "→ archived" in rows
    assert (await eva.get(page)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"when.kinds": ""}, "Of which kind: This is needed."),
        ({"own.body": "{{ ticket.subject"}, "Text:"),
        ({"own.subject": ""}, "Subject: This is needed."),
        ({"c0.field": "time.hour", "c0.op": "above", "c0.value": ""}, "Above takes a number"),
        ({"c0.field": "subject", "c0.op": "contains", "c0.value": ""}, "Contains takes a text"),
        (
            {"c0.field": "subject", "c0.op": "matches", "c0.value": "(a"},
            'The pattern "(a" is not valid: a bracket is never closed ((a)',
        ),
        ({"c0.field": "tags", "c0.op": "matches", "c0.value": "a"}, "Matches asks a text, and tags is none"),
        ({"position": "first"}, "Place: A whole number is needed."),
        ({"action": "fax"}, "No plug-in 'fax'"),
    ],
)
async def test_what_cannot_be_is_said_beside_what_was_typed_and_nothing_is_saved(
    eva: Browser, wrong: dict[str, str], why: str
) -> None:
    before = told(await eva.get(ROOM))
    answer = await eva.post(f"{ROOM}/new", **ANSWER | wrong, name="Never saved")
    assert (answer.status_code, why in told(answer)) == (422, True), told(answer)
    assert 'value="Never saved"' in answer.text
    assert told(await eva.get(ROOM)) == before


async def test_departments_and_people_are_written_by_their_names(walk: Walk, eva: Browser) -> None:
    department = await walk.ask("POST", "/departments", {"key": "cellar", "name": "The cellar"})
    only = {"c0.field": "department", "c0.op": "one_of", "c0.value": "The cellar, nobody knows"}
    assignee = {"c1.field": "assignee", "c1.op": "is", "c1.value": "EVA@helpdesk.example"}
    refused = await eva.post(f"{ROOM}/new", **ANSWER | only | assignee, name="Of the cellar")
    assert "there is no department 'nobody knows'" in told(refused)
    only["c0.value"] = "THE cellar"
    answer = await eva.post(f"{ROOM}/new", **ANSWER | only | assignee, name="Of the cellar")
    page = answer.headers["location"].partition("?")[0]
    saved = await walk.read(f"/triggers/{page.rpartition('/')[2]}")
    first, second = saved["settings"]["conditions"]["of"]
    assert first["value"] == [department["id"]]
    assert len(second["value"]) == len(department["id"])
    form = (await eva.get(page)).text
    assert 'value="The cellar"' in form
    assert 'value="eva@helpdesk.example"' in form


async def test_nested_conditions_of_the_api_stay_when_the_form_is_saved(walk: Walk, eva: Browser) -> None:
    nested: dict[str, Any] = {"op": "is", "field": "status", "value": "closed"}
    for _ in range(4):
        nested = {"op": "not", "of": nested}
    wanted = {
        "name": "Nested",
        "when": {"type": "NEW_TICKET_CREATED", "kinds": "both"},
        "conditions": nested,
        "action": "change_field",
        "params": {"field": "priority", "value": "low"},
    }
    trigger = (await walk.ask("POST", "/triggers", wanted))["id"]
    assert "Its conditions are nested deeper" in told(await eva.get(f"{ROOM}/{trigger}"))
    form = {"when.type": "NEW_TICKET_CREATED", "when.kinds": "both", "action": "change_field", "state": "off"}
    changed = await eva.post(
        f"{ROOM}/{trigger}", **form | {"own.field": "priority", "own.value": "high"}, name="Nested still"
    )
    assert changed.status_code == 303, told(changed)
    settings = (await walk.read(f"/triggers/{trigger}"))["settings"]
    assert (settings["name"], settings["conditions"], settings["enabled"]) == (
        "Nested still",
        nested,
        False,
    )
    assert settings["params"]["value"] == "high"


async def test_a_secret_is_never_shown_and_stays_until_another_is_typed(walk: Walk, eva: Browser) -> None:
    secret = "whsec_" + "QUJD" * 11
    form = {**ANSWER, "action": "webhook", "own.url": "https://chat.example/hook", "own.secret": secret}
    made = await eva.post(f"{ROOM}/new", **form, name="Tell the chat")
    assert made.status_code == 303, told(made)
    page = made.headers["location"].partition("?")[0]
    path = f"/triggers/{page.rpartition('/')[2]}"
    before = (await walk.read(path))["settings"]["params"]["secret"]
    again = form | {"own.url": "https://chat.example/other", "own.secret": ""}
    assert (await eva.post(page, **again, name="Tell the chat")).status_code == 303
    params = (await walk.read(path))["settings"]["params"]
    assert (params["url"], params["secret"]) == ("https://chat.example/other", before)
    wrong = await eva.post(page, **form | {"own.secret": "not a secret"}, name="Tell the chat")
    assert wrong.status_code == 422
    shown = [(await eva.get(page)).text, (await eva.get(ROOM)).text, wrong.text]
    assert [text for text in (secret, before, "not a secret") if any(text in one for one in shown)] == []


async def test_the_ticket_tells_what_triggers_made_of_what_happened(walk: Walk, eva: Browser) -> None:
    await added(eva, "Thank plotters", "Plotter")
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Modem smokes")))
    await walk.rest()
    page = (await eva.get(f"/tickets/{number}")).text
    assert f'href="/tickets/{number}/triggers"' in page
    said = told(await eva.get(f"/tickets/{number}/triggers"))
    assert "opened this ticket" in said
    assert "Did not fire Thank plotters Subject begins Plotter. seen: Modem smokes" in said
