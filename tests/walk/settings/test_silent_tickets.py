"""Options of inactivity: changed while everything runs, and the next sweep goes by them."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from services.ticketing.sweeping import prune_tenant
from shared.storage.tickets import tickets
from tests.installation import TENANT
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = timedelta(days=1)
OFF = {
    "close_inactive_tickets": False,
    "close_ticket_after_days": 14,
    "send_ticket_close_reminder": False,
    "reminder_before_ticket_close_days": 2,
}


@pytest_asyncio.fixture(loop_scope="module")
async def mailbox(walk: Walk) -> AsyncIterator[Mailbox]:
    """A mailbox of its own, and after the test inactivity closes nothing."""
    yield await walk.mailbox()
    await walk.options(**OFF)


async def opened(walk: Walk, mailbox: Mailbox, subject: str = "Parking") -> int:
    return await walk.ticket_of(mailbox.receives(letter(subject, at=walk.clock())))


async def swept(walk: Walk, number: int, status: str, *, reminded: bool = False) -> None:
    """Let ticketing look at what is inactive; then the ticket has this status, and was reminded of or not.
    Its own sweep may be at the same row just then, so it is looked again."""

    async def so() -> bool:
        await prune_tenant(walk.installation.house.units("ticketing"), TENANT)
        told = select(tickets.c.status, tickets.c.reminded_at).where(tickets.c.number == number)
        (row,) = await walk.installation.rows(told)
        return (row.status, row.reminded_at is not None) == (status, reminded)

    await walk.installation.until(so, f"ticket {number} is {status}, reminded of: {reminded}")


@pytest.mark.option("close_inactive_tickets")
async def test_inactivity_asks_before_it_closes_at_once_and_closes_while_it_is_on(
    walk: Walk, mailbox: Mailbox
) -> None:
    number = await opened(walk, mailbox)
    await walk.later(20 * DAY)
    await swept(walk, number, "new")
    wanted = {"close_inactive_tickets": True}
    asked = await walk.desk.put("/api/v1/settings", json=wanted)
    assert (asked.status_code, "1 ticket closed at once" in asked.json()["detail"]) == (409, True)
    assert f"#{number}" in asked.json()["detail"]
    assert "?confirm=true" in asked.json()["remedy"]
    assert (await walk.read("/settings"))["close_inactive_tickets"] is False
    await swept(walk, number, "new")
    await walk.ask("PUT", "/settings?confirm=true", wanted)
    await swept(walk, number, "closed")
    again = await opened(walk, mailbox, "Parking again")
    await walk.options(close_inactive_tickets=False)
    await walk.later(20 * DAY)
    await swept(walk, again, "new")
    await walk.ask("PATCH", f"/tickets/{again}", {"status": "closed"})


@pytest.mark.option("close_ticket_after_days")
async def test_a_ticket_closes_after_as_many_days_as_are_set_by_then(walk: Walk, mailbox: Mailbox) -> None:
    await walk.options(close_inactive_tickets=True, close_ticket_after_days=10)
    number = await opened(walk, mailbox)
    await walk.later(8 * DAY)
    await walk.options(close_ticket_after_days=30)
    await walk.later(4 * DAY)
    await swept(walk, number, "new")
    await walk.ask("PUT", "/settings?confirm=true", {"close_ticket_after_days": 11})
    await swept(walk, number, "closed")


@pytest.mark.option("send_ticket_close_reminder")
async def test_a_reminder_comes_first_while_it_is_wanted(walk: Walk, mailbox: Mailbox) -> None:
    await walk.options(close_inactive_tickets=True, send_ticket_close_reminder=True)
    number = await opened(walk, mailbox)
    await walk.later(15 * DAY)
    await swept(walk, number, "new", reminded=True)
    await walk.later(2 * DAY + timedelta(minutes=1))
    await swept(walk, number, "closed", reminded=True)
    other = await opened(walk, mailbox, "No more reminders")
    await walk.options(send_ticket_close_reminder=False)
    await walk.later(15 * DAY)
    await swept(walk, other, "closed")


@pytest.mark.option("reminder_before_ticket_close_days")
async def test_the_reminder_comes_as_long_before_as_is_set_by_then(walk: Walk, mailbox: Mailbox) -> None:
    await walk.options(
        close_inactive_tickets=True, send_ticket_close_reminder=True, reminder_before_ticket_close_days=2
    )
    number = await opened(walk, mailbox)
    await walk.later(8 * DAY)
    await swept(walk, number, "new")
    await walk.ask("PUT", "/settings?confirm=true", {"reminder_before_ticket_close_days": 7})
    await swept(walk, number, "new", reminded=True)
    refused = await walk.desk.put("/api/v1/settings", json={"reminder_before_ticket_close_days": 14})
    assert refused.status_code == 422
    await walk.ask("PATCH", f"/tickets/{number}", {"status": "closed"})


@pytest.mark.option("close_inactive_tickets")
@pytest.mark.option("close_ticket_after_days")
@pytest.mark.option("send_ticket_close_reminder")
@pytest.mark.option("reminder_before_ticket_close_days")
async def test_a_department_closes_and_reminds_by_its_own_options(walk: Walk, mailbox: Mailbox) -> None:
    made = await walk.ask("POST", "/departments", {"key": "garage", "name": "Garage"})
    numbers = [await opened(walk, mailbox, subject) for subject in ("Gate", "Elsewhere")]
    await walk.ask("PATCH", f"/tickets/{numbers[0]}", {"department": made["id"]})
    own = {"close_inactive_tickets": True, "close_ticket_after_days": 5, "send_ticket_close_reminder": True}
    await walk.ask("PUT", "/settings?department=garage", own | {"reminder_before_ticket_close_days": 3})
    await walk.later(2 * DAY + timedelta(hours=1))
    await swept(walk, numbers[0], "new", reminded=True)
    await walk.later(4 * DAY)
    await swept(walk, numbers[0], "closed", reminded=True)
    await swept(walk, numbers[1], "new")
    await walk.ask("PUT", "/settings?department=garage", dict.fromkeys(OFF))
    await walk.ask("PATCH", f"/tickets/{numbers[1]}", {"status": "closed"})
