"""The provider maildir sends: one mail leaves once, whatever the mail server does, and nobody guesses."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from shared.contracts.errors import Permanent, SenderRefused, Transient
from shared.plugins.mailboxes import MailboxConnection, Prepared, Sent, Unconfirmed
from tests.plugins.mailbox_suite import KEY, an_answer
from tests.plugins.maildir_post import SUPPORT, MaildirPost
from tests.plugins.smtp_server import Fault, MailServer

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def server(smtp_server: MailServer) -> MailServer:
    return smtp_server


@pytest.fixture
def post(smtp_post: MaildirPost) -> MaildirPost:
    return smtp_post


@pytest.fixture
def connection(post: MaildirPost) -> MailboxConnection:
    return post.connect()


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
