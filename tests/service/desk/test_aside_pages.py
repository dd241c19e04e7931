"""What stands aside on pages of its own: mail in quarantine and held, and messages that were given up."""

import json
from uuid import uuid4

from sqlalchemy import update

from services.desk.desk import Desk
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.parked import ParkedMessage
from shared.storage import config, ingest, messages
from tests.service.desk.conftest import NOW, Browser, House


async def test_quarantine_names_the_reason_and_hands_out_the_bytes(house: House, eva: Browser) -> None:
    mail, blob = uuid4(), await house.blobs.put("default", b"raw bytes")
    facts = {"state": "quarantined", "reason": "memory", "blob": blob, "size": 9, "listed_at": NOW}
    mailbox = await house.mailbox("help@acme.test")
    await house.add(ingest.mails, id=mail, tenant="default", mailbox=mailbox, provider_id="p", **facts)
    assert "Reading it took too much memory." in (await eva.get("/quarantine")).text
    assert (await eva.get(f"/mails/{mail}/raw")).content == b"raw bytes"
    assert "quarantined" in (await eva.get(f"/mails/{mail}")).text


async def test_a_mail_in_quarantine_shows_its_header_and_none_of_its_body(house: House, eva: Browser) -> None:
    raw = b"Subject: <b>Broken</b>\r\nX-Odd: \xff\x00\r\n\r\nThe body"
    mail, blob = uuid4(), await house.blobs.put("default", raw)
    facts = {"state": "quarantined", "reason": "crash", "blob": blob, "size": 9, "listed_at": NOW}
    mailbox = await house.mailbox("help@acme.test")
    await house.add(ingest.mails, id=mail, tenant="default", mailbox=mailbox, provider_id="p", **facts)
    page = (await eva.get(f"/quarantine/{mail}")).text
    assert "Subject: &lt;b&gt;Broken&lt;/b&gt;" in page
    assert "The body" not in page
    assert (await eva.get(f"/quarantine/{uuid4()}")).status_code == 404


async def test_scan_now_asks_ingest_and_a_mailbox_that_is_off_is_not_scanned(
    house: House, eva: Browser
) -> None:
    mailbox = await house.mailbox("help@acme.test")
    assert (await eva.post(f"/mailboxes/{mailbox}/scan")).headers["location"] == "/mailboxes?said=scanning"
    [asked] = await house.rows(messages.outbox)
    assert (asked["contract"], json.loads(asked["body"])["mailbox"]) == ("mailbox.wake.v1", str(mailbox))
    async with house.owner.begin() as db:
        await db.execute(update(config.mailboxes).values(enabled=False))
    assert (await eva.post(f"/mailboxes/{mailbox}/scan")).status_code == 409
    assert (await eva.post(f"/mailboxes/{uuid4()}/scan")).status_code == 404


async def test_held_mail_is_grouped_by_recipient_and_says_how_many_go_at_once(
    house: House, eva: Browser
) -> None:
    ticket = await house.ticket(4711)
    for _ in range(2):
        await house.mail_out(ticket, "held")
    page = (await eva.get("/outgoing")).text
    assert "anna@example.test: 2 held since" in page
    assert "Release 2 mails" in page


class Returned:
    """A transport that remembers what was put back."""

    def __init__(self) -> None:
        self.messages: list[ParkedMessage] = []

    async def replay(self, message: ParkedMessage) -> None:
        self.messages.append(message)

    async def unready(self) -> str | None:
        return None

    async def queued(self) -> None:
        """There is no broker."""


async def test_parked_messages_go_back_or_away_and_only_ours(house: House, desk: Desk, eva: Browser) -> None:
    transport = Returned()
    object.__setattr__(desk, "transport", transport)
    await house.tenant("other")
    ours, dropped, theirs = uuid4(), uuid4(), uuid4()
    for parked, tenant in ((ours, "default"), (dropped, "default"), (theirs, "other")):
        facts = {"body": b"{}", "headers": {}, "error": f"why {tenant}", "attempts": 5, "parked_at": NOW}
        await house.add(messages.parked, id=parked, tenant=tenant, queue="mailer.x", contract="x", **facts)
    page = (await eva.get("/operations")).text
    assert "why default" in page
    assert "why other" not in page
    assert (await eva.post(f"/operations/parked/{ours}/replay")).status_code == 303
    assert (await eva.post(f"/operations/parked/{dropped}/drop")).status_code == 303
    for act in ("replay", "drop"):
        assert (await eva.post(f"/operations/parked/{theirs}/{act}")).status_code == 404
    assert [message.id for message in transport.messages] == [ours]
    assert [row["id"] for row in await house.rows(messages.parked)] == [theirs]


async def test_a_parked_message_of_a_queue_that_nobody_reads_stays_parked(
    house: House, desk: Desk, eva: Browser
) -> None:
    object.__setattr__(desk, "transport", EmbeddedTransport(desk.engine))
    facts = {"body": b"{}", "headers": {}, "error": "why", "attempts": 5, "parked_at": NOW}
    await house.add(
        messages.parked, id=(old := uuid4()), tenant="default", queue="old.x", contract="x", **facts
    )
    answer = await eva.post(f"/operations/parked/{old}/replay")
    assert answer.status_code == 409
    assert "nothing reads the queue old.x" in answer.text
    assert [row["id"] for row in await house.rows(messages.parked)] == [old]


async def test_a_parked_message_of_a_tenant_that_does_not_exist_is_seen(house: House, eva: Browser) -> None:
    facts = {"body": b"{}", "headers": {}, "error": "blob_missing", "attempts": 1, "parked_at": NOW}
    stray = uuid4()
    await house.add(messages.parked, id=stray, tenant="nowhere", queue="parser.x", contract="x", **facts)
    page = (await eva.get("/operations")).text
    assert "blob_missing" in page
    assert "names no tenant that exists" in page
    assert (await eva.post(f"/operations/parked/{stray}/drop")).status_code == 404
