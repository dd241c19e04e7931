"""Everything is reached without a mouse: the palette, the keys, and the keys turned off."""

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_palette_goes_to_a_ticket_by_its_number_and_by_its_words(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Escalator squeaks", to=mailbox.address)))
    eva = await sits()
    await eva.page.keyboard.press("Control+k")
    await expect(eva.page.get_by_role("combobox", name="Go to, or do")).to_be_focused()
    assert await eva.barriers() == []
    await eva.page.keyboard.type(str(number))
    await expect(eva.page.get_by_role("option", name="Escalator squeaks").first).to_have_attribute(
        "aria-selected", "true"
    )
    await eva.page.keyboard.press("Enter")
    await eva.page.wait_for_url(f"**/tickets/{number}")
    await eva.page.keyboard.press("Control+k")
    await eva.page.keyboard.type("squeaks")
    await expect(eva.page.get_by_role("option", name="Escalator squeaks")).to_be_visible()
    await eva.page.keyboard.press("Escape")
    await expect(eva.page.get_by_role("combobox", name="Go to, or do")).to_be_hidden()


async def test_the_palette_knows_settings_by_the_name_of_the_original_module(sits: Sits) -> None:
    eva = await sits()
    await eva.page.keyboard.press("Control+k")
    await eva.page.keyboard.type("mail_send_thr")
    option = eva.page.get_by_role("option", name="mail_send_threshold").first
    await expect(option).to_be_visible()
    await eva.page.keyboard.press("Enter")
    await eva.page.wait_for_url("**/settings#mail_send_threshold**")


async def test_letters_go_to_places_until_somebody_turns_them_off(sits: Sits) -> None:
    eva = await sits()
    await eva.page.keyboard.press("g")
    await eva.page.keyboard.press("q")
    await eva.page.wait_for_url("**/quarantine")
    await eva.page.keyboard.press("?")
    await expect(eva.page.get_by_role("heading", name="Keys")).to_be_visible()
    assert await eva.barriers() == []
    await eva.open("/me/preferences")
    await eva.page.get_by_label("Single-letter keys").uncheck()
    await eva.page.get_by_role("button", name="Save preferences").click()
    await expect(eva.page.get_by_role("status").first).to_contain_text("Saved.")
    await eva.page.keyboard.press("?")
    await expect(eva.page.get_by_role("heading", name="Keys")).to_be_hidden()
    await eva.page.get_by_label("Single-letter keys").check()
    await eva.page.get_by_role("button", name="Save preferences").click()
    await expect(eva.page.get_by_label("Single-letter keys")).to_be_checked()
