"""Operations: the five services with what they did and what waits, and a place for every mail."""

import re
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from services.desk.desk import Desk
from shared.messaging.parked import ParkedMessage
from shared.storage import ingest, messages
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House


class Returned:
    def __init__(self) -> None:
        self.messages: list[ParkedMessage] = []

    async def replay(self, message: ParkedMessage) -> None:
        self.messages.append(message)

    async def unready(self) -> str | None:
        return None

    async def queued(self) -> None:
        """There is no broker."""


# Any: columns of the table
async def mail(house: House, mailbox: UUID, state: str, *, placed: bool = False, **values: Any) -> UUID:
    one = uuid4()
    facts = {
        "provider_id": str(one),
        "listed_at": NOW - timedelta(hours=3),
        "stored_at": NOW - timedelta(hours=3),
    }
    await house.add(ingest.mails, id=one, tenant="default", mailbox=mailbox, state=state, **facts | values)
    if placed:
        place = {"outcome": "new", "reason": "no reference", "document": "d", "at": NOW}
        await house.add(tables.placements, mail=one, tenant="default", **place)
    return one


async def test_a_mail_that_is_nowhere_is_a_difference_with_a_link_to_it(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test")
    await mail(house, mailbox, "settled", placed=True)
    await mail(house, mailbox, "ignored")
    await mail(house, mailbox, "settled", stored_at=NOW - timedelta(minutes=5))
    day = f"{NOW - timedelta(hours=3):%Y-%m-%d}"
    page = (await eva.get("/operations")).text
    assert f"/operations/missing/{mailbox}/{day}" not in page
    lost = await mail(house, mailbox, "settled")
    page = (await eva.get("/operations")).text
    assert f"/operations/missing/{mailbox}/{day}" in page
    assert "1 mail of the last days has no place" in page
    missing = (await eva.get(f"/operations/missing/{mailbox}/{day}")).text
    assert re.findall(r'href="/mails/([^"]+)"', missing) == [str(lost)]


async def test_each_service_shows_what_it_did_what_waits_and_what_is_parked(
    house: House, eva: Browser
) -> None:
    for minutes in (10, 20, 300):
        at = NOW - timedelta(minutes=minutes)
        row = {"queue": "ticketing.mail.parsed.v1", "message_id": uuid4(), "handled_at": at}
        await house.add(messages.inbox, tenant="default", **row)
    waits = {"queue": "mailer.mail.send.v1", "contract": "mail.send.v1", "message_id": uuid4(), "body": "{}"}
    await house.add(messages.deliveries, tenant="default", due_at=NOW - timedelta(minutes=7), **waits)
    facts = {"body": b"{}", "headers": {}, "error": "why", "attempts": 5, "parked_at": NOW}
    queue = "triggers.ticket.created.v1"
    await house.add(messages.parked, id=uuid4(), tenant="default", queue=queue, contract="x", **facts)
    boxes = [
        " ".join(re.sub("<[^>]+>", " ", box).split())
        for box in re.findall(r"<h2>\w+</h2>.*?</li>", (await eva.get("/operations")).text, re.DOTALL)
    ]
    said = {box.partition(" ")[0]: box for box in boxes}
    assert "2 in the last hour 3 in 24 hours Nothing waits" in said["Ticketing"]
    assert "2 in the last hour 3 in 24 hours" in said["Parser"]
    assert "1 waits, the oldest 7" in said["Mailer"]
    assert "1 parked" in said["Triggers"]
    assert "0 in the last hour" in said["Ingest"]


async def test_a_parked_message_says_what_its_replay_would_change_and_many_go_back_at_once(
    house: House, desk: Desk, eva: Browser
) -> None:
    transport = Returned()
    object.__setattr__(desk, "transport", transport)
    queue, done = "ticketing.mail.parsed.v1", uuid4()
    rows = {"fresh": (queue, str(uuid4())), "handled": (queue, str(done)), "old": ("old.x", None)}
    ids = {}
    for name, (where, message) in rows.items():
        ids[name] = uuid4()
        facts = {"body": b"{}", "headers": {}, "error": name, "attempts": 5, "parked_at": NOW}
        await house.add(
            messages.parked, id=ids[name], tenant="default", queue=where, message_id=message, **facts
        )
    await house.add(messages.inbox, tenant="default", queue=queue, message_id=done, handled_at=NOW)
    page = (await eva.get("/operations")).text
    assert "It is handled for the first time, by ticketing." in page
    assert "Nothing: it was handled since" in page
    assert "Nothing reads its queue any more" in page
    answer = await eva.post("/operations/parked/replay", parked=[str(ids["fresh"]), str(ids["handled"])])
    assert answer.status_code == 303
    assert {message.id for message in transport.messages} == {ids["fresh"], ids["handled"]}
    assert [row["error"] for row in await house.rows(messages.parked)] == ["old"]
    assert (await eva.post("/operations/parked/replay")).status_code == 422
