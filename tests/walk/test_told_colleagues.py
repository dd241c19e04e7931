"""Colleagues are told by mail: of tickets that they get, of mentions and replies; never of what they did."""

from uuid import UUID

import pytest
from sqlalchemy import select

from shared.contracts.tickets import TicketChanged
from shared.storage.tickets import participants, tickets
from shared.storage.triggers import events
from tests.walk.colleagues import said_in, ticket_at, working
from tests.walk.letters import answer, letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_gets_a_ticket_is_told_after_a_quiet_minute_and_the_ticket_shows_nothing_of_it(
    walk: Walk,
) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Bo Berg") as (bo,):
        number = await ticket_at(walk, mailbox, "Printer on fire")
        await bo.gets(number, walk)
        assert (len(await bo.waiting()), mailbox.sent()) == (1, [])
        (mail,) = await bo.is_told(mailbox)
        subject, text = said_in(mail)
        assert subject == f"[#{number}] Assigned to you: Printer on fire"
        assert "Eva Stein assigned it to you." in text
    assert await walk.timeline(number, "mail_out") == []
    there = await walk.installation.rows(select(participants).where(participants.c.address == bo.address))
    assert there == []


async def test_what_people_do_themselves_tells_them_nothing(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Cy Own") as (cy,):
        number = await ticket_at(walk, mailbox, "Mine")
        await cy.gets(number, cy.walk)
        await cy.walk.ask("POST", f"/tickets/{number}/notes", {"text": "@Cy Own will do it"})
        own = letter("Mine", "By mail", to=mailbox.address, sender=cy.address, at=walk.clock())
        await walk.passport(mailbox.receives(own.replace(b"Subject: Mine", f"Subject: [#{number}]".encode())))
        await walk.rest()
        assert await cy.waiting() == []


async def test_who_is_mentioned_in_a_note_is_told_once_however_often_it_is_changed(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Di Maas", "Di Other") as (di, other):
        number = await ticket_at(walk, mailbox, "Invoice")
        text = "Ask @Di Maas, not @Di; write to x@di.example"
        post = (await walk.ask("POST", f"/tickets/{number}/notes", {"text": text}))["post"]
        await walk.rest()
        note = f"/tickets/{number}/notes/{post}"
        await walk.ask("PATCH", note, {"text": f"Please: {text} or @{other.address}"})
        await walk.rest()
        (mail,) = await di.is_told(mailbox)
        subject, told = said_in(mail)
        assert subject == f"[#{number}] You are mentioned: Invoice"
        assert "Eva Stein mentioned you in a note:" in told
        assert "> Please: Ask @Di Maas" in told
        assert len(await other.is_told(mailbox)) == 1


async def test_a_note_that_is_withdrawn_within_the_minute_tells_nobody(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Ed Gone") as (ed,):
        number = await ticket_at(walk, mailbox, "Secret")
        written = await walk.ask("POST", f"/tickets/{number}/notes", {"text": "@Ed Gone look"})
        await walk.ask("DELETE", f"/tickets/{number}/notes/{written['post']}")
        await walk.rest()
        assert len(await ed.waiting()) == 1
        assert await ed.is_told(mailbox, 0) == []


async def test_a_customer_who_writes_on_a_ticket_is_told_to_who_has_it_and_an_absence_is_not(
    walk: Walk,
) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Flo Fox") as (flo,):
        number = await ticket_at(walk, mailbox, "Delivery")
        await flo.gets(number, flo.walk)
        reply = {"text": "Where?", "to": [{"address": "ann@firm.example"}]}
        await walk.ask("POST", f"/tickets/{number}/replies", reply)
        (ours,) = await walk.left(mailbox)
        away = answer(ours, "I am away.", at=walk.clock()).replace(
            b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version"
        )
        assert await walk.ticket_of(mailbox.receives(away)) == number
        await walk.rest()
        assert await flo.waiting() == []
        assert await walk.ticket_of(mailbox.receives(answer(ours, "On the roof.", at=walk.clock()))) == number
        await walk.rest()
        subject, text = said_in(*await flo.is_told(mailbox))
        assert subject == f"[#{number}] New reply: Delivery"
        assert "Ann Archer wrote:\n  > On the roof." in text


async def test_a_bulk_of_assignments_is_one_mail_within_the_send_threshold(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.options(mail_send_threshold=1)
    async with working(walk, "Gil Many") as (gil,):
        numbers = [await ticket_at(walk, mailbox, f"Thing {number}") for number in range(12)]
        bulk = {"numbers": numbers, "changes": {"assignee": str(gil.id)}}
        answered = await walk.desk.post("/api/v1/tickets/bulk", json=bulk)
        assert answered.status_code == 200, answered.text
        await walk.rest()
        subject, text = said_in(*await gil.is_told(mailbox))
        assert subject == "12 tickets for you"
        assert all(f"#{number} Thing" in text for number in numbers)
    await walk.options(mail_send_threshold=0)


async def test_an_event_that_comes_again_tells_nothing_again(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Hal Twice") as (hal,):
        number = await ticket_at(walk, mailbox, "Again")
        await hal.gets(number, walk)
        await hal.is_told(mailbox)
        ticket = select(tickets.c.id).where(tickets.c.number == number).scalar_subquery()
        contract = TicketChanged.name
        wanted = select(events.c.payload).where(events.c.ticket == ticket, events.c.contract == contract)
        (row,) = await walk.installation.rows(wanted)
        event = TicketChanged.model_validate(row.payload)
        await walk.installation.tell(event)
        await walk.rest()
        await walk.installation.tell(event.model_copy(update={"hops": 2}))
        await walk.rest()
        assert await hal.is_told(mailbox) == hal.mails(mailbox)


async def test_who_wants_none_gets_none(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Ida Quiet") as (ida,):
        await ida.wants(assigned="off")
        await ida.gets(await ticket_at(walk, mailbox, "Silence"), walk)
        assert await ida.waiting() == []
        kept = await ida.walk.read("/me/notifications")
        assert (kept["assigned"], kept["mentioned"], kept["digest_hour"]) == ("off", "at_once", 8)
        await ida.wants(assigned="at_once")
        await ida.gets(await ticket_at(walk, mailbox, "Loud"), walk)
        await ida.wants(assigned="off")
        assert await ida.is_told(mailbox, 0) == []


async def test_a_ticket_that_is_given_away_meanwhile_is_told_to_who_has_it(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Jo First", "Kim Second") as (jo, kim):
        number = await ticket_at(walk, mailbox, "Hot potato")
        await jo.gets(number, walk)
        await kim.gets(number, walk)
        assert len(await kim.is_told(mailbox)) == 1
        assert await jo.is_told(mailbox, 0) == []
        assert UUID(str((await walk.ticket(number))["assignee"])) == kim.id
