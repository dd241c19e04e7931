"""A browser for each module, and seats at it that complain at the end of their test."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser

from tests.walk.journeys.seats import EVA, SECRET, Seat, Sits, chromium, seated, sign_in
from tests.walk.walking import Walk


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as started:
        yield started


@pytest_asyncio.fixture(loop_scope="module")
async def sits(walk: Walk, browser: Browser) -> AsyncIterator[Sits]:
    """Seat people; `address=""` seats somebody who has not signed in."""
    taken: list[Seat] = []

    # Any: what `seated` takes
    async def sit(address: str = EVA, password: str = SECRET, **how: Any) -> Seat:
        seat = await seated(browser, str(walk.desk.base_url), **how)
        taken.append(seat)
        return await sign_in(seat, address, password) if address else seat

    yield sit
    complaints = [complaint for seat in taken for complaint in seat.complaints]
    for seat in taken:
        await seat.page.context.close()
    assert complaints == []
