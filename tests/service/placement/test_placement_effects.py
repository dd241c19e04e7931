"""What placement does beside choosing a ticket: status, links, held mail."""

from tests.service.placement.cases import begun
from tests.service.placement.honest import thanked
from tests.service.placement.hostile import MALLORY
from tests.service.placement.office import Office
from tests.walk.letters import letter


async def test_thanks_within_the_grace_period_leave_the_ticket_closed(office: Office) -> None:
    ticket, placed = await thanked(office, hours=2)
    assert ticket is not None
    assert await office.status(ticket) == "closed"
    assert placed.mail in await office.mails_on(ticket)


async def test_thanks_reopen_when_there_is_no_grace_period(office: Office) -> None:
    await office.choose(thank_you_grace_hours=0)
    ticket, placed = await thanked(office, hours=0)
    assert ticket is not None
    assert (placed.outcome, await office.status(ticket)) == ("reopen", "open")


async def test_thanks_and_a_question_open_a_resolved_ticket(office: Office) -> None:
    ticket, theirs = await begun(office)
    await office.change(ticket, status="resolved")
    await office.receives(letter("Re: Lift is stuck", "Thanks! And the other lift?", in_reply_to=theirs))
    assert await office.status(ticket) == "open"


async def test_a_new_ticket_for_an_answer_links_to_the_closed_one(office: Office) -> None:
    await office.choose(response_to_closed_ticket_action="create_new_ticket")
    ticket, theirs = await begun(office)
    await office.change(ticket, status="closed")
    placed = await office.receives(letter("Re: Lift is stuck", in_reply_to=theirs))
    assert (await office.follows(placed.ticket), await office.status(ticket)) == (ticket, "closed")


async def test_a_held_mail_joins_by_one_click_and_its_sender_takes_part_from_then_on(office: Office) -> None:
    ticket, theirs = await begun(office)
    first = await office.receives(letter("Re: Lift", sender=MALLORY, in_reply_to=theirs))
    assert (await office.decide(first.mail, belongs=True)).ticket == ticket
    second = await office.receives(letter("Re: Lift", sender=MALLORY, in_reply_to=theirs))
    assert (second.outcome, second.ticket) == ("append", ticket)


async def test_a_held_mail_that_does_not_belong_opens_a_ticket_of_its_own(office: Office) -> None:
    ticket, theirs = await begun(office)
    first = await office.receives(letter("Re: Lift", sender=MALLORY, in_reply_to=theirs))
    placed = await office.decide(first.mail, belongs=False)
    assert placed.ticket not in {None, ticket}
    assert await office.follows(placed.ticket) == ticket


async def test_the_check_of_senders_can_be_switched_off(office: Office) -> None:
    await office.choose(hold_unproven_senders=False)
    ticket, theirs = await begun(office)
    failed = {"Authentication_Results": "mx.gateway.example; dmarc=fail"}
    placed = await office.receives(letter("Re: Lift", references=theirs, at=None, **failed))
    assert (placed.outcome, placed.ticket) == ("append", ticket)


async def test_an_employee_who_left_takes_no_part(office: Office) -> None:
    ticket, theirs = await begun(office)
    await office.archive_agent()
    placed = await office.receives(letter("Re: Lift", sender="eva@helpdesk.example", in_reply_to=theirs))
    assert (placed.outcome, placed.ticket) == ("held", ticket)
