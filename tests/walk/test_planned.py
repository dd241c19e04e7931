"""Mail with a time: sent when its time has come, and never when it was cancelled before."""

from datetime import timedelta

import pytest

from sandbox.knobs import Knobs
from tests.walk.letters import answer, letter, text_of
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = timedelta(hours=1)


async def plan(walk: Walk, number: int, text: str, *, ahead: timedelta = HOUR, **more: object) -> str:
    """Plan a reply; return the id of the outgoing mail."""
    send_at = (walk.clock() + ahead).isoformat()
    done = await walk.ask("POST", f"/tickets/{number}/replies", {"text": text, "send_at": send_at, **more})
    outgoing: str = done["outgoing"]
    return outgoing


async def opened(walk: Walk) -> tuple[Mailbox, int]:
    mailbox = await walk.mailbox()
    return mailbox, await walk.ticket_of(mailbox.receives(letter("Appointment")))


async def planned(walk: Walk) -> list[str]:
    return [row["mail"]["id"] for row in await walk.listed("/outgoing?state=planned")]


async def test_planned_mail_waits_for_its_time_and_then_leaves_once(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    first = await plan(walk, number, "Tomorrow at nine.")
    last = await plan(walk, number, "See you soon.", ahead=2 * HOUR)
    await walk.rest()
    assert await planned(walk) == [first, last]
    assert mailbox.sent() == []
    await walk.later(HOUR + timedelta(minutes=1))
    (sent,) = await walk.left(mailbox)
    assert text_of(sent.raw).strip() == "Tomorrow at nine."
    assert (await walk.sending(first, number))["state"] == "sent"
    assert await planned(walk) == [last]
    await walk.later(HOUR)
    texts = [text_of(each.raw).strip() for each in await walk.left(mailbox, 2)]
    assert texts == ["Tomorrow at nine.", "See you soon."]


async def test_cancelled_mail_is_never_sent(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    cancelled = await plan(walk, number, "Tomorrow at nine.")
    # it is due after the other: once it has left, the other one's time is over
    await plan(walk, number, "Tomorrow at ten.", ahead=HOUR + timedelta(seconds=1))
    await walk.ask("POST", f"/outgoing/{cancelled}/cancel")
    await walk.later(HOUR + timedelta(minutes=1))
    (sent,) = await walk.left(mailbox)
    assert text_of(sent.raw).strip() == "Tomorrow at ten."
    told = await walk.sending(cancelled, number)
    assert (told["state"], told["reason"]) == ("cancelled", "cancelled by Eva Stein")


async def test_planned_mail_is_given_another_time_and_sent_now_by_who_wants_it(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    first = await plan(walk, number, "Later than thought.")
    second = await plan(walk, number, "Sooner than thought.", ahead=2 * HOUR)
    at = walk.clock() + 5 * HOUR
    await walk.ask("POST", f"/outgoing/{first}/plan", {"send_at": at.isoformat()})
    await walk.ask("POST", f"/outgoing/{second}/send")
    (sent,) = await walk.left(mailbox)
    assert text_of(sent.raw).strip() == "Sooner than thought."
    assert (await walk.sending(second, number))["late_seconds"] is None
    await walk.later(3 * HOUR)
    assert await planned(walk) == [first]
    await walk.later(2 * HOUR + timedelta(minutes=1))
    await walk.left(mailbox, 2)
    again = (walk.clock() + HOUR).isoformat()
    refused = await walk.desk.post(f"/api/v1/outgoing/{first}/plan", json={"send_at": again})
    assert refused.status_code == 409
    past = await walk.desk.post(f"/api/v1/outgoing/{first}/plan", json={"send_at": "2020-01-01T09:00"})
    assert past.status_code == 422


async def test_mail_whose_time_came_during_an_outage_leaves_once_and_says_that_it_is_late(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    mailbox.becomes(Knobs(fail_before=1))
    late = await plan(walk, number, "Tomorrow at nine.")
    await walk.later(HOUR + timedelta(seconds=30))

    async def failed() -> bool:
        return bool((await walk.sending(late, number))["code"])

    await walk.installation.until(failed, "the first attempt failed")
    mailbox.becomes(Knobs())
    await walk.later(3 * HOUR)
    await walk.left(mailbox)
    told = await walk.read(f"/outgoing/{late}")
    assert told["mail"]["state"] == "sent"
    assert 3 * 3600 <= told["mail"]["late_seconds"] < 4 * 3600
    assert [one["outcome"] for one in told["attempts"]] == ["failed", "sent"]
    assert (await walk.sending(late, number))["late_seconds"] == told["mail"]["late_seconds"]


async def test_a_ticket_that_closes_cancels_what_should_only_leave_otherwise(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    reminder = await plan(walk, number, "We heard nothing.", unless_customer_writes=True)
    await plan(walk, number, "Our yearly letter.", ahead=HOUR + timedelta(seconds=1))
    await walk.ask("PATCH", f"/tickets/{number}", {"status": "closed"})
    await walk.rest()
    await walk.later(HOUR + timedelta(minutes=1))
    (sent,) = await walk.left(mailbox)
    assert text_of(sent.raw).strip() == "Our yearly letter."
    told = await walk.sending(reminder, number)
    assert (told["state"], told["reason"]) == ("cancelled", "the ticket was closed")


async def test_what_has_left_cannot_be_cancelled(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    gone = await plan(walk, number, "Tomorrow at nine.")
    await walk.later(HOUR + timedelta(minutes=1))
    await walk.left(mailbox)
    refused = await walk.desk.post(f"/api/v1/outgoing/{gone}/cancel")
    assert refused.status_code == 409
    assert (await walk.sending(gone, number))["state"] == "sent"


async def test_a_customer_who_writes_first_cancels_what_should_only_leave_otherwise(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Did it help?"})
    (sent,) = await walk.left(mailbox)
    reminder = await plan(walk, number, "We heard nothing.", unless_customer_writes=True)
    await plan(walk, number, "Our yearly letter.", ahead=HOUR + timedelta(seconds=1))
    await walk.passport(mailbox.receives(answer(sent, "It did.", at=walk.clock())))
    await walk.rest()
    await walk.later(HOUR + timedelta(minutes=1))
    texts = [text_of(each.raw).strip() for each in await walk.left(mailbox, 2)]
    assert texts == ["Did it help?", "Our yearly letter."]
    told = await walk.sending(reminder, number)
    assert (told["state"], told["reason"]) == ("cancelled", "the customer wrote first")
