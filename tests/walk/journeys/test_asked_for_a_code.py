"""A tenant that asks for a second factor: set up behind the password, then asked for, in a browser."""

from datetime import timedelta

import pyotp
import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import DESKTOP, EVA, PHONE, SECRET, Seat, Sits
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def gives_the_password(seat: Seat) -> None:
    await seat.open("/sign-in")
    await seat.page.get_by_label("Address").fill(EVA)
    await seat.page.get_by_label("Password", exact=True).fill(SECRET)
    await seat.page.get_by_role("button", name="Sign in", exact=True).click()


async def has_no_barrier(seat: Seat) -> None:
    assert (await seat.barriers(), await seat.overflows()) == ([], 0)


async def test_a_factor_is_set_up_behind_the_password_and_asked_for_from_then_on(
    walk: Walk, sits: Sits
) -> None:
    await walk.ask("PUT", "/sign-in", {"second_factor": True})
    eva = await sits("", size=PHONE, scheme="dark")
    await gives_the_password(eva)
    await expect(eva.page.locator(".qr")).to_be_visible()
    await has_no_barrier(eva)
    await eva.page.get_by_text("Type the key instead").click()
    key = await eva.page.locator(".key code").inner_text()
    app = pyotp.TOTP(key.replace(" ", ""))
    await eva.page.get_by_label("Code").fill(app.at(walk.clock()))
    await eva.page.get_by_role("button", name="Set up").click()
    await expect(eva.page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    await has_no_barrier(eva)
    await walk.later(timedelta(minutes=1))
    again = await sits("", size=DESKTOP)
    await gives_the_password(again)
    await expect(again.page.get_by_role("heading", name="Type the code")).to_be_visible()
    await has_no_barrier(again)
    await again.page.get_by_label("Code").fill(app.at(walk.clock()))
    await again.page.get_by_role("button", name="Go on").click()
    await again.page.wait_for_url("**/tickets**")
