"""A connection to the desk outlives the time for which clients keep it: none meets a closing one."""

import asyncio
from contextlib import closing

import httpx
import pytest

from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

KEPT_SECONDS = httpx.Limits().keepalive_expiry
"""For so long httpx takes an idle connection for one that is open."""


async def test_the_desk_does_not_close_a_connection_that_its_client_still_takes_for_open(walk: Walk) -> None:
    assert KEPT_SECONDS is not None
    url = walk.desk.base_url
    reader, writer = await asyncio.open_connection(url.host, url.port)
    writer.write(f"GET /health HTTP/1.1\r\nHost: {url.host}\r\n\r\n".encode())
    await reader.readuntil(b"\r\n\r\n")
    with closing(writer), pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.read(), KEPT_SECONDS * 1.2)
