"""The folders of a mailbox are listed anew from its form: what is typed there stays, without a reload."""

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import Sits
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_folder_made_meanwhile_can_be_chosen_without_losing_the_form(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    eva = await sits()
    await eva.open(f"/mailboxes/{mailbox.id}")
    await eva.page.get_by_label("Display name").fill("Half a na")
    mailbox.sandbox.add_folder(mailbox.address, "Made today")
    choice = eva.page.locator("select[name=folder]")
    await expect(choice.locator("option", has_text="Made today")).to_have_count(0)
    before = await choice.input_value()
    await eva.page.get_by_role("button", name="List folders again").click()
    await expect(eva.page.get_by_role("status").filter(has_text="as they are now")).to_be_visible()
    await expect(choice.locator("option", has_text="Made today")).to_have_count(1)
    assert await choice.input_value() == before
    await expect(eva.page.get_by_label("Display name")).to_have_value("Half a na")
    assert await eva.barriers() == []
