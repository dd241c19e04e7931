"""What people do becomes commands: once each, with what was on the page, and the answer is told."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, update

from services.desk.asking.commands import Done, Refused, StillWorking, ask
from services.desk.desk import Desk
from shared.contracts.mail import Address
from shared.contracts.sending import Draft, ReplanMail, SendMail
from shared.contracts.tickets import Actor, AddNote
from shared.storage import messages, sending
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.holding import held_mail


async def sent(house: House, contract: str) -> list[dict[str, Any]]:  # Any: bodies of messages
    rows = await house.rows(messages.outbox)
    return [json.loads(row["body"]) for row in rows if row["contract"] == contract]


async def test_a_reply_becomes_one_mail_with_the_facts_of_the_ticket(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test")
    ticket = await house.ticket(7, "Printer on fire", mailbox=mailbox, version=3)
    for number in range(12):
        shown = NOW - timedelta(hours=20 - number)
        await house.mail_in(ticket, shown_at=shown, message_id=f"{number}@x")
    key = uuid4()
    form = {
        "key": str(key),
        "text": "It is covered.",
        "to": '"Anna" <anna@example.test>',
        "cc_more": "Bob <bob@x.test>; c@y.test",
    }
    answer = await eva.post("/tickets/7/reply", **form)
    assert answer.headers["location"] == "/tickets/7?said=working#latest"
    [body] = await sent(house, "mail.send.v1")
    command = SendMail.model_validate(body)
    assert command.id == command.effect == key
    assert command.written_by == "person"
    assert command.actor.user == house.users["eva"]
    assert command.to == (Address(address="anna@example.test", name="Anna"),)
    assert [one.address for one in command.cc] == ["bob@x.test", "c@y.test"]
    assert command.subject == "Re: Printer on fire"
    assert command.ticket.thread == tuple(f"{number}@x" for number in range(2, 12))
    assert (command.ticket.number, command.ticket.version, command.ticket.mailbox) == (7, 3, mailbox)
    assert command.ticket.receiving_address == "help@acme.test"
    draft = await house.blobs.get("default", body["body"]["blob"])
    assert Draft.model_validate_json(draft).text == "It is covered."


async def test_the_same_form_twice_is_answered_the_same_and_sent_once(house: House, eva: Browser) -> None:
    await house.ticket(7)
    key = uuid4()
    form = {"key": str(key), "text": "Hello", "to": "anna@example.test"}
    await house.answers("mailer.mail.send.v1", key, {"ok": True, "outgoing": str(uuid4())})
    answer = await eva.post("/tickets/7/reply", **form)
    assert answer.headers["location"] == "/tickets/7?said=sent#latest"
    assert await sent(house, "mail.send.v1") == []


async def test_send_and_close_closes_once_the_mail_is_taken(house: House, eva: Browser) -> None:
    await house.ticket(7)
    key = uuid4()
    await house.answers("mailer.mail.send.v1", key, {"ok": True})
    await eva.post("/tickets/7/reply", key=str(key), text="Done.", to="anna@example.test", send="close")
    [change] = await sent(house, "ticket.change.v1")
    assert change["changes"] == {"status": "closed"}


async def test_a_reply_leaves_after_the_seconds_in_which_it_can_be_undone(house: House, eva: Browser) -> None:
    await house.ticket(7)
    await eva.post("/tickets/7/reply", text="At once", to="anna@example.test")
    [body] = await sent(house, "mail.send.v1")
    assert SendMail.model_validate(body).send_at == NOW + timedelta(seconds=10)
    assert not body["unless_customer_writes"]


async def test_only_the_button_that_plans_reads_the_time_of_the_menu(house: House, eva: Browser) -> None:
    await house.ticket(7)
    form = {"text": "At once", "to": "anna@example.test", "send_at": "2026-11-25T08:00", "unless": "on"}
    await eva.post("/tickets/7/reply", send="send", **form)
    [body] = await sent(house, "mail.send.v1")
    assert SendMail.model_validate(body).send_at == NOW + timedelta(seconds=10)
    assert not body["unless_customer_writes"]


async def test_an_undone_reply_stands_in_the_editor_again(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7)
    mail = await house.mail_out(ticket, "planned", send_at=NOW + timedelta(seconds=10))
    assert "Undo" in (await eva.get("/tickets/7")).text
    key = uuid4()
    await house.answers("mailer.mail.cancel.v1", key, {"ok": True})
    answer = await eva.post(f"/outgoing/{mail}/cancel", **{"key": str(key), "from": "ticket"})
    assert answer.headers["location"] == f"/tickets/7?undone={mail}&said=undone#editor"
    still = await eva.get(f"/tickets/7?undone={mail}")
    assert ">Here it is.</textarea>" not in still.text
    await house.change(update(sending.mails).where(sending.mails.c.id == mail).values(state="cancelled"))
    again = await eva.get(f"/tickets/7?undone={mail}&said=undone")
    assert ">Here it is.</textarea>" in again.text
    assert "nothing was sent" in again.text


async def test_planned_mail_is_changed_and_sent_now_from_its_ticket(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7)
    mail = await house.mail_out(ticket, "planned", send_at=NOW + timedelta(days=1))
    assert 'name="send_at" value="2026-11-25T' in (await eva.get("/tickets/7")).text
    form = {"send_at": "2026-11-27T09:00", "zone": "Europe/Vienna", "from": "ticket"}
    await eva.post(f"/outgoing/{mail}/plan", **form)
    await eva.post(f"/outgoing/{mail}/send", **{"from": "ticket"})
    wanted = [ReplanMail.model_validate(body) for body in await sent(house, "mail.replan.v1")]
    assert [one.send_at for one in wanted] == [datetime(2026, 11, 27, 8, 0, tzinfo=UTC), None]
    assert [one.unless_customer_writes for one in wanted] == [False, None]
    nothing = await eva.post(f"/outgoing/{mail}/plan", send_at="", zone="UTC")
    assert nothing.status_code == 422


async def test_a_planned_reply_is_in_the_time_of_the_one_who_plans(house: House, eva: Browser) -> None:
    await house.ticket(7)
    form = {"text": "Tomorrow", "to": "anna@example.test", "unless": "on", "zone": "Europe/Vienna"}
    await eva.post("/tickets/7/reply", send="plan", send_at="2026-11-25T08:00", **form)
    [body] = await sent(house, "mail.send.v1")
    assert datetime.fromisoformat(body["send_at"]) == datetime.fromisoformat("2026-11-25T07:00+00:00")
    assert body["unless_customer_writes"]


async def test_what_cannot_be_sent_is_told_and_the_words_stay(house: House, eva: Browser) -> None:
    await house.mailbox("help@acme.test")
    await house.ticket(7)
    planned = {"to": "a@x.test", "send": "plan"}
    wrong = [
        ({"text": "My words"}, "Nobody to send it to"),
        ({"text": "My words", "to_more": "nonsense"}, "“nonsense” is not an address"),
        ({"text": "My words", "to_more": "help@acme.test"}, "is one of our mailboxes"),
        ({"text": "", "to": "anna@example.test"}, "The reply is empty"),
        ({"text": "My words", **planned, "send_at": "2020-01-01T08:00"}, "has passed"),
        ({"text": "My words", **planned, "send_at": "soon"}, "“soon” is not a time"),
        ({"text": "My words", **planned, "send_at": "2026-12-01T08:00", "zone": "../x"}, "is not a time"),
        ({"text": "My words", **planned, "send_at": " "}, "No time is named. Name a later moment."),
    ]
    for form, words in wrong:
        answer = await eva.post("/tickets/7/reply", **form)
        assert answer.status_code == 422
        assert words in answer.text
        assert form["text"] in answer.text
    assert await sent(house, "mail.send.v1") == []


async def test_only_fields_that_differ_are_changed_on_the_version_that_was_seen(
    house: House, eva: Browser
) -> None:
    await house.ticket(7, status="open", version=5)
    form = {"status": "open", "priority": "high", "assignee": str(house.users["eva"]), "tags": "b, a"}
    await eva.post("/tickets/7/change", version="5", **form)
    [change] = await sent(house, "ticket.change.v1")
    assert change["changes"] == {"priority": "high", "assignee": str(house.users["eva"]), "tags": ["a", "b"]}
    assert change["expected_version"] == 5


async def test_who_was_slower_reads_who_was_faster_and_may_choose(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7, status="closed", version=6)
    actor = {"user": str(house.users["eva"]), "name": "Tom Berger"}
    at = NOW - timedelta(seconds=10)
    facts = {"field": "status", "old": "open", "new": "closed", "actor": actor, "at": at, "version": 6}
    await house.add(tables.history, tenant="default", ticket=ticket, **facts)
    key = uuid4()
    refused = {"refused": "somebody changed this ticket a moment ago", "conflict": True, "version": 6}
    await house.answers("ticketing.ticket.change.v1", key, refused)
    answer = await eva.post("/tickets/7/change", key=str(key), version="5", priority="high")
    assert answer.status_code == 409
    assert (
        "Tom Berger set status to Closed 10 s ago. Your change to priority High was not made." in answer.text
    )
    assert "Keep status Closed" in answer.text
    form = answer.text.partition("Keep status Closed")[2].partition("</form>")[0]
    assert '<input type="hidden" name="version" value="6">' in form
    assert '<input type="hidden" name="priority" value="high">' in form


async def test_a_refusal_is_told_where_it_happened(house: House, eva: Browser) -> None:
    await house.ticket(7)
    key = uuid4()
    await house.answers("ticketing.ticket.note.v1", key, {"refused": "there is no such ticket"})
    answer = await eva.post("/tickets/7/note", key=str(key), text="My note")
    assert answer.status_code == 422
    assert "There is no such ticket." in answer.text
    assert "My note" in answer.text


async def test_a_held_mail_is_decided(house: House, eva: Browser) -> None:
    held = await held_mail(house, await house.ticket(7))
    await house.ticket(8)
    elsewhere = await eva.post(f"/tickets/8/held/{held}", decision="belongs")
    assert elsewhere.status_code == 404
    await eva.post(f"/tickets/7/held/{held}", decision="belongs")
    await eva.post(f"/tickets/7/held/{held}", decision="new")
    commands = await sent(house, "ticket.held.decide.v1")
    assert [(command["held"], command["belongs"]) for command in commands] == [
        (str(held), True),
        (str(held), False),
    ]


async def test_held_mail_is_released_or_discarded_from_ticket_and_list(house: House, eva: Browser) -> None:
    mail = await house.mail_out(await house.ticket(7), "held", reason="6 mails in 5 minutes")
    page = (await eva.get("/outgoing")).text
    assert "6 mails in 5 minutes." in page
    answer = await eva.post(f"/outgoing/{mail}/release", **{"from": "ticket"})
    assert answer.headers["location"] == "/tickets/7?said=working"
    await eva.post(f"/outgoing/{mail}/cancel")
    for contract in ("mail.release.v1", "mail.cancel.v1"):
        [command] = await sent(house, contract)
        assert command["outgoing"] == str(mail)
    assert (await eva.post(f"/outgoing/{uuid4()}/release")).status_code == 404


async def test_a_mail_whose_end_nobody_knows_waits_for_a_person(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7, "Printer on fire")
    why = "the mail server did not say whether it took the mail"
    mail = await house.mail_out(ticket, "failed", code="unconfirmed", reason=why)
    await house.mail_out(ticket, "failed", code="smtp_550", reason="no such user")
    for path in ("/outgoing?state=failed", "/tickets/7"):
        page = (await eva.get(path)).text
        assert "Not known whether it arrived" in page
        assert page.count("Send again") == page.count("Leave it") == 1
        assert f'action="/outgoing/{mail}/release"' in page


async def test_a_ticket_is_opened_for_somebody(house: House, eva: Browser) -> None:
    key, ticket = uuid4(), await house.ticket(12)
    await house.answers("ticketing.ticket.open.v1", key, {"ok": True, "ticket": str(ticket), "number": 12})
    form = {"subject": " New  badge ", "contact": "Bob <Bob@x.test>", "text": "Lost it."}
    answer = await eva.post("/tickets/new", key=str(key), **form)
    assert answer.headers["location"] == "/tickets/12?said=opened"
    await eva.post("/tickets/new", **form)
    [command] = await sent(house, "ticket.open.v1")
    assert (command["subject"], command["contact"]) == ("New badge", {"address": "bob@x.test", "name": "Bob"})


async def test_an_unfinished_new_ticket_says_what_is_missing(eva: Browser) -> None:
    answer = await eva.post("/tickets/new", contact="a@x.test, b@x.test", text="Words")
    assert answer.status_code == 422
    assert "A ticket has a subject." in answer.text
    assert "Name one address" in answer.text
    assert "Words" in answer.text


async def test_an_answer_that_comes_while_waiting_is_found(house: House, desk: Desk) -> None:
    command = note(uuid4())
    waiting = asyncio.create_task(ask(desk, command))
    while not await sent(house, "ticket.note.v1"):  # noqa: ASYNC110 - the row is what is waited for
        await asyncio.sleep(0)
    await house.answers("ticketing.ticket.note.v1", command.id, {"ok": True, "post": "x"})
    desk.answers.hear(str(command.id))
    assert await waiting == Done({"post": "x"})
    assert desk.answers.waiting == {}


async def test_no_answer_is_still_working_and_asking_again_is_safe(house: House, desk: Desk) -> None:
    command = note(uuid4())
    assert await ask(desk, command) == StillWorking()
    async with house.owner.begin() as db:
        await db.execute(delete(messages.outbox))
    await house.answers("ticketing.ticket.note.v1", command.id, {"ok": True})
    assert await ask(desk, command) == Done()
    assert await sent(house, "ticket.note.v1") == []


async def test_a_command_that_was_parked_is_told(house: House, desk: Desk) -> None:
    command = note(uuid4())
    facts = {"body": b"", "headers": {}, "error": "malformed", "attempts": 1, "parked_at": NOW}
    row = {"id": uuid4(), "queue": "ticketing.ticket.note.v1", "message_id": str(command.id)}
    await house.add(messages.parked, tenant="default", contract="ticket.note.v1", **row, **facts)
    answer = await ask(desk, command)
    assert isinstance(answer, Refused)
    assert "parked messages" in answer.why


async def test_an_answer_of_another_tenant_is_not_ours(house: House, desk: Desk) -> None:
    command = note(uuid4())
    await house.answers("ticketing.ticket.note.v1", command.id, {"ok": True}, tenant="other")
    assert await ask(desk, command) == StillWorking()


def note(key: UUID) -> AddNote:
    return AddNote(id=key, tenant="default", ticket=uuid4(), body="0" * 64, actor=Actor(name="Eva"))
