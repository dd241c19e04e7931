"""A mail in quarantine of which a person makes no ticket: asked for, told, and still there."""

import json
from uuid import UUID, uuid4

from shared.storage import ingest, messages
from tests.service.desk.conftest import NOW, Browser, House


async def put_aside(house: House, **values: object) -> UUID:
    mail, mailbox = uuid4(), await house.mailbox("help@acme.test")
    blob = await house.blobs.put("default", b"Subject: Odd\r\n\r\nWords")
    facts = {"state": "quarantined", "reason": "crash", "blob": blob, "size": 9, "listed_at": NOW} | values
    await house.add(ingest.mails, id=mail, tenant="default", mailbox=mailbox, provider_id="p", **facts)
    return mail


async def test_dropping_asks_first_and_is_a_command_to_ingest(house: House, eva: Browser) -> None:
    mail = await put_aside(house)
    for page in ("/quarantine", f"/quarantine/{mail}"):
        text = (await eva.get(page)).text
        assert "Drop…" in text
        assert "can still be retried" in text
    key = uuid4()
    await house.answers("ingest.mail.quarantined.drop.v1", key, {"ok": True})
    answer = await eva.post(f"/quarantine/{mail}/drop", key=str(key))
    assert answer.headers["location"] == "/quarantine?said=dropped-mail"
    await eva.post(f"/quarantine/{mail}/drop", key=str(uuid4()))
    [asked] = await house.rows(messages.outbox)
    command = json.loads(asked["body"])
    assert (asked["contract"], command["mail"]) == ("mail.quarantined.drop.v1", str(mail))
    assert command["actor"]["name"] == "Eva"


async def test_a_dropped_mail_says_by_whom_and_when_and_can_be_retried(house: House, eva: Browser) -> None:
    mail = await put_aside(house, state="dropped", dropped_by="Bob", dropped_at=NOW)
    assert "No mail is stuck." in (await eva.get("/quarantine")).text
    page = (await eva.get("/quarantine?state=dropped")).text
    assert "by Bob" in page
    assert "The reader broke on it." in page
    assert f'action="/quarantine/{mail}/retry"' in page
    assert "Drop…" not in page
    assert "Dropped by Bob" in (await eva.get(f"/quarantine/{mail}")).text
    passport = (await eva.get(f"/mails/{mail}")).text
    assert "Dropped by Bob" in passport
    assert "On its way" not in passport
    assert (await eva.get(f"/mails/{mail}/raw")).content.endswith(b"Words")


async def test_a_dropped_mail_is_somewhere_and_waits_for_nobody(house: House, eva: Browser) -> None:
    await put_aside(house, state="dropped", dropped_by="Bob", dropped_at=NOW)
    page = (await eva.get("/operations")).text
    assert "All is well" in page
    assert "Dropped" in page


async def test_a_refusal_says_why(house: House, eva: Browser) -> None:
    mail, key = await put_aside(house), uuid4()
    await house.answers("ingest.mail.quarantined.drop.v1", key, {"refused": "somebody was faster"})
    answer = await eva.post(f"/quarantine/{mail}/drop", key=str(key))
    assert answer.status_code == 409
    assert "Somebody was faster" in answer.text
