"""From an installation without anybody to the first answered ticket, by hand in a browser."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
import pytest_asyncio
from playwright.async_api import expect

from services.desk.welcoming import new_pass
from shared.settings import ProcessSettings
from tests.walk.journeys.seats import Seat, Sits
from tests.walk.letters import letter, message_id_of, read, text_of
from tests.walk.walking import Walk, empty, walking

pytestmark = pytest.mark.asyncio(loop_scope="module")

HELP, PASSWORD = "help@helpdesk.example", "several words do well"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(settings: ProcessSettings) -> AsyncIterator[Walk]:
    with pytest.MonkeyPatch.context() as patch:
        async with walking(settings, patch.setenv, empty) as made:
            yield made


async def begins(seat: Seat, token: str) -> None:
    """Become the administrator, and name the organisation."""
    await seat.open(f"/welcome?token={token}")
    assert await seat.barriers() == []
    await seat.page.get_by_label("Your name").fill("Ada Ott")
    await seat.page.get_by_label("Your address").fill("ada@helpdesk.example")
    await seat.page.get_by_label("Password").fill(PASSWORD)
    await seat.page.get_by_role("button", name="Go on").click()
    await expect(seat.page.get_by_role("heading", name="What is it called?")).to_be_visible()
    assert await seat.barriers() == []
    await seat.page.get_by_label("Name").fill("Helpdesk")
    await seat.page.get_by_role("button", name="Go on").click()


async def adds_the_mailbox(seat: Seat, walk: Walk) -> None:
    sandbox = walk.installation.sandbox
    sandbox.add_mailbox(HELP)
    await seat.page.get_by_role("link", name="Enter a mailbox").click()
    await seat.page.get_by_label("Address", exact=True).fill(HELP)
    await seat.page.get_by_label("Directory (tenant) ID").fill(sandbox.tenant)
    await seat.page.get_by_label("Application (client) ID").fill(sandbox.client_id)
    await seat.page.locator("input[name=secret]").fill(sandbox.client_secret)
    await seat.page.get_by_role("button", name="Add mailbox").click()
    await seat.page.wait_for_url("**/welcome?step=4**")
    assert await seat.barriers() == []
    await expect(seat.page.get_by_role("link", name="Go on", exact=True)).to_be_visible()
    await expect(seat.page.locator("#doctor-head")).to_contain_text("It works")


async def test_the_first_run_leads_to_the_first_answered_ticket(walk: Walk, sits: Sits) -> None:
    ada = await sits("")
    keys, sandbox = walk.installation.house.keys, walk.installation.sandbox
    await begins(ada, new_pass(keys.opener("sign-in"), walk.clock()))
    await adds_the_mailbox(ada, walk)
    await ada.page.get_by_role("link", name="Go on", exact=True).click()
    await expect(ada.page.get_by_role("heading", name="Write the first mail")).to_be_visible()
    first = letter("Printer on fire", to=HELP)
    sandbox.deliver(HELP, first)
    await walk.installation.scan()
    await expect(ada.page.get_by_role("heading", name="Your first ticket")).to_be_visible()
    await ada.page.get_by_role("link", name="Open it").click()
    await ada.page.locator(".rich[aria-label=Reply]").fill("Take the paper out first.")
    await ada.page.get_by_role("button", name="Send", exact=True).click()
    await expect(ada.page.locator(".k-mail_out .body")).to_contain_text("Take the paper out first.")
    await walk.later(timedelta(minutes=1))
    await expect(ada.page.locator(".k-mail_out .state")).to_contain_text("Sent")
    [answer] = sandbox.sent(HELP)
    assert "Take the paper out first." in text_of(answer.raw)
    assert read(answer.raw)["To"].addresses[0].addr_spec == "ann@firm.example"
    assert message_id_of(first) in str(read(answer.raw)["In-Reply-To"])
