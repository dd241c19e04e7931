"""Two people on one ticket: each sees what the other does, and nobody's work is lost."""

import pytest
from playwright.async_api import expect

from tests.walk.colleagues import working
from tests.walk.journeys.seats import Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_what_one_writes_comes_in_at_the_other_and_moves_nothing_that_is_typed(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva, bob = await sits(), await sits()
    for seat in (eva, bob):
        await seat.open(f"/tickets/{number}")
    await bob.page.locator(".rich[aria-label=Reply]").fill("I am on my way")
    await eva.page.locator("label[for=write-note]").click()
    await eva.page.locator(".rich[aria-label='Internal note']").fill("I take this one.")
    await eva.page.get_by_role("button", name="Add note").click()
    await expect(bob.page.locator(".k-note .body")).to_contain_text("I take this one.")
    await expect(bob.page.locator(".rich[aria-label=Reply]")).to_contain_text("I am on my way")


async def test_a_change_shows_at_the_other_and_offers_the_way_back(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva, bob = await sits(), await sits()
    await eva.open(f"/tickets/{number}")
    await bob.open(f"/tickets/{number}")
    await eva.page.get_by_role("button", name="Close", exact=True).click()
    await expect(bob.page.locator("#ticket-head")).to_contain_text("Closed")
    await expect(bob.page.get_by_role("button", name="Open again")).to_be_visible()


async def test_mail_that_comes_while_the_list_is_open_is_counted_in_the_navigation(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    eva = await sits()
    new = eva.page.get_by_role("navigation", name="Main", exact=True).get_by_role("link", name="New")
    before = int((await new.locator(".count").all_inner_texts() or ["0"])[0])
    await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    await expect(new.locator(".count")).to_have_text(str(before + 1))


async def test_a_colleague_is_seen_coming_writing_and_leaving(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    async with working(walk, "Bob") as (colleague,):
        bob, eva = await sits(colleague.address), await sits()
        await eva.open(f"/tickets/{number}")
        here, beside_send = eva.page.locator("#here"), eva.page.locator("#writers")
        await expect(here.locator(".present")).to_have_count(0)
        await bob.open(f"/tickets/{number}")
        await expect(here).to_contain_text("Bob is here")
        await bob.page.locator(".rich[aria-label=Reply]").press_sequentially("I am on my way")
        await expect(here).to_contain_text("Bob is writing a reply")
        await expect(beside_send).to_have_text("Bob is writing a reply too")
        assert await eva.barriers() == []
        await bob.page.locator(".rich[aria-label=Reply]").fill("")
        await expect(beside_send).to_have_text("")
        await bob.open("/tickets")
        await expect(here.locator(".present")).to_have_count(0)
