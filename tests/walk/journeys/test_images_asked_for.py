"""Remote images of a mail: shown when somebody asks, and no browser goes to another machine for it."""

import re

import pytest
from playwright.async_api import expect

from tests.walk.journeys.seats import Sits
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

HTML = '<table><tr><td>Our <b>offer</b></td></tr></table><img src="http://127.0.0.1:9/offer.png" width="40">'


def with_html(raw: bytes) -> bytes:
    return raw.replace(b"Content-Type: text/plain", b"Content-Type: text/html").replace(
        b"It smokes.", HTML.encode()
    )


async def test_images_are_asked_of_us_once_and_always_and_never_of_their_server(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(with_html(letter("Offer", to=mailbox.address))))
    eva = await sits()
    await eva.open(f"/tickets/{number}")
    bar, frame = eva.page.locator(".images"), eva.page.locator("iframe.mail")
    await expect(bar).to_contain_text("1 remote image not loaded")
    assert await eva.barriers() == []
    async with eva.page.expect_response(re.compile(r"/remote\?n=0")) as answered:
        await bar.get_by_role("link", name="Show remote images").click()
    assert (await answered.value).status == 404
    await expect(bar).to_contain_text("Fetched by the server; not to be had: 1.")
    await bar.get_by_role("button", name="Always from this sender").click()
    await expect(bar).to_contain_text("Images of this sender are shown always.")
    await expect(frame).to_have_attribute("src", re.compile(r"/html\?images=1$"))
    await bar.get_by_role("button", name="Ask again").click()
    await expect(bar).to_contain_text("1 remote image not loaded")
