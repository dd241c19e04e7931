"""Automatic mail has a budget for each ticket; what people write has none there."""

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from services.mailer.guards import MOST, Guard
from shared.settings import ProcessSettings
from tests.walk.letters import letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MOST_ON_TICKET = MOST[Guard.TICKET]
REASON = f"loop guard (ticket): {MOST_ON_TICKET} automatic mails on one ticket within 60 minutes"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def told_of_each_change(walk: Walk) -> None:
    await walk.installation.add_trigger(
        {"type": "TICKET_FIELD_CHANGE", "field": "priority"},
        "send_email",
        {"subject": "Priority", "body": "It is {{ ticket.priority }} now."},
    )


async def ticket_at_its_limit(walk: Walk, mailbox: Mailbox, sender: str) -> int:
    """Change a ticket so often that all its automatic mail of an hour has left."""
    number = await walk.ticket_of(mailbox.receives(letter("Printer", sender=sender)))
    for times in range(MOST_ON_TICKET):
        await change(walk, number, times)
    await walk.left(mailbox, MOST_ON_TICKET)
    return number


async def change(walk: Walk, number: int, times: int) -> None:
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": ("high", "low")[times % 2]})


async def held(walk: Walk, number: int) -> list[Json]:
    return [row["mail"] for row in await walk.listed("/outgoing?state=held") if row["ticket"] == number]


async def test_a_ticket_gets_so_many_automatic_mails_in_an_hour_and_all_that_people_write(
    walk: Walk,
) -> None:
    mailbox = await walk.mailbox()
    number = await ticket_at_its_limit(walk, mailbox, "one@firm.example")
    await change(walk, number, MOST_ON_TICKET)
    await walk.rest()
    assert [mail["reason"] for mail in await held(walk, number)] == [REASON]
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Here I am."})
    await walk.left(mailbox, MOST_ON_TICKET + 1)


async def test_what_redis_has_lost_of_a_guard_is_read_again_from_the_database(
    walk: Walk, settings: ProcessSettings
) -> None:
    mailbox = await walk.mailbox()
    number = await ticket_at_its_limit(walk, mailbox, "two@firm.example")
    assert settings.redis_url is not None
    async with Redis.from_url(settings.redis_url) as redis:
        await redis.flushdb()
    await change(walk, number, MOST_ON_TICKET)
    await walk.rest()
    assert [mail["reason"] for mail in await held(walk, number)] == [REASON]
