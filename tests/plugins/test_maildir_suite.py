"""The provider maildir: the suite over both kinds of folder and both ways out."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from shared.plugins.mailboxes import MailboxConnection
from tests.plugins.mailbox_suite import MailboxSuite
from tests.plugins.maildir_post import MaildirPost
from tests.plugins.smtp_server import mail_server


@pytest.fixture(params=["maildir to files", "eml to files", "maildir to smtp", "eml to smtp"])
async def post(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MaildirPost]:
    layout, _, way_out = request.param.split()
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(mail_server()) if way_out == "smtp" else None
        monkeypatch.setenv("POSTROOM_MAILDIR_ROOT", str(tmp_path))
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", server.url if server else "")
        made = MaildirPost(tmp_path, layout, server)
        made.make()
        yield made
        await made.close()


@pytest.fixture
def connection(post: MaildirPost) -> MailboxConnection:
    return post.connect()


class TestMaildir(MailboxSuite):
    many = 1_100

    @pytest.fixture
    def other_folder(self) -> str:
        return "Archive"
