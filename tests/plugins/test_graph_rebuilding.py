"""A mail that Exchange cannot turn into MIME is put together from its parts."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from plugins.mailboxes.graph.rebuilding import MARK
from sandbox.knobs import Fault, Knobs
from services.parser.parsing import parse
from shared.contracts.mail import ParsingPolicy
from shared.plugins.mailboxes import Gone, MailboxConnection
from tests.plugins.graph_post import SUPPORT, GraphPost
from tests.plugins.mailbox_suite import a_mail, only_mail
from tests.sandbox.test_sandbox_attachments import mixed_mail


@pytest.fixture
def post(graph_post: GraphPost) -> GraphPost:
    return graph_post


@pytest.fixture
def connection(graph_connection: MailboxConnection) -> MailboxConnection:
    return graph_connection


def parsed(raw: bytes) -> tuple[str, str, list[tuple[str, str, bool]]]:
    """What the product makes of it: sender, words, files."""
    document = parse(raw, ParsingPolicy(allowed_mime_types=("*/*",))).document
    files = [(file.name, file.sha256, file.inline) for file in document.files]
    return document.sender.address, " ".join(document.body.reply_text.split()), sorted(files)


async def test_a_mail_without_mime_has_its_fields_words_and_files(
    post: GraphPost, connection: MailboxConnection
) -> None:
    raw = mixed_mail()
    post.receive(raw)
    post.sandbox.set_knobs(SUPPORT, Knobs(no_mime=("Files",)))
    made = await connection.fetch(await only_mail(connection))
    mail = message_from_bytes(made, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert (mail["Subject"], mail[MARK]) == ("Files", "yes")
    assert parsed(made)[0] == parsed(raw)[0]
    names = {part.get_filename() for part in mail.iter_attachments()}
    assert {"logo.png", "prüfung.csv"} <= names
    contents = {part.get_filename(): part.get_payload(decode=True) for part in mail.iter_attachments()}
    assert contents["prüfung.csv"] == b"a,b"
    (inner,) = [part for part in mail.iter_attachments() if part.get_content_type() == "message/rfc822"]
    assert inner.get_content()["Subject"] == "Inner"


async def test_thread_and_odd_fields_survive(post: GraphPost, connection: MailboxConnection) -> None:
    raw = a_mail("Grüße", "Hallo Welt").replace(
        b"\r\n\r\n", b"\r\nIn-Reply-To: <a@b.example>\r\nX-Odd: one\r\n two\r\n\r\n", 1
    )
    post.receive(raw)
    post.sandbox.set_knobs(SUPPORT, Knobs(no_mime=("*",)))
    made = await connection.fetch(await only_mail(connection))
    mail = message_from_bytes(made, policy=policy.default)
    assert mail["In-Reply-To"] == "<a@b.example>"
    assert mail["X-Odd"] == "one two"
    assert parsed(made) == parsed(raw)


async def test_a_mail_that_is_gone_stays_gone(post: GraphPost, connection: MailboxConnection) -> None:
    post.receive(a_mail())
    mail = await only_mail(connection)
    post.breaks(Fault(match="value", status=404))
    assert await connection.fetch(mail) == a_mail()
    post.breaks(Fault(match="value", status=404, times=2))
    assert b"Please come." in await connection.fetch(mail)
    post.breaks(Fault(match="any", status=404, times=2))
    with pytest.raises(Gone):
        await connection.fetch(mail)
