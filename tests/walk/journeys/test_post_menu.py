"""What can be done with one post, from its menu; and the room that the editor takes."""

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_menu_of_a_post_is_walked_by_keys_and_says_what_it_did(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva = await sits()
    await eva.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await eva.open(f"/tickets/{number}")
    menu = eva.page.locator(".k-mail_in .post-menu")
    await menu.locator("summary").focus()
    await eva.page.keyboard.press("Enter")
    await expect(menu.get_by_role("link", name="Why is this here")).to_be_visible()
    assert await eva.barriers() == []
    await eva.page.keyboard.press("ArrowDown")
    await expect(menu.get_by_role("link", name="Reply")).to_be_focused()
    await eva.page.keyboard.press("ArrowUp")
    await expect(menu.get_by_role("link", name="Split off from here")).to_be_focused()
    await eva.page.keyboard.press("Escape")
    await expect(menu.locator("summary")).to_be_focused()
    await expect(menu.locator(".menu-body")).to_be_hidden()
    await menu.locator("summary").click()
    await menu.get_by_role("link", name="Copy link").click()
    await expect(menu.locator("[data-copy]")).to_have_text("Link copied")
    copied = await eva.page.evaluate("navigator.clipboard.readText()")
    assert f"/tickets/{number}#post-" in copied
    await menu.get_by_role("button", name="Quote").click()
    await expect(eva.page.locator(".rich[aria-label=Reply]").locator("blockquote")).to_be_visible()
    await expect(menu.locator(".menu-body")).to_be_hidden()


async def test_the_empty_editor_is_small_and_grows_with_its_words(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva = await sits()
    await eva.open(f"/tickets/{number}")
    editor, words = eva.page.locator("#editor"), eva.page.locator(".rich[aria-label=Reply]")
    await expect(words).to_be_visible()
    empty = await editor.bounding_box()
    assert empty
    assert empty["height"] < 300
    await words.click()
    four = await words.bounding_box()
    assert four
    assert 96 <= four["height"] <= 120
    for _ in range(8):
        await eva.page.keyboard.press("Enter")
    grown = await words.bounding_box()
    assert grown
    assert grown["height"] > four["height"]
