"""An administrator who changes settings on the pages, while everything runs."""

from collections.abc import AsyncIterator

import httpx
import pytest_asyncio

from tests.installation import TENANT
from tests.service.desk.conftest import Browser
from tests.walk.walking import Walk


@pytest_asyncio.fixture(loop_scope="module")
async def eva(walk: Walk) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=walk.desk.base_url, timeout=20) as http:
        browser = Browser(http)
        signed = await browser.sign_in("eva@helpdesk.example", tenant=TENANT, password="secret")
        assert signed.status_code == 303
        yield browser
