"""Mail that comes back as undeliverable: tied to what bounced, seen by people, answered by nobody."""

from uuid import uuid4

import pytest
import pytest_asyncio

from sandbox.knobs import Knobs
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


def nobody() -> str:
    """Return somebody whose mail has not come back yet."""
    return f"Nobody <nobody-{uuid4().hex}@firm.example>"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def trigger(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()


@pytest.mark.parametrize("rewrites", [False, True], ids=["our Message-ID", "a rewritten Message-ID"])
async def test_a_bounce_marks_the_mail_that_bounced_and_is_answered_by_nobody(
    walk: Walk, rewrites: bool
) -> None:
    mailbox = await walk.mailbox()
    mailbox.becomes(Knobs(ndr=("nobody-*",), rewrite_message_id=rewrites))
    number = await walk.ticket_of(mailbox.receives(letter("Who am I?", sender=nobody())))
    await walk.left(mailbox)
    (report,) = [event for event in mailbox.sandbox.log(mailbox.address) if event.kind == "bounced"]
    placed = (await walk.passport(report.item))["placement"]
    assert (placed["outcome"], placed["ticket"]) == ("bounce", number)
    await walk.left(mailbox)
    (answered,) = await walk.timeline(number, "mail_out")
    assert answered["sending"]["state"] == "bounced"
    assert [post["automatic"] for post in await walk.timeline(number, "mail_in")] == [None, "bounce"]
    assert len(await walk.timeline(number, "system")) == 1


async def test_the_bounce_of_a_reply_opens_the_ticket_again(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mailbox.becomes(Knobs(ndr=("gone@*",)))
    number = await walk.ticket_of(mailbox.receives(letter("Locked out", sender=nobody())))
    await walk.left(mailbox)
    wanted = {"text": "Use this link.", "to": [{"address": "gone@firm.example"}]}
    await walk.ask("POST", f"/tickets/{number}/replies", wanted)
    await walk.left(mailbox, 2)
    (report,) = [event for event in mailbox.sandbox.log(mailbox.address) if event.kind == "bounced"]
    await walk.passport(report.item)
    await walk.left(mailbox, 2)
    assert (await walk.ticket(number))["status"] == "open"
    failed = await walk.listed("/outgoing?state=failed")
    assert [row["mail"]["to"] for row in failed if row["ticket"] == number] == [["gone@firm.example"]]


async def test_the_log_of_a_mail_names_which_recipient_it_came_back_from(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mailbox.becomes(Knobs(ndr=("gone@*",)))
    number = await walk.ticket_of(mailbox.receives(letter("Two of us", sender=nobody())))
    await walk.left(mailbox)
    wanted = {
        "text": "For both of you.",
        "to": [{"address": "gone@firm.example"}],
        "cc": [{"address": "here@firm.example"}],
    }
    outgoing = (await walk.ask("POST", f"/tickets/{number}/replies", wanted))["outgoing"]
    await walk.left(mailbox, 2)
    (report,) = [event for event in mailbox.sandbox.log(mailbox.address) if event.kind == "bounced"]
    await walk.passport(report.item)
    await walk.rest()
    told = await walk.read(f"/outgoing/{outgoing}")
    assert told["ticket"] == number
    states = {one["address"]: (one["line"], one["state"]) for one in told["recipients"]}
    assert states == {"gone@firm.example": ("to", "bounced"), "here@firm.example": ("cc", "sent")}
    assert all(one["handed_over_at"] for one in told["recipients"])
    assert [one["outcome"] for one in told["attempts"]] == ["sent"]
