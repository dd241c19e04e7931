"""Pages that wait for something show it as it comes, by the stream that every page hears by."""

import re

import pytest
from playwright.async_api import Request, expect

from tests.walk.journeys.seats import Seat, Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


def asked(seat: Seat, path: str) -> list[str]:
    """Collect what the scripts of the page ask for again from now on."""
    found: list[str] = []

    def hear(request: Request) -> None:
        if path in request.url and request.resource_type == "fetch" and "/live" not in request.url:
            found.append(request.url)

    seat.page.on("request", hear)
    return found


async def test_the_last_step_of_the_first_run_shows_the_ticket_when_it_comes_and_then_is_over(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    eva = await sits()
    async with eva.page.expect_response(re.compile("/live")):
        await eva.open("/welcome?step=5")
    main = eva.page.locator("main")
    await expect(main).to_contain_text(f"Send a mail to {mailbox.address}")
    assert await eva.barriers() == []
    looked = asked(eva, "/welcome")
    assert looked == []
    await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    await expect(main.get_by_role("heading", name="Your first ticket")).to_be_visible()
    await expect(main.get_by_role("link", name="Printer on fire")).to_be_visible()
    assert 1 <= len(looked) <= 3
    await eva.page.reload()
    await expect(eva.page).to_have_url(re.compile(r"/tickets$"))


async def test_the_doctor_shows_each_finding_as_it_comes_and_asks_no_more_once_all_are_there(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    eva = await sits()
    await eva.open(f"/mailboxes/{mailbox.id}/doctor")
    looked = asked(eva, "/doctor")
    await eva.page.get_by_role("button", name=re.compile("^Check")).click()
    await expect(eva.page.locator("#doctor-head")).to_contain_text("Everything works")
    await expect(eva.page.get_by_role("button", name="Check again")).to_be_visible()
    findings = await eva.page.locator("#doctor-findings > li").count()
    assert findings > 3
    assert 1 <= len(looked) <= findings + 2
