"""What the suites of plug-ins share."""

import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from sandbox.server import Sandbox
from shared.plugins.mailboxes import MailboxConnection
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.plugins.maildir_post import MaildirPost
from tests.plugins.smtp_server import MailServer, mail_server


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


@pytest.fixture
async def smtp_server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailServer]:
    async with mail_server() as world:
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", world.url)
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP_TIMEOUT", "20")
        yield world


@pytest.fixture
async def smtp_post(
    smtp_server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MaildirPost]:
    monkeypatch.setenv("POSTROOM_MAILDIR_ROOT", str(tmp_path))
    made = MaildirPost(tmp_path, "maildir", smtp_server)
    made.make()
    yield made
    await made.close()
