"""What the suites of plug-ins share."""

import random
from collections.abc import AsyncIterator, Callable

import pytest

from sandbox.server import Sandbox
from shared.plugins.mailboxes import MailboxConnection
from tests.plugins.graph_post import SUPPORT, GraphPost


@pytest.fixture
def noise() -> Callable[[int], bytes]:
    """Bytes that repeat from run to run."""
    return random.Random(7).randbytes  # noqa: S311 - nothing secret


@pytest.fixture
async def graph_post(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GraphPost]:
    async with Sandbox() as sandbox:
        sandbox.add_mailbox(SUPPORT, "Acme Support")
        monkeypatch.setenv("POSTROOM_GRAPH_BASE_URL", sandbox.base_url)
        monkeypatch.setenv("POSTROOM_GRAPH_AUTHORITY", sandbox.origin)
        monkeypatch.setenv("POSTROOM_GRAPH_CA_FILE", str(sandbox.ca_file))
        made = GraphPost(sandbox)
        yield made
        await made.close()


@pytest.fixture
def graph_connection(graph_post: GraphPost) -> MailboxConnection:
    return graph_post.connect()
