"""Many tickets are chosen by hand, one is left out, and the keys work again behind the preview."""

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_who_leaves_a_ticket_out_does_not_change_all_of_the_view(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    numbers = [
        await walk.ticket_of(mailbox.receives(letter(f"Escalator {floor}", to=mailbox.address)))
        for floor in ("one", "two", "three")
    ]
    eva = await sits()
    await eva.open("/tickets?view=open&q=escalator")
    rows, everything = eva.page.locator("#rows tr"), eva.page.locator("#bulk [name=all]")
    await expect(rows).to_have_count(3)
    await rows.nth(0).locator(".c-select input").check()
    await everything.check()
    await expect(eva.page.locator("#selected")).to_have_text("3 selected")
    await eva.page.locator(f"#t-{numbers[1]} .c-select input").uncheck()
    await expect(eva.page.locator("#selected")).to_have_text("2 selected")
    await expect(everything).not_to_be_checked()
    await eva.page.keyboard.press("#")
    preview = eva.page.get_by_role("dialog")
    await expect(preview.get_by_role("heading", name="2 tickets")).to_be_visible()
    await eva.page.keyboard.press("Escape")
    await expect(preview).to_be_hidden()
    await eva.page.keyboard.press("x")
    await expect(eva.page.locator("#selected")).not_to_have_text("2 selected")
    await everything.check()
    await eva.page.keyboard.press("x")
    await expect(everything).not_to_be_checked()
