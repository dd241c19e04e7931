"""What a stylesheet alone decides, and no barrier shows: a line that is no surface, an icon of its size."""

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import PHONE, Seat, Sits
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_sparkline_of_a_stage_is_a_line_and_no_surface(sits: Sits) -> None:
    eva = await sits()
    await eva.open("/operations")
    line = eva.page.locator(".way svg:not(.icon)").first
    assert await line.evaluate("(it) => getComputedStyle(it).fill") == "none"
    assert await line.evaluate("(it) => getComputedStyle(it).height") == "32px"


NAMED, KEYED = "W" * 200, "k" * 40


async def inside(seat: Seat, *names: str) -> None:
    """Each of these columns or controls lies within the page, which does not scroll sideways."""
    width = await seat.page.evaluate("() => document.documentElement.clientWidth")
    for name in names:
        box = await seat.page.locator(name).first.bounding_box()
        assert box is not None, name
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= width, name
    assert await seat.overflows() == 0


async def test_long_names_push_nothing_off_the_page(walk: Walk, sits: Sits) -> None:
    made = await walk.desk.post("/api/v1/departments", json={"key": KEYED, "name": NAMED})
    assert made.status_code == 201, made.text
    field = {"key": KEYED, "name": "W" * 80, "type": "text", "position": 0}
    assert (await walk.desk.post("/api/v1/custom-fields", json=field)).is_success
    desktop, phone = await sits(), await sits(size=PHONE)
    await desktop.open("/departments")
    await inside(desktop, "th:last-child", "tr:has-text('WWWW') td:last-child")
    for seat in (desktop, phone):
        await seat.open("/settings/users")
        await inside(seat, "form select", ".ticks .check >> nth=-1", "button.main")
        await seat.open("/mailboxes/new")
        await inside(seat, "select[name=department]", "button.main >> nth=-1")
        await seat.open("/settings/custom-fields")
        await seat.page.locator("summary:has-text('WWWW')").click()
        await inside(seat, "details.more[open] input[name=position]", "details.more[open] button.main")
        await seat.open("/settings/history")
        await inside(seat, "td:has-text('kkkk')")
    await phone.open("/departments")
    await expect(phone.page.locator("tr:has-text('WWWW')")).to_contain_text("Seen by:")
    await inside(phone, "tr:has-text('WWWW') td:last-child")


async def test_a_trigger_is_put_away_only_after_a_question(walk: Walk, sits: Sits) -> None:
    wanted = {
        "name": "Kept for now",
        "when": {"type": "NEW_TICKET_CREATED", "kinds": "external"},
        "action": "add_note",
        "params": {"text": "Seen."},
        "enabled": False,
    }
    made = (await walk.desk.post("/api/v1/triggers", json=wanted)).json()
    eva = await sits()
    await eva.open(f"/settings/triggers/{made['id']}")
    await expect(eva.page.locator(".ends.sticky")).not_to_contain_text("Archive")
    await eva.page.get_by_role("button", name="Archive…").click()
    await eva.page.get_by_role("button", name="Keep it").click()
    await eva.page.get_by_role("button", name="Archive…").click()
    assert await eva.barriers() == []
    await eva.page.get_by_role("button", name="Archive", exact=True).click()
    await expect(eva.page.get_by_role("status")).to_contain_text("Put into the archive")
