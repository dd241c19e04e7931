"""The doctor of the provider maildir: what works, and each thing that does not, with its remedy."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from plugins.mailboxes.maildir import probing
from shared.plugins.mailboxes import PROBE_HEADER, Examinable, Finding, Verdict
from tests.plugins.mailbox_suite import a_mail, every_page
from tests.plugins.maildir_post import MaildirPost
from tests.plugins.smtp_server import MailServer


@pytest.fixture
def server(smtp_server: MailServer) -> MailServer:
    return smtp_server


@pytest.fixture
def post(smtp_post: MaildirPost) -> MaildirPost:
    return smtp_post


# Any: what `connect` takes
async def examined(post: MaildirPost, *folders: str, send: bool = False, **how: Any) -> dict[str, Finding]:
    connection = post.connect(**how)
    assert isinstance(connection, Examinable)
    return {found.check: found async for found in connection.examine(["inbox", *folders], send=send)}


def files_of(post: MaildirPost) -> list[Path]:
    return [path for path in post.home.rglob("*") if path.is_file()]


@pytest.mark.parametrize("layout", ["maildir", "eml"])
@pytest.mark.parametrize("outgoing", ["smtp", "file"])
async def test_a_healthy_mailbox_passes_every_check_and_nothing_is_left_behind(
    tmp_path: Path, post: MaildirPost, server: MailServer, layout: str, outgoing: str
) -> None:
    there = MaildirPost(tmp_path / "more", layout, server) if layout == "eml" else post
    if layout == "eml":
        there.root = tmp_path
        (there.home / "Archive").mkdir(parents=True, exist_ok=True)
    there.receive(a_mail())
    before = files_of(there)
    found = await examined(there, "Archive", layout=layout, outgoing=outgoing)
    verdicts = {name: one.verdict for name, one in found.items()}
    assert verdicts.pop("probe") is Verdict.SKIPPED
    assert set(verdicts.values()) == {Verdict.OK}, found
    assert {"root", "read", "folder inbox", "folder Archive", "rename", "outbox"} <= set(verdicts)
    assert ("mail server" in verdicts) is (outgoing == "smtp")
    assert files_of(there) == before
    assert server.taken == []


def no_folder(post: MaildirPost, _server: MailServer) -> None:
    post.home.rename(post.root / "away")


def no_new(post: MaildirPost, _server: MailServer) -> None:
    (post.home / "new").rmdir()


def refuses_sender(_post: MaildirPost, server: MailServer) -> None:
    server.answers["MAIL"] = "553 5.7.1 Not yours"


def linked_outbox(post: MaildirPost, _server: MailServer) -> None:
    (post.home / "outbox").symlink_to(post.root)


# Any: what `connect` takes
BROKEN: dict[str, tuple[Callable[[MaildirPost, MailServer], None], dict[str, Any], str, str]] = {
    "no folder": (no_folder, {}, "root", "folder_not_found"),
    "no new": (no_new, {}, "read", "folder_not_found"),
    "sender": (refuses_sender, {}, "send", "smtp_553"),
    "link": (linked_outbox, {}, "outbox", "symlink"),
    "server": (lambda _post, _server: None, {"smtp_server": "mail.example"}, "mail server", "smtp_server"),
    "password": (lambda _post, _server: None, {"smtp_user": "x"}, "mail server", "no_secret"),
    "folder": (lambda _post, _server: None, {"folder": "Nowhere"}, "read", "folder_not_found"),
}


@pytest.mark.parametrize("case", BROKEN)
async def test_what_is_broken_is_named_with_its_remedy(
    post: MaildirPost, server: MailServer, case: str
) -> None:
    breaks, how, check, code = BROKEN[case]
    breaks(post, server)
    found = await examined(post, **how)
    assert (found[check].verdict, found[check].code) == (Verdict.FAILED, code)
    assert found[check].remedy
    if check == "root":
        assert found["rename"].verdict is Verdict.SKIPPED


async def test_a_server_that_is_away_is_told(post: MaildirPost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", "plain://127.0.0.1:9")
    found = await examined(post)
    assert (found["mail server"].verdict, found["mail server"].code) == (Verdict.FAILED, "network")
    assert found["send"].verdict is Verdict.SKIPPED
    assert found["outbox"].verdict is Verdict.OK


async def test_a_probe_leaves_and_is_told_whether_it_came_back(
    post: MaildirPost, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing, "_WAIT_SECONDS", 1)
    assert (await examined(post, send=True))["probe"].verdict is Verdict.WARNING
    server.delivers = post.receive
    assert (await examined(post, send=True))["probe"].verdict is Verdict.OK
    assert len(server.taken) == 2
    (came,), _ = await every_page(post.connect())
    assert PROBE_HEADER.encode() in await post.connect().fetch(came)
