"""Merged tickets and statuses of a tenant's own, from the customer's mail to the desk and back."""

from datetime import timedelta

import pytest

from tests.walk.letters import answer, letter, text_of
from tests.walk.test_planned import HOUR, plan
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answered(walk: Walk) -> tuple[Mailbox, int, int]:
    """Let two mails open two tickets, and answer the first."""
    mailbox = await walk.mailbox()
    one = await walk.ticket_of(mailbox.receives(letter("Printer smokes")))
    two = await walk.ticket_of(mailbox.receives(letter("Office smells")))
    await walk.ask("POST", f"/tickets/{one}/replies", {"text": "Is it unplugged?"})
    await walk.left(mailbox)
    return mailbox, one, two


async def test_an_answer_to_a_merged_ticket_lands_on_the_target_and_stays_there_after_undo(
    walk: Walk,
) -> None:
    mailbox, one, two = await answered(walk)
    await walk.ask("POST", f"/tickets/{one}/merge", {"into": two})
    (sent,) = mailbox.sent()
    placed = (await walk.passport(mailbox.receives(answer(sent, "It is now."))))["placement"]
    assert (placed["outcome"], placed["ticket"]) == ("append", two)
    assert (await walk.ticket(one))["merged_into"] == two
    assert await walk.timeline(one) == []
    await walk.ask("DELETE", f"/tickets/{one}/merge")
    assert (await walk.ticket(one))["merged_into"] is None
    kept = {number: [post["kind"] for post in await walk.timeline(number)] for number in (one, two)}
    assert kept == {one: ["mail_in", "mail_out"], two: ["mail_in", "mail_in"]}


async def test_an_answer_opens_a_ticket_that_waits_under_a_status_of_the_tenants_own(walk: Walk) -> None:
    status = {"key": "with_customer", "name": "With the customer", "category": "pending"}
    await walk.ask("POST", "/statuses", status)
    mailbox, one, _ = await answered(walk)
    await walk.ask("PATCH", f"/tickets/{one}", {"status": "with_customer"})
    waiting = await walk.ticket(one)
    assert (waiting["status"], waiting["category"]) == ("with_customer", "pending")
    (sent,) = mailbox.sent()
    await walk.passport(mailbox.receives(answer(sent, "It is now.")))
    ticket = await walk.ticket(one)
    assert (ticket["status"], ticket["category"]) == ("open", "open")


async def test_a_customer_who_writes_to_the_target_cancels_the_planned_mail_of_what_was_merged(
    walk: Walk,
) -> None:
    mailbox, one, two = await answered(walk)
    await walk.ask("POST", f"/tickets/{two}/replies", {"text": "We air the office."})
    of_target = (await walk.left(mailbox, 2))[1]
    reminder = await plan(walk, one, "We heard nothing.", unless_customer_writes=True)
    await plan(walk, one, "Our yearly letter.", ahead=HOUR + timedelta(seconds=1))
    await walk.ask("POST", f"/tickets/{one}/merge", {"into": two})
    await walk.passport(mailbox.receives(answer(of_target, "It smells less.", at=walk.clock())))
    await walk.rest()
    await walk.later(HOUR + timedelta(minutes=1))
    texts = [text_of(each.raw).strip() for each in await walk.left(mailbox, 3)]
    assert texts == ["Is it unplugged?", "We air the office.", "Our yearly letter."]
    told = await walk.sending(reminder, two)
    assert (told["state"], told["reason"]) == ("cancelled", "the customer wrote first")
