"""The provider maildir and mail servers: which it speaks to, over TLS, and who signs in."""

import ssl
from pathlib import Path

import pytest
import trustme

from shared.contracts.errors import AuthExpired, Transient
from tests.plugins.mailbox_suite import KEY, an_answer
from tests.plugins.maildir_post import SUPPORT, MaildirPost
from tests.plugins.smtp_server import PASSWORD, USER, MailServer, mail_server


@pytest.fixture
def server(smtp_server: MailServer) -> MailServer:
    return smtp_server


@pytest.fixture
def post(smtp_post: MaildirPost) -> MaildirPost:
    return smtp_post


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    made = trustme.CA()
    made.cert_pem.write_to_path(tmp_path / "authority.pem")
    return made


def certified(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


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
