"""Fields of a ticket are changed where they stand, by pointer and by keys, and taken back."""

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_fields_are_set_without_a_button_and_taken_back(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva, other = await sits(), await sits()
    for seat in (eva, other):
        await seat.open(f"/tickets/{number}")
    fields, toast = eva.page.get_by_label("Facts of the ticket"), eva.page.locator(".toast")
    await expect(fields.get_by_role("button", name="Save fields")).to_be_hidden()
    await fields.locator("[name=tags]").click()
    await fields.get_by_label("Priority").select_option("high")
    await expect(toast).to_contain_text("Priority: High")
    await expect(eva.page.locator("#ticket-head")).to_contain_text("High")
    await expect(other.page.get_by_label("Priority")).to_have_value("high")
    assert await eva.barriers() == []
    await toast.get_by_role("button", name="Undo").click()
    await expect(fields.get_by_label("Priority")).to_have_value("normal")
    await expect(other.page.get_by_label("Priority")).to_have_value("normal")


async def test_by_keys_a_field_is_set_when_it_is_left_or_by_enter_and_escape_takes_it_back(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva = await sits()
    await eva.open(f"/tickets/{number}")
    tags, toast = eva.page.locator("[name=tags]"), eva.page.locator(".toast")
    await tags.focus()
    await eva.page.keyboard.type("never")
    await eva.page.keyboard.press("Escape")
    await expect(tags).to_have_value("")
    await eva.page.keyboard.type("vip")
    await eva.page.keyboard.press("Enter")
    await expect(toast).to_contain_text("Tags: vip")
    await eva.page.get_by_label("Priority").focus()
    await eva.page.keyboard.press("ArrowUp")
    await eva.page.keyboard.press("Tab")
    await expect(toast).to_contain_text("Priority:")
    await eva.page.locator("h1").click()
    await eva.page.keyboard.press("z")
    await expect(eva.page.get_by_label("Priority")).to_have_value("normal")


async def test_who_was_slower_is_told_at_the_field_and_may_choose(walk: Walk, sits: Sits) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva = await sits()
    await eva.open(f"/tickets/{number}")
    tags = eva.page.locator("[name=tags]")
    await tags.focus()
    answer = await walk.desk.patch(f"/api/v1/tickets/{number}", json={"tags": ["theirs"]})
    assert answer.is_success, answer.text
    await expect(eva.page.locator(".timeline")).to_contain_text("theirs")
    await eva.page.keyboard.type("mine")
    await eva.page.keyboard.press("Enter")
    refused = eva.page.locator(".refused")
    await expect(refused).to_contain_text("Your change to tags mine was not made.")
    await expect(tags).to_have_value("theirs")
    answer = await walk.desk.patch(f"/api/v1/tickets/{number}", json={"priority": "urgent"})
    assert answer.is_success, answer.text
    # the panel came anew, and why it was refused still stands there, in focus
    await expect(eva.page.get_by_label("Priority")).to_have_value("urgent")
    await expect(refused.get_by_role("button", name="Keep tags theirs")).to_be_focused()
    assert await eva.barriers() == []
    await refused.get_by_role("button", name="Set tags mine").click()
    await expect(eva.page.locator(".toast")).to_contain_text("Tags: mine (was theirs).")
