"""What was written with form comes back with it: a note that is edited, a forward that is taken back."""

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_rich_note_is_edited_as_it_was_written(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva = await sits()
    await eva.open(f"/tickets/{number}")
    await eva.page.locator("label[for=write-note]").click()
    await eva.page.locator(".rich[aria-label='Internal note']").click()
    await eva.page.keyboard.press("Control+b")
    await eva.page.keyboard.type("Toner")
    await eva.page.get_by_role("button", name="Add note").click()
    await expect(eva.page.locator(".k-note .body b")).to_have_text("Toner")
    await eva.page.locator(".k-note .post-menu summary").click()
    await eva.page.get_by_role("link", name="Edit").last.click()
    words = eva.page.locator(".rich[aria-label=Note]")
    await expect(words.locator("b")).to_have_text("Toner")
    assert await eva.barriers() == []
    await words.press("End")
    await eva.page.keyboard.type(" is low")
    await eva.page.keyboard.press("Control+Enter")
    await eva.page.wait_for_url(f"**/tickets/{number}?said=edited**")
    await expect(eva.page.locator(".k-note .body b")).to_have_text("Toner is low")


async def test_a_forward_that_is_taken_back_stands_in_its_own_form(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva = await sits()
    await eva.open(f"/tickets/{number}")
    await eva.page.keyboard.press("w")
    await eva.page.get_by_label("Add to To").fill("bob@firm.example")
    await eva.page.keyboard.press("Enter")
    await eva.page.locator(".rich[aria-label=Forward]").click()
    await eva.page.keyboard.type("Have a look")
    await eva.page.get_by_role("button", name="Forward").click()
    await eva.page.get_by_role("button", name="Undo").click()
    await eva.page.wait_for_url("**/forward/**")
    await expect(eva.page.locator(".rich[aria-label=Forward]")).to_have_text("Have a look")
    await expect(eva.page.locator(".people")).to_contain_text("bob@firm.example")
