"""The desk in a real browser: its pages are served, and somebody has signed in."""

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
import uvicorn
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, async_playwright

from services.desk.app import make_app
from services.desk.desk import Desk
from tests.browser.chromium import NONE_HERE, PROGRAMS
from tests.service.desk.conftest import PASSWORD, House


@pytest.fixture(autouse=True)
async def ticket(house: House) -> UUID:
    await house.user("eva@acme.test", role="admin")
    ticket = await house.ticket(7)
    await house.mail_in(ticket)
    return ticket


@pytest.fixture
async def site(desk: Desk) -> AsyncIterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    how = uvicorn.Config(make_app(desk), lifespan="off", log_level="critical", timeout_graceful_shutdown=5)
    server = uvicorn.Server(how)
    serving = asyncio.create_task(server.serve([listening]))
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    desk.live.close()
    server.should_exit = True
    await serving


@pytest.fixture
async def chromium() -> AsyncIterator[Chromium]:
    found = os.environ.get("POSTROOM_TEST_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, NONE_HERE
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def opened(
    chromium: Chromium, site: str, said: list[str] | None = None, *, phone: bool = False
) -> Page:
    """A device of its own on which somebody has signed in and opened the ticket."""
    device = await (
        chromium.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
        if phone
        else chromium.new_context()
    )
    page = await device.new_page()
    page.on("console", lambda line: said.append(line.text) if said is not None else None)
    await signs_in(page, site)
    return await ready(page, site)


async def signs_in(page: Page, site: str) -> None:
    await page.goto(f"{site}/sign-in")
    await page.fill("[name=address]", "eva@acme.test")
    await page.fill("[name=password]", PASSWORD)
    await page.click("button.main")
    await page.wait_for_url("**/tickets**")


async def ready(page: Page, site: str) -> Page:
    await page.goto(f"{site}/tickets/7")
    await page.locator(".reply .rich").wait_for()
    return page
