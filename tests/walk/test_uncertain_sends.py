"""Graph fails before, while and after it accepts a mail: in the end exactly one has left."""

from datetime import timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update

from sandbox.knobs import Fault, Knobs
from shared.storage.engine import in_tenant
from shared.storage.sending import mails
from tests.installation import TENANT
from tests.walk.letters import answer, letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
UNAVAILABLE = "ServiceUnavailable"


async def replied(walk: Walk, mailbox: Mailbox) -> tuple[int, str]:
    """Reply to a new ticket; return its number and the id of the outgoing mail."""
    number = await walk.ticket_of(mailbox.receives(letter("No network")))
    done = await walk.ask("POST", f"/tickets/{number}/replies", {"text": "It is back."})
    return number, done["outgoing"]


async def failed_with(walk: Walk, number: int, outgoing: str, code: str) -> Json:
    """Wait until the desk shows that an attempt has failed, and of what."""

    async def so() -> bool:
        told = await walk.sending(outgoing, number)
        return bool(told["code"] == code)

    await walk.installation.until(so, f"the mail failed with {code}")
    return await walk.sending(outgoing, number)


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(match="send", when="after", status=503), UNAVAILABLE),
        (Fault(match="send", when="after", status="drop"), "network"),
        (Fault(match="send", when="after", status=504), "UnknownError"),
        (Fault(match="send", when="after", status=429, retry_after=30), "ApplicationThrottled"),
    ],
    ids=lambda value: str(value.status) if isinstance(value, Fault) else "",
)
async def test_a_mail_that_was_accepted_and_then_refused_is_not_sent_again(
    walk: Walk, fault: Fault, code: str
) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    mailbox.breaks(fault)
    number, outgoing = await replied(walk, mailbox)
    told = await failed_with(walk, number, outgoing, code)
    assert told["state"] == "sending"
    assert len(mailbox.sent()) == 1
    await walk.rest(passing=MINUTE)
    await walk.left(mailbox, 1)
    assert (await walk.sending(outgoing, number))["state"] == "sent"


@pytest.mark.parametrize(
    "fault",
    [
        Fault(match="draft", status=503),
        Fault(match="draft", when="after", status=503),
        Fault(match="patch", status=503),
        Fault(match="send", status=503),
        Fault(match="send", status=503, times=2),
        Fault(match="list", status=503),
    ],
    ids=lambda fault: f"{fault.match} {fault.when} {fault.times}",
)
async def test_a_mail_that_was_refused_before_it_was_accepted_is_tried_again(
    walk: Walk, fault: Fault
) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    mailbox.breaks(fault)
    number, outgoing = await replied(walk, mailbox)
    told = await failed_with(walk, number, outgoing, UNAVAILABLE)
    assert told["state"] in {"queued", "sending"}
    assert mailbox.sent() == []
    await walk.rest(passing=MINUTE)
    await walk.left(mailbox, 1)
    assert (await walk.sending(outgoing, number))["state"] == "sent"


async def test_a_look_that_fails_after_the_mail_has_left_does_not_send_it_again(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    # two looks before the mail leaves pass; the one that reads it back, and the next one, do not
    mailbox.breaks(Fault(match="list", status=503, skip=2, times=2))
    number, outgoing = await replied(walk, mailbox)
    await failed_with(walk, number, outgoing, UNAVAILABLE)
    assert len(mailbox.sent()) == 1
    await walk.rest(passing=MINUTE)
    await walk.left(mailbox, 1)
    assert (await walk.sending(outgoing, number))["state"] == "sent"


async def test_a_mail_that_left_under_another_message_id_is_found_and_its_answer_joins(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    mailbox.becomes(Knobs(fail_after=1, rewrite_message_id=True))
    number, outgoing = await replied(walk, mailbox)
    await failed_with(walk, number, outgoing, UNAVAILABLE)
    await walk.rest(passing=MINUTE)
    (sent,) = await walk.left(mailbox, 1)
    await walk.later(MINUTE)
    joined = await walk.passport(mailbox.receives(answer(sent, "It is gone again.", at=walk.clock())))
    assert (joined["placement"]["outcome"], joined["placement"]["ticket"]) == ("append", number)


async def test_a_mail_that_graph_refuses_for_good_fails_visibly_and_opens_its_ticket(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    mailbox.breaks(Fault(match="send", status=403))
    before = given_up()
    number, outgoing = await replied(walk, mailbox)
    told = await failed_with(walk, number, outgoing, "ErrorAccessDenied")
    assert told["state"] == "failed"
    await walk.rest()
    assert mailbox.sent() == []
    assert [row["ticket"] for row in await walk.listed("/outgoing?state=failed")] == [number]
    assert (await walk.ticket(number))["status"] == "open"
    assert len(await walk.timeline(number, "system")) == 1
    assert given_up() == before + 1
    (attempt,) = (await walk.read(f"/outgoing/{outgoing}"))["attempts"]
    assert (attempt["outcome"], attempt["code"]) == ("failed", "ErrorAccessDenied")
    assert attempt["text"]


def given_up() -> float:
    """Read the counter that an operator is alerted by."""
    return REGISTRY.get_sample_value("postroom_outgoing_mails_total", {"outcome": "failed"}) or 0


async def test_the_last_of_many_failures_gives_up_visibly_with_every_attempt_in_its_log(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    mailbox.breaks(Fault(match="draft", status=503, times=None))
    before = given_up()
    number, outgoing = await replied(walk, mailbox)

    async def failed() -> bool:
        await walk.later(timedelta(hours=6))
        return bool((await walk.sending(outgoing, number))["state"] == "failed")

    await walk.installation.until(failed, "the mailer gives up")
    await walk.rest()
    assert given_up() == before + 1
    tried = (await walk.read(f"/outgoing/{outgoing}"))["attempts"]
    assert [(one["outcome"], one["code"]) for one in tried] == [("failed", UNAVAILABLE)] * 12
    assert (await walk.ticket(number))["status"] == "open"
    assert len(await walk.timeline(number, "system")) == 1


async def test_a_mail_whose_processes_died_waits_no_longer_than_its_failures_say(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    mailbox.breaks(Fault(match="draft", status=503, times=2))
    number, outgoing = await replied(walk, mailbox)
    await failed_with(walk, number, outgoing, UNAVAILABLE)
    of_mail = mails.c.id == UUID(outgoing)
    async with in_tenant(walk.installation.house.engine("mailer"), TENANT) as db:
        await db.execute(update(mails).where(of_mail).values(attempts=9, code=None))
    await walk.later(2 * MINUTE)
    await failed_with(walk, number, outgoing, UNAVAILABLE)
    (row,) = await walk.installation.rows(select(mails.c.due_at).where(of_mail))
    assert row.due_at - walk.clock() < timedelta(minutes=6)
    await walk.later(6 * MINUTE)
    await walk.left(mailbox, 1)
