"""Forwarded mail belongs to whom it is of, when the forwarder is of a domain in `mail_forwarding_domains`."""

from email import policy
from email.message import EmailMessage

import pytest
import pytest_asyncio

from tests.walk.letters import letter, read
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

NORA = "Nora Lind <nora@partner.example>"
INGRID = {"address": "ingrid@bank.example", "name": "Ingrid Dahl"}
ORIGINAL = letter("VPN drops", "It drops every ten minutes.", sender="Ingrid Dahl <ingrid@bank.example>")
INLINE = (
    "For you.\n\n---------- Forwarded message ---------\nFrom: Ingrid Dahl <ingrid@bank.example>\n"
    "Date: Mon, Nov 16, 2026 at 11:02 AM\nSubject: VPN drops\nTo: <nora@partner.example>\n\n\n"
    "It drops every ten minutes.\n"
)


def attached(sender: str) -> bytes:
    """Forward the original as an attached mail."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, "support@helpdesk.example", "FW: VPN drops"
    mail["Message-ID"] = f"<attached.{sender.partition('<')[2]}"
    mail.set_content("For you.")
    mail.add_attachment(read(ORIGINAL))
    return mail.as_bytes()


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def domains(walk: Walk) -> None:
    await walk.options(mail_forwarding_domains=["partner.example"])


@pytest.mark.parametrize(
    "raw", [letter("Fwd: VPN drops", INLINE, sender=NORA), attached(NORA)], ids=["inline", "attached"]
)
async def test_the_ticket_is_of_the_original_sender_and_they_get_the_reply(walk: Walk, raw: bytes) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(raw))
    ticket = await walk.ticket(number)
    assert (ticket["contact"], ticket["subject"], ticket["kind"]) == (INGRID, "VPN drops", "external")
    (post,) = await walk.timeline(number)
    assert (post["author"], post["text"].strip()) == (INGRID, "It drops every ten minutes.")
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "We look into it."})
    (sent,) = await walk.left(mailbox)
    assert sent.recipients[0] == INGRID["address"]


async def test_a_forward_from_any_other_domain_belongs_to_who_sent_it(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    raw = letter("Fwd: VPN drops", INLINE, sender="Nora Lind <nora@other.example>")
    number = await walk.ticket_of(mailbox.receives(raw))
    assert (await walk.ticket(number))["contact"]["address"] == "nora@other.example"
