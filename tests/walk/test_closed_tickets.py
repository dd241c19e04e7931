"""A customer answers on a ticket that is closed: both values of `response_to_closed_ticket_action`."""

from datetime import timedelta

import pytest

from tests.walk.letters import answer, letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def answer_after_closing(walk: Walk, mailbox: Mailbox) -> tuple[int, Json]:
    """Return the number of the ticket that was closed, and where the answer to it went."""
    number = await walk.ticket_of(mailbox.receives(letter("Lift is stuck")))
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "It runs again."})
    (sent,) = await walk.left(mailbox)
    await walk.ask("PATCH", f"/tickets/{number}", {"status": "closed"})
    await walk.later(timedelta(minutes=2))
    passport = await walk.passport(mailbox.receives(answer(sent, "Stuck once more.", at=walk.clock())))
    placed: Json = passport["placement"]
    return number, placed


async def test_the_old_ticket_is_reopened(walk: Walk) -> None:
    await walk.options(response_to_closed_ticket_action="reopen_old_ticket")
    number, placed = await answer_after_closing(walk, await walk.mailbox())
    assert (placed["outcome"], placed["ticket"]) == ("reopen", number)
    assert (await walk.ticket(number))["status"] == "open"
    assert [post["text"].strip() for post in await walk.timeline(number, "mail_in")] == [
        "It smokes.",
        "Stuck once more.",
    ]


async def test_a_new_ticket_follows_the_old_one_which_stays_closed(walk: Walk) -> None:
    await walk.options(response_to_closed_ticket_action="create_new_ticket")
    number, placed = await answer_after_closing(walk, await walk.mailbox())
    assert placed["outcome"] == "new"
    assert placed["ticket"] != number
    fresh = await walk.ticket(placed["ticket"])
    assert (fresh["follows"], fresh["contact"]["address"]) == (number, "ann@firm.example")
    assert (await walk.ticket(number))["status"] == "closed"
    assert len(await walk.timeline(number, "mail_in")) == 1
