"""A mail that we pass on stands on the ticket and answers nobody; one that opens it is no note."""

from uuid import uuid4

from shared.contracts.mail import Address
from shared.contracts.sending import MailAccepted
from shared.contracts.tickets import OpenTicket
from shared.storage import tickets as tables
from tests.service.ticketing.conftest import EVA, Counter

BEA = Address(address="bea@other.test", name="Bea")


async def test_after_a_forward_the_customer_still_waits(counter: Counter) -> None:
    await counter.receives("Printer")
    before = await counter.ticket(1)
    accepted = MailAccepted(
        tenant="default", outgoing=uuid4(), ticket=before["id"], message_id="out@acme.test",
        written_by="person", actor=EVA, to=(BEA,), subject="Fwd: Printer",
        body=await counter.draft("Look."), forwards=True,
    )  # fmt: skip
    await counter.hears(accepted)
    after = await counter.ticket(1)
    assert [after[name] for name in ("status", "waiting_since")] == [
        before["status"],
        before["waiting_since"],
    ]
    assert accepted.outgoing in {row["outgoing"] for row in await counter.rows(tables.posts)}


async def test_a_ticket_opened_by_a_mail_has_no_note_of_it(counter: Counter) -> None:
    body = await counter.draft("It is ready.")
    command = OpenTicket(tenant="default", subject="Badge", body=body, contact=BEA, actor=EVA, mailed=True)
    assert (await counter.hears(command))["number"] == 1
    assert await counter.rows(tables.posts) == []
