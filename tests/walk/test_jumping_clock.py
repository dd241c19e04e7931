"""A clock that jumps: nothing leaves twice, nothing is lost, and no budget is passed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from pydantic import JsonValue

from sandbox.knobs import Knobs
from services.ingest.polling import hasten
from shared.contracts.options import Options
from tests.walk.letters import letter, text_of
from tests.walk.telling import cursor_of
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
THRESHOLD = 2


async def opened(walk: Walk, sender: str = "ann@firm.example") -> tuple[Mailbox, int]:
    mailbox = await walk.mailbox()
    return mailbox, await walk.ticket_of(mailbox.receives(letter("Printer", sender=sender)))


async def reply(walk: Walk, number: int, text: str, **more: object) -> None:
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": text, **more})


async def test_a_clock_that_goes_back_sends_nothing_again_and_keeps_nothing_back(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    await reply(walk, number, "Before.")
    at = walk.clock() + HOUR
    await reply(walk, number, "At its time.", send_at=at.isoformat())
    await walk.later(HOUR + timedelta(minutes=1))
    await walk.left(mailbox, 2)
    await walk.later(-DAY)
    await reply(walk, number, "After.")
    sent = await walk.left(mailbox, 3)
    assert sorted(text_of(mail.raw).strip() for mail in sent) == ["After.", "At its time.", "Before."]
    await walk.later(DAY)
    await walk.left(mailbox, 3)


async def test_a_clock_that_goes_forward_and_back_while_a_mail_is_uncertain_sends_it_once(walk: Walk) -> None:
    mailbox, number = await opened(walk)
    mailbox.becomes(Knobs(fail_after=1))
    await reply(walk, number, "Once.")
    await walk.installation.until(lambda: has_left(mailbox), "the mail left, and nobody knows")
    await walk.later(DAY)
    mailbox.becomes(Knobs())
    await walk.later(-DAY)
    await walk.later(HOUR)
    await walk.rest(passing=HOUR)
    assert len(mailbox.sent()) == 1


async def has_left(mailbox: Mailbox) -> bool:
    return bool(mailbox.sent())


async def test_a_threshold_that_is_used_up_stays_so_when_the_clock_goes_back(walk: Walk) -> None:
    await walk.options(mail_send_threshold=THRESHOLD)
    subject, sender = uuid4().hex, f"{uuid4().hex}@firm.example"
    when: dict[str, JsonValue] = {"type": "TICKET_FIELD_CHANGE", "field": "priority"}
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": subject}
    words: dict[str, JsonValue] = {"subject": "Priority", "body": "It is {{ ticket.priority }} now."}
    await walk.installation.add_trigger(when, "send_email", words, only)
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter(subject, sender=sender)))
    for priority in ("high", "low"):
        await walk.ask("PATCH", f"/tickets/{number}", {"priority": priority})
    await walk.left(mailbox, THRESHOLD)
    await walk.later(-HOUR)
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "urgent"})
    await walk.left(mailbox, THRESHOLD)
    held = [row for row in await walk.listed("/outgoing?state=held") if row["ticket"] == number]
    assert len(held) == 1


async def test_a_mailbox_is_scanned_again_soon_after_a_clock_went_back(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    await walk.later(-DAY)
    await hasten(walk.installation.house.units("ingest"))
    frequency = timedelta(minutes=Options().mail_scan_frequency)
    assert (await cursor_of(walk, mailbox)).due_at <= walk.clock() + frequency
