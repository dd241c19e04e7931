"""The daily digest comes at its hour on the tenant's clock, also when that was put forward overnight."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from services.ticketing.sweeping import prune_tenant
from shared.storage.triggers import notified
from tests.installation import TENANT
from tests.walk.colleagues import Colleague, said_in, ticket_at, working
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

BERLIN = ZoneInfo("Europe/Berlin")
DAY = timedelta(days=1)


async def next_time(walk: Walk, who: Colleague) -> datetime:
    """Return when somebody is told next."""
    (row,) = await walk.installation.rows(select(notified.c.due_at).where(notified.c.id == who.id))
    at: datetime = row.due_at
    return at


async def go_to(walk: Walk, moment: datetime) -> None:
    await walk.later(moment - walk.clock())


def before_summer(now: datetime) -> datetime:
    """Return noon, in Berlin, of the next day on which its clock is put forward in the night that follows."""
    noon = now.astimezone(BERLIN).replace(hour=12, minute=0, second=0, microsecond=0) + DAY
    while (noon + DAY).utcoffset() == noon.utcoffset() or not (noon + DAY).dst():
        noon += DAY
    return noon


async def test_a_digest_of_two_days_comes_at_its_hour_before_and_after_the_clock_is_put_forward(
    walk: Walk,
) -> None:
    mailbox = await walk.mailbox()
    await walk.options(time_zone="Europe/Berlin")
    saturday = before_summer(walk.clock())
    await go_to(walk, saturday - DAY)
    async with working(walk, "Quin Daily") as (quin,):
        await quin.wants(assigned="digest", digest_hour=7)
        first = await ticket_at(walk, mailbox, "Friday noon")
        await quin.gets(first, walk)
        assert await next_time(walk, quin) == saturday.replace(hour=7).astimezone(UTC)
        await go_to(walk, saturday.replace(hour=7))
        assert said_in(*await quin.is_told(mailbox))[0] == f"[#{first}] Assigned to you: Friday noon"
        await go_to(walk, saturday)
        for subject in ("Saturday noon", "Saturday afternoon"):
            await quin.gets(await ticket_at(walk, mailbox, subject), walk)
        sunday = (saturday + DAY).replace(hour=7)
        assert await next_time(walk, quin) == sunday.astimezone(UTC)
        assert sunday.astimezone(UTC) - saturday.replace(hour=7).astimezone(UTC) == timedelta(hours=23)
        await go_to(walk, sunday)
        _, digest = await quin.is_told(mailbox, 2)
        assert said_in(digest)[0] == "2 tickets for you"
        assert (await next_time(walk, quin) is None, await quin.waiting()) == (True, [])


async def test_the_reminder_of_a_ticket_is_in_the_digest_of_who_has_it(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Ria Reminded") as (ria,):
        number = await ticket_at(walk, mailbox, "Nobody writes")
        await ria.gets(number, ria.walk)
        silent = {"close_inactive_tickets": True, "send_ticket_close_reminder": True}
        await walk.ask("PUT", "/settings?confirm=true", silent)
        await walk.later(13 * DAY)

        async def reminded() -> bool:
            await prune_tenant(walk.installation.house.units("ticketing"), TENANT)
            return [one.kind for one in await ria.waiting()] == ["reminder"]

        await walk.installation.until(reminded, "the reminder waits for the digest")
        hour = (await next_time(walk, ria)).astimezone(BERLIN).hour
        assert (hour, mailbox.sent()) == (8, [])
        await go_to(walk, await next_time(walk, ria))
        subject, text = said_in(*await ria.is_told(mailbox))
        assert subject == f"[#{number}] Will be closed: Nobody writes"
        assert "it will be closed soon" in text
        await walk.options(close_inactive_tickets=False, send_ticket_close_reminder=False)
