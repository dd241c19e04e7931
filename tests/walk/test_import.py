"""Mail that was there before its mailbox was added: old tickets, silently."""

from datetime import UTC, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from services.ticketing.sweeping import prune_tenant
from shared.storage.ingest import mails
from shared.storage.tickets import posts
from tests.installation import TENANT
from tests.walk.letters import letter, message_id_of
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG_AGO = datetime(2021, 5, 3, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def trigger(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()


def old_mail(walk: Walk, address: str, *mails_: tuple[bytes, datetime]) -> list[str]:
    """Fill a mailbox that nobody has added yet."""
    walk.installation.sandbox.add_mailbox(address)
    return [walk.installation.sandbox.deliver(address, raw, received=at) for raw, at in mails_]


async def test_old_mail_makes_old_tickets_and_nobody_is_answered(walk: Walk) -> None:
    first = letter("Heating", at=LONG_AGO)
    reply = letter("Re: Heating", "Warm again.", at=LONG_AGO + HOUR, in_reply_to=f"<{message_id_of(first)}>")
    old = old_mail(walk, "old@helpdesk.example", (reply, LONG_AGO + HOUR), (first, LONG_AGO))
    mailbox = await walk.mailbox_at("old@helpdesk.example", known=False)
    numbers = {await walk.ticket_of(mail) for mail in old}
    assert len(numbers) == 1
    ticket = await walk.ticket(*numbers)
    assert datetime.fromisoformat(ticket["created_at"]) == LONG_AGO
    assert ticket["status"] == "new"
    assert [post["text"].strip() for post in await walk.timeline(ticket["number"])] == [
        "It smokes.",
        "Warm again.",
    ]
    fresh = await walk.ticket_of(mailbox.receives(letter("Cold", sender="Bo <bo@firm.example>")))
    (sent,) = await walk.left(mailbox)
    assert sent.recipients == ("bo@firm.example",)
    assert fresh not in numbers


async def test_a_live_answer_brings_an_imported_ticket_to_life(walk: Walk) -> None:
    await walk.options(response_to_closed_ticket_action="reopen_old_ticket")
    first = letter("Parking", at=LONG_AGO)
    (old,) = old_mail(walk, "lot@helpdesk.example", (first, LONG_AGO))
    mailbox = await walk.mailbox_at("lot@helpdesk.example", known=False, import_as="closed")
    number = await walk.ticket_of(old)
    assert (await walk.ticket(number))["status"] == "closed"
    late = letter("Re: Parking", "Full again.", in_reply_to=f"<{message_id_of(first)}>")
    placed = (await walk.passport(mailbox.receives(late)))["placement"]
    assert (placed["outcome"], placed["ticket"]) == ("reopen", number)
    assert (await walk.ticket(number))["status"] == "open"


async def test_inactivity_leaves_imported_tickets_alone(walk: Walk) -> None:
    await walk.options(close_inactive_tickets=True, close_ticket_after_days=14)
    (old,) = old_mail(walk, "quiet@helpdesk.example", (letter("Signs", at=LONG_AGO), LONG_AGO))
    await walk.mailbox_at("quiet@helpdesk.example", known=False)
    number = await walk.ticket_of(old)
    await prune_tenant(walk.installation.house.units("ticketing"), TENANT)
    assert (await walk.ticket(number))["status"] == "new"
    await walk.options(close_inactive_tickets=False)


async def test_an_import_that_is_interrupted_goes_on_and_tells_how_far_it_is(walk: Walk) -> None:
    many = [(letter(f"Old {n}", at=LONG_AGO + n * MINUTE), LONG_AGO + n * MINUTE) for n in range(130)]
    old = old_mail(walk, "many@helpdesk.example", *many)
    mailbox = await walk.mailbox_at("many@helpdesk.example", known=False)

    async def begun() -> bool:
        return int((await walk.standing(mailbox))["imported"]) > 0

    await walk.installation.until(begun, "the import has begun")
    walk.installation.sandbox.expire_delta(mailbox.address)
    fresh = mailbox.receives(letter("Today", sender="Cy <cy@firm.example>"))
    await walk.ticket_of(fresh)
    await walk.rest(passing=MINUTE, seconds=120)
    told = await walk.standing(mailbox)
    assert (told["imported"], told["importing"]) == (len(old), 0)
    of_box = select(mails.c.id).where(mails.c.mailbox == mailbox.id)
    (count,) = await walk.installation.rows(select(func.count()).where(posts.c.mail.in_(of_box)))
    assert count[0] == len(old) + 1
    assert [sent.recipients for sent in mailbox.sent()] == [("cy@firm.example",)]
