"""What a stylesheet alone decides, and no barrier shows: a line that is no surface, an icon of its size."""

import pytest

from tests.walk.journeys.seats import Sits

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_sparkline_of_a_stage_is_a_line_and_no_surface(sits: Sits) -> None:
    eva = await sits()
    await eva.open("/operations")
    line = eva.page.locator(".way svg:not(.icon)").first
    assert await line.evaluate("(it) => getComputedStyle(it).fill") == "none"
    assert await line.evaluate("(it) => getComputedStyle(it).height") == "32px"
