"""Mail by triggers to everybody around a ticket, with what the customer had sent along."""

from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from pydantic import JsonValue

from tests.walk.letters import read
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def with_a_plan(to: str) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Cc"] = "Ann <ann@firm.example>", to, "Bo <bo@firm.example>"
    mail["Subject"], mail["Message-ID"] = "The plan of the house", make_msgid(domain="firm.example")
    mail.set_content("See the plan.")
    mail.add_attachment(PDF, maintype="application", subtype="pdf", filename="plan.pdf")
    return mail.as_bytes()


async def test_a_mail_goes_to_all_who_take_part_in_copy_to_another_with_the_attachment(walk: Walk) -> None:
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": "The plan of the house"}
    when: dict[str, JsonValue] = {"type": "NEW_TICKET_CREATED", "kinds": "external"}
    params: dict[str, JsonValue] = {
        "recipient": "participants",
        "cc": ["architect@works.example"],
        "subject": "We have it",
        "body": "Thank you, {{ contact.name }}.",
        "attach": True,
    }
    await walk.installation.add_trigger(when, "send_email", params, only)
    mailbox = await walk.mailbox()
    await walk.ticket_of(mailbox.receives(with_a_plan(mailbox.address)))
    (sent,) = await walk.left(mailbox)
    mail = read(sent.raw)
    assert ("ann@firm.example" in str(mail["To"]), "bo@firm.example" in str(mail["To"])) == (True, True)
    assert "architect@works.example" in str(mail["Cc"])
    (file,) = mail.iter_attachments()
    assert (file.get_filename(), file.get_content()) == ("plan.pdf", PDF)
