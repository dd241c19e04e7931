"""The provider maildir sends: one mail leaves once, whatever the mail server does, and nobody guesses."""

import asyncio
import os
import signal
import ssl
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trustme

from shared.contracts.errors import AuthExpired, Permanent, Transient
from shared.plugins.mailboxes import MailboxConnection, Prepared, SenderRefused, Sent, Unconfirmed
from tests.plugins.mailbox_suite import KEY, an_answer
from tests.plugins.maildir_post import SUPPORT, MaildirPost
from tests.plugins.smtp_server import PASSWORD, USER, Fault, MailServer, mail_server

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[MailServer]:
    async with mail_server() as world:
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", world.url)
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP_TIMEOUT", "20")
        yield world


@pytest.fixture
async def post(
    server: MailServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MaildirPost]:
    monkeypatch.setenv("POSTROOM_MAILDIR_ROOT", str(tmp_path))
    made = MaildirPost(tmp_path, "maildir", server)
    made.make()
    yield made
    await made.close()


@pytest.fixture
def connection(post: MaildirPost) -> MailboxConnection:
    return post.connect()


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    return made


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


async def test_everybody_gets_it_and_nobody_reads_who_is_in_bcc(
    connection: MailboxConnection, server: MailServer
) -> None:
    blind = b"Bcc: boss@acme.example,\r\n Ann <ann@acme.example>\r\nCc: bo@customer.example\r\n"
    await connection.dispatch(await connection.prepare(blind + an_answer(SUPPORT), KEY))
    (taken,) = server.taken
    assert set(taken.recipients) == {
        "ada@customer.example",
        "bo@customer.example",
        "boss@acme.example",
        "ann@acme.example",
    }
    assert b"cc: bo@customer" in taken.raw.lower()
    assert b"bcc" not in taken.raw.lower()
    assert b"boss" not in taken.raw


async def test_bounces_go_to_the_mailbox_whoever_writes(
    connection: MailboxConnection, server: MailServer
) -> None:
    await connection.dispatch(await connection.prepare(an_answer("ann@acme.example"), KEY))
    assert server.taken[0].sender == SUPPORT


async def test_lines_that_begin_with_a_dot_arrive_as_they_are(
    connection: MailboxConnection, server: MailServer
) -> None:
    mime = an_answer(SUPPORT) + b".\r\n..\r\n.hidden\r\n"
    await connection.dispatch(await connection.prepare(mime, KEY))
    assert server.taken[0].raw == mime


async def test_an_address_beyond_ascii_goes_to_a_server_that_takes_it(
    connection: MailboxConnection, server: MailServer
) -> None:
    mime = "To: jürgen@customer.example\r\nMessage-ID: <a@b>\r\n\r\nHello.\r\n".encode()
    await connection.dispatch(await connection.prepare(mime, KEY))
    assert server.taken[0].recipients == ("jürgen@customer.example",)


@pytest.mark.parametrize(
    ("verb", "answer", "verdict"),
    [
        ("MAIL", "451 4.3.0 Try later", Transient),
        ("MAIL", "550 5.7.1 Not yours", SenderRefused),
        ("ada@customer.example", "450 4.2.0 Greylisted", Transient),
        ("ada@customer.example", "550 5.1.1 No such user", Permanent),
        ("DATA", "452 4.3.1 No room", Transient),
        ("DATA", "554 5.6.0 Not liked", Permanent),
        ("DATA", "550 5.7.60 Client does not have permissions to send as this sender", SenderRefused),
    ],
)
async def test_what_the_server_refuses_has_not_left(
    connection: MailboxConnection, server: MailServer, verb: str, answer: str, verdict: type[Exception]
) -> None:
    server.answers[verb] = answer
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    with pytest.raises((Transient, Permanent)) as caught:
        await connection.dispatch(handle)
    assert type(caught.value) is verdict
    assert isinstance(caught.value, Transient | Permanent)
    assert caught.value.code == f"smtp_{answer[:3]}"
    assert answer[4:] in caught.value.reason
    assert await connection.find_sent(handle, KEY) == Prepared(handle)
    server.answers.clear()
    await connection.dispatch(handle)
    assert len(server.taken) == 1


async def test_a_mail_goes_to_all_or_to_none_and_who_was_refused_is_named(
    connection: MailboxConnection, server: MailServer
) -> None:
    server.answers |= {"bo@customer.example": "450 Later", "cy@customer.example": "550 5.1.1 No such user"}
    mime = b"Cc: bo@customer.example, cy@customer.example\r\n" + an_answer(SUPPORT)
    with pytest.raises(Permanent, match=r"cy@customer.example: 550") as caught:
        await connection.dispatch(await connection.prepare(mime, KEY))
    assert caught.value.code == "smtp_550"
    assert server.taken == []


async def test_a_server_that_hangs_up_before_it_has_the_mail_is_asked_again(
    connection: MailboxConnection, server: MailServer
) -> None:
    server.answers["MAIL"] = "421 4.3.2 Going down"
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    with pytest.raises(Transient):
        await connection.dispatch(handle)
    assert await connection.find_sent(handle, KEY) == Prepared(handle)


@pytest.mark.parametrize(
    ("fault", "arrived"),
    [
        (Fault.DROPS_AT_DATA, 0),
        (Fault.DROPS_BEFORE_DOT, 0),
        (Fault.DROPS_AFTER_DOT, 1),
        (Fault.HANGS_AFTER_DOT, 1),
    ],
)
async def test_when_the_answer_is_lost_it_is_not_sent_again(
    post: MaildirPost, server: MailServer, monkeypatch: pytest.MonkeyPatch, fault: Fault, arrived: int
) -> None:
    if fault is Fault.HANGS_AFTER_DOT:
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP_TIMEOUT", "1")
    connection = post.connect()
    server.fault = fault
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    with pytest.raises(Transient) as caught:
        await connection.dispatch(handle)
    assert caught.value.code == "unconfirmed"
    server.fault = None
    for asked in (connection, post.connect()):
        assert isinstance(await asked.find_sent(handle, KEY), Unconfirmed)
        assert isinstance(await asked.find_sent(None, KEY), Unconfirmed)
        assert await asked.prepare(an_answer(SUPPORT), KEY) == handle
        with pytest.raises(Transient):
            await asked.dispatch(handle)
        await asked.discard(handle)
    assert len(server.taken) == arrived
    again = await connection.prepare(an_answer(SUPPORT), f"{KEY}-again1")
    await connection.dispatch(again)
    assert len(server.taken) == arrived + 1


KILLED = """
import asyncio, sys
from pathlib import Path
from tests.plugins.maildir_post import MaildirPost
from tests.plugins.smtp_server import MailServer

async def main():
    connection = MaildirPost(Path(sys.argv[1]), "maildir", MailServer()).connect()
    await connection.dispatch(sys.argv[2])

asyncio.run(main())
"""


async def test_a_process_killed_between_the_mail_and_the_answer_does_not_send_twice(
    post: MaildirPost, connection: MailboxConnection, server: MailServer
) -> None:
    server.fault = Fault.HANGS_AFTER_DOT
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", KILLED, str(post.root), handle, cwd=REPOSITORY, env=dict(os.environ)
    )
    await asyncio.wait_for(server.received.wait(), 60)
    child.send_signal(signal.SIGKILL)
    await child.wait()
    server.fault = None
    assert isinstance(await connection.find_sent(handle, KEY), Unconfirmed)
    with pytest.raises(Transient):
        await connection.dispatch(handle)
    assert len(server.taken) == 1


async def test_of_two_workers_one_sends(post: MaildirPost, server: MailServer) -> None:
    workers = [post.connect() for _ in range(5)]
    handle = await workers[0].prepare(an_answer(SUPPORT), KEY)
    ends = await asyncio.gather(*(one.dispatch(handle) for one in workers), return_exceptions=True)
    assert sum(end is None for end in ends) == 1
    assert all(end is None or isinstance(end, Transient) for end in ends)
    assert len(server.taken) == 1
    assert await workers[0].find_sent(handle, KEY) == Sent(KEY)


async def test_a_mail_that_has_left_is_kept_and_none_is_half_written(
    post: MaildirPost, connection: MailboxConnection
) -> None:
    await connection.dispatch(await connection.prepare(an_answer(SUPPORT), KEY))
    files = {path.parent.name: path for path in (post.home / "outbox").rglob("*") if path.is_file()}
    assert list(files) == ["sent"]
    assert files["sent"].read_bytes() == an_answer(SUPPORT)


async def test_a_server_that_wants_tls_and_a_password_gets_both(
    post: MaildirPost, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, tmp_path: Path
) -> None:
    async with mail_server(tls=certified(authority, "localhost"), sign_in=True) as server:
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", server.url)
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP_CA_FILE", str(tmp_path / "authority.pem"))
        connection = post.connect(secret=PASSWORD, smtp_user=USER)
        handle = await connection.prepare(an_answer(SUPPORT), KEY)
        for wrong, code in (("wrong", "smtp_auth"), (None, "no_secret")):
            with pytest.raises(AuthExpired) as caught:
                await post.connect(secret=wrong, smtp_user=USER).dispatch(handle)
            assert caught.value.code == code
        await connection.dispatch(handle)
        assert [(taken.over_tls, taken.user) for taken in server.taken] == [(True, USER)]


async def test_the_password_may_come_from_the_environment(
    post: MaildirPost, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, tmp_path: Path
) -> None:
    async with mail_server(tls=certified(authority, "localhost"), sign_in=True) as server:
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", server.url)
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP_CA_FILE", str(tmp_path / "authority.pem"))
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP_PASSWORD", PASSWORD)
        connection = post.connect(smtp_user=USER)
        await connection.dispatch(await connection.prepare(an_answer(SUPPORT), KEY))
        assert len(server.taken) == 1


@pytest.mark.parametrize(("name", "ca_file"), [("mail.other.example", "authority.pem"), ("localhost", "")])
async def test_a_server_that_is_not_who_it_says_gets_no_password(
    post: MaildirPost, monkeypatch: pytest.MonkeyPatch, authority: trustme.CA, name: str, ca_file: str
) -> None:
    async with mail_server(tls=certified(authority, name), sign_in=True) as server:
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", server.url)
        monkeypatch.setenv("POSTROOM_MAILDIR_SMTP_CA_FILE", str(post.root / ca_file) if ca_file else "")
        connection = post.connect(secret=PASSWORD, smtp_user=USER)
        with pytest.raises(Transient) as caught:
            await connection.dispatch(await connection.prepare(an_answer(SUPPORT), KEY))
        assert caught.value.code == "tls"
        assert server.taken == []


async def test_a_server_without_starttls_is_not_spoken_to_in_the_clear(
    post: MaildirPost, server: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", f"starttls://localhost:{server.port}")
    connection = post.connect()
    with pytest.raises(Transient) as caught:
        await connection.dispatch(await connection.prepare(an_answer(SUPPORT), KEY))
    assert caught.value.code == "smtp_cannot"
    assert server.taken == []


@pytest.mark.parametrize(
    ("allowed", "wanted", "code"),
    [
        ("", "", "smtp_servers"),
        ("plain://mail.acme.example:25", "", "smtp_servers"),
        ("mail.acme.example", "", "smtp_servers"),
        ("http://mail.acme.example", "", "smtp_servers"),
        ("starttls://mail.acme.example", "localhost:25", "smtp_server"),
        ("starttls://mail.acme.example", "mail.acme.example:25", "smtp_server"),
    ],
)
async def test_only_servers_that_the_operator_names_are_spoken_to(
    post: MaildirPost, monkeypatch: pytest.MonkeyPatch, allowed: str, wanted: str, code: str
) -> None:
    monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", allowed)
    connection = post.connect(smtp_server=wanted)
    assert not (await connection.list(None, None)).mails
    with pytest.raises(Transient) as caught:
        await connection.dispatch(await connection.prepare(an_answer(SUPPORT), KEY))
    assert caught.value.code == code


async def test_a_server_that_cannot_be_reached_is_tried_later(
    post: MaildirPost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTROOM_MAILDIR_SMTP", "plain://127.0.0.1:9")
    connection = post.connect()
    with pytest.raises(Transient) as caught:
        await connection.dispatch(await connection.prepare(an_answer(SUPPORT), KEY))
    assert caught.value.code == "network"


async def test_a_folder_that_is_away_makes_mail_wait(post: MaildirPost, server: MailServer) -> None:
    connection = post.connect()
    handle = await connection.prepare(an_answer(SUPPORT), KEY)
    post.home.rename(post.root / "away")
    for asked in (
        connection.dispatch(handle),
        connection.prepare(an_answer(SUPPORT), "another"),
    ):
        with pytest.raises(Transient):
            await asked
    (post.root / "away").rename(post.home)
    await connection.dispatch(handle)
    assert len(server.taken) == 1
