"""What an app asks of a mailbox is counted, and refused beyond Exchange's limits where that is wanted."""

import asyncio

import pytest

from sandbox import usage
from sandbox.knobs import Knobs
from sandbox.server import Sandbox
from sandbox.usage import Usage
from tests.sandbox.clients import SUPPORT, GraphClient


async def test_requests_at_once_are_counted_and_refused_beyond_four(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(realistic_limits=True, latency_ms=(300, 300)))
    answers = await asyncio.gather(*(graph.http.get("mailFolders/inbox") for _ in range(6)))
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) == 2
    assert "MailboxConcurrency" in refused[0].json()["error"]["message"]
    (seen,) = sandbox.usage(SUPPORT)
    assert (seen.app, seen.requests, seen.most_at_once) == (sandbox.client_id, 6, 6)
    assert seen.by_operation == seen.at_once_by_operation == {"folders": 6}


@pytest.mark.parametrize(
    ("requests", "bytes_each", "limit"),
    [(10_001, 0, "RequestsPerTenMinutes"), (51, 3_000_000, "IncomingBytes"), (50, 3_000_000, None)],
)
def test_a_window_is_exceeded_and_empties_again(requests: int, bytes_each: int, limit: str | None) -> None:
    now = 0.0
    used = Usage("app", lambda: now)
    for _ in range(requests):
        with used.request("draft", bytes_each):
            pass
    assert used.exceeded() == limit
    now += usage.REQUESTS_SECONDS
    with used.request("draft", 0):
        assert used.exceeded() is None
    seen = used.seen()
    assert (seen.requests, seen.most_requests) == (requests + 1, requests)
    assert seen.most_upload == requests * bytes_each
