"""Options of mail on its way in: changed while everything runs, and the next scan or mail goes by them."""

from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.utils import make_msgid

import pytest

from services.ingest.polling import hasten
from shared.settings import ProcessSettings
from tests.installation import TENANT, environment_of
from tests.system.shell import Shell
from tests.walk.letters import ANN, letter
from tests.walk.telling import cursor_of
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4
INLINE = (
    "For you.\n\n---------- Forwarded message ---------\nFrom: Ingrid Dahl <ingrid@bank.example>\n"
    "Date: Mon, Nov 16, 2026 at 11:02 AM\nSubject: VPN drops\nTo: <nora@partner.example>\n\n\n"
    "It drops every ten minutes.\n"
)


def with_file(content: bytes, name: str, kind: str) -> bytes:
    """Write a mail with one file, under the name and the type that its sender says."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = ANN, "support@helpdesk.example", "A file"
    mail["Message-ID"] = make_msgid(domain="firm.example")
    mail.set_content("See the file.")
    main, _, sub = kind.partition("/")
    mail.add_attachment(content, main, sub, filename=name)
    return mail.as_bytes()


async def file_of(walk: Walk, mailbox: Mailbox, content: bytes, name: str, kind: str) -> Json:
    """Let a mail with a file arrive; return what the ticket tells of the file."""
    number = await walk.ticket_of(mailbox.receives(with_file(content, name, kind)))
    (post,) = await walk.timeline(number, "mail_in")
    (file,) = post["files"]
    found: Json = file
    return found


@pytest.mark.option("allowed_mime_types")
async def test_a_type_gets_its_warning_by_its_content_as_the_list_says(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    for allowed, decision in (
        (["image/*"], "kept"),
        ("application/pdf, text/*", "warned"),
        (["image/png"], "kept"),
    ):
        await walk.options(allowed_mime_types=allowed)
        # it lies about its type: a PDF by its name and by what its sender declares
        file = await file_of(walk, mailbox, PNG, "invoice.pdf", "application/pdf")
        assert (file["media_type"], file["decision"]) == ("image/png", decision)


@pytest.mark.option("max_file_size")
async def test_a_file_above_the_size_is_not_kept_and_one_of_exactly_the_size_is(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    for limit, decision in (
        (len(PNG), "kept"),
        (len(PNG) - 1, "ignored"),
        ("1 KB", "ignored"),
        ("2KB", "kept"),
    ):
        await walk.options(max_file_size=limit)
        file = await file_of(walk, mailbox, PNG, "a.png", "image/png")
        assert (file["size"], file["decision"]) == (len(PNG), decision)
    await walk.options(max_file_size="25MB")
    assert (await walk.read("/settings"))["max_file_size"] == 25_000_000


@pytest.mark.option("mail_forwarding_domains")
@pytest.mark.parametrize(
    ("domains", "sender", "contact"),
    [
        ([], "nora@partner.example", "nora@partner.example"),
        (["partner.example"], "nora@partner.example", "ingrid@bank.example"),
        (["partner.example"], "nora@east.partner.example", "nora@east.partner.example"),
        (["*.partner.example"], "nora@east.partner.example", "ingrid@bank.example"),
        (["*.partner.example"], "nora@partner.example", "nora@partner.example"),
    ],
    ids=["none", "listed", "subdomain of a listed one", "every subdomain", "subdomains alone"],
)
async def test_a_forward_belongs_to_whom_the_list_says(
    walk: Walk, domains: list[str], sender: str, contact: str
) -> None:
    mailbox = await walk.mailbox()
    await walk.options(mail_forwarding_domains=domains)
    number = await walk.ticket_of(mailbox.receives(letter("Fwd: VPN drops", INLINE, sender=sender)))
    assert (await walk.ticket(number))["contact"]["address"] == contact


@pytest.mark.option("mail_scan_frequency")
async def test_a_mailbox_is_scanned_as_often_as_wanted_by_now(walk: Walk, settings: ProcessSettings) -> None:
    shell = Shell(environment_of(settings, walk.installation.sandbox))
    await walk.options(mail_scan_frequency=60)
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    before = await cursor_of(walk, mailbox)
    assert before.due_at - before.last_scan_at == 60 * MINUTE
    assert "inside its cooldown" in (await shell.run("scan", TENANT, mailbox.address))[1]
    await walk.options(mail_scan_frequency=10)
    await hasten(walk.installation.house.units("ingest"))
    assert (await cursor_of(walk, mailbox)).due_at - before.last_scan_at == 10 * MINUTE
    await walk.later(11 * MINUTE)

    async def scanned() -> bool:
        return bool((await cursor_of(walk, mailbox)).last_scan_at > before.last_scan_at)

    await walk.installation.until(scanned, "the mailbox is scanned again")
    await walk.options(mail_scan_frequency=30)
    await walk.later(11 * MINUTE)
    await walk.installation.until(lambda: _rests(walk, mailbox, 30 * MINUTE), "it rests longer again")


async def test_a_mailbox_that_nobody_wants_scanned_is_not_hastened(walk: Walk) -> None:
    await walk.options(mail_scan_frequency=60)
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    await walk.installation.switch_off(mailbox.id)
    before = await cursor_of(walk, mailbox)
    await walk.options(mail_scan_frequency=1)
    await hasten(walk.installation.house.units("ingest"))
    assert (await cursor_of(walk, mailbox)).due_at == before.due_at


async def _rests(walk: Walk, mailbox: Mailbox, how_long: timedelta) -> bool:
    row = await cursor_of(walk, mailbox)
    return bool(row.due_at - row.last_scan_at == how_long)
