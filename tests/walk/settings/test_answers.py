"""Options of answers to tickets: each is changed while everything runs, and the next mail goes by it."""

from datetime import timedelta

import pytest

from sandbox.journal import SentMail
from tests.walk.letters import answer, letter, read
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

FAILED = "spf=fail; dkim=none; dmarc=fail action=oreject header.from=firm.example; compauth=fail reason=000"


async def answered(walk: Walk, status: str = "open", **fields: object) -> tuple[Mailbox, int, SentMail]:
    """Return a mailbox, the number of a ticket of this status, and our mail on it that can be answered."""
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Lift is stuck")))
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "It runs again."})
    (sent,) = await walk.left(mailbox)
    await walk.ask("PATCH", f"/tickets/{number}", {"status": status, **fields})
    await walk.later(timedelta(minutes=2))
    return mailbox, number, sent


async def placed(walk: Walk, mailbox: Mailbox, raw: bytes) -> Json:
    found: Json = (await walk.passport(mailbox.receives(raw)))["placement"]
    return found


async def department(walk: Walk, key: str) -> str:
    made: str = (await walk.ask("POST", "/departments", {"key": key, "name": key.title()}))["id"]
    return made


@pytest.mark.option("response_to_closed_ticket_action")
async def test_the_next_answer_to_a_closed_ticket_goes_by_the_new_choice_both_ways(walk: Walk) -> None:
    mailbox, number, sent = await answered(walk, "closed")
    for choice, outcome in (
        ("reopen_old_ticket", "reopen"),
        ("create_new_ticket", "new"),
        ("reopen_old_ticket", "reopen"),
    ):
        await walk.options(response_to_closed_ticket_action=choice)
        found = await placed(walk, mailbox, answer(sent, "Stuck once more.", at=walk.clock()))
        assert (found["outcome"], found["ticket"] == number) == (outcome, outcome == "reopen")
        await walk.ask("PATCH", f"/tickets/{number}", {"status": "closed"})


@pytest.mark.option("response_to_closed_ticket_action")
async def test_a_department_answers_closed_tickets_its_own_way_until_it_is_put_back(walk: Walk) -> None:
    backend = await department(walk, "lifts")
    mailbox, number, sent = await answered(walk, "closed", department=backend)
    await walk.options(response_to_closed_ticket_action="reopen_old_ticket")
    for choice, outcome in (("create_new_ticket", "new"), (None, "reopen")):
        await walk.ask("PUT", "/settings?department=lifts", {"response_to_closed_ticket_action": choice})
        found = await placed(walk, mailbox, answer(sent, "Stuck once more.", at=walk.clock()))
        assert (found["outcome"], found["ticket"] == number) == (outcome, outcome == "reopen")


@pytest.mark.option("thank_you_grace_hours")
async def test_a_mere_thank_you_reopens_or_not_as_the_hours_say(walk: Walk) -> None:
    mailbox, number, sent = await answered(walk, "closed")
    await walk.options(response_to_closed_ticket_action="reopen_old_ticket")
    for hours, status in ((72, "closed"), (0, "open"), (1, "closed")):
        await walk.options(thank_you_grace_hours=hours)
        found = await placed(walk, mailbox, answer(sent, "Thank you!", at=walk.clock()))
        assert (found["ticket"], (await walk.ticket(number))["status"]) == (number, status)
        await walk.ask("PATCH", f"/tickets/{number}", {"status": "open"})
        await walk.ask("PATCH", f"/tickets/{number}", {"status": "closed"})
        await walk.later(timedelta(minutes=2))


@pytest.mark.option("new_subject_starts_new_ticket")
async def test_an_answer_under_a_new_subject_joins_or_starts_a_ticket(walk: Walk) -> None:
    mailbox, number, sent = await answered(walk)
    for wanted, joins, subject in ((False, True, "Invoice"), (True, False, "Keys"), (False, True, "Door")):
        await walk.options(new_subject_starts_new_ticket=wanted)
        fields = {"to": mailbox.address, "in_reply_to": str(read(sent.raw)["Message-ID"])}
        found = await placed(walk, mailbox, letter(subject, "Where?", at=walk.clock(), **fields))
        assert (found["ticket"] == number) == joins
        assert (await walk.ticket(found["ticket"]))["follows"] == (None if joins else number)


@pytest.mark.option("hold_unproven_senders")
async def test_an_answer_whose_sender_failed_the_check_is_held_or_joins(walk: Walk) -> None:
    mailbox, number, sent = await answered(walk)
    for wanted, outcome in ((True, "held"), (False, "append"), (True, "held")):
        await walk.options(hold_unproven_senders=wanted)
        fields = {"to": mailbox.address, "in_reply_to": str(read(sent.raw)["Message-ID"])}
        raw = letter("Re: Lift is stuck", "And?", at=walk.clock(), Authentication_Results=FAILED, **fields)
        found = await placed(walk, mailbox, raw)
        assert (found["ticket"], found["outcome"]) == (number, outcome)
