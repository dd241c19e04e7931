"""A mailbox that wrote to as many as it may in a day: its mail waits, visibly, and leaves later."""

from datetime import timedelta

import pytest

from plugins.mailboxes.graph.provider import GraphMailbox
from shared.plugins.mailboxes import Pace
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_mail_beyond_the_day_waits_and_leaves_later(
    walk: Walk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GraphMailbox, "pace", Pace(recipients_a_day=2))
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Many questions", to=mailbox.address)))
    for text in ("One.", "Two."):
        await walk.ask("POST", f"/tickets/{number}/replies", {"text": text})
    await walk.left(mailbox, 2)
    third = await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Three."})

    async def waits() -> bool:
        told = await walk.sending(third["outgoing"], number)
        return (told["state"], told["code"]) == ("queued", "daily_limit")

    await walk.installation.until(waits, "the desk tells that it waits")
    assert len(mailbox.sent()) == 2
    await walk.later(timedelta(hours=25))
    await walk.left(mailbox, 3)
