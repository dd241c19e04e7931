"""Automatic mail spares whom it must not reach; what people write goes, with a warning where one is due."""

from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio

from sandbox.knobs import Knobs
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

CAME_BACK = "automatic mail is not sent: mail to it came back as undeliverable"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def triggers(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()
    await walk.installation.add_trigger(
        {"type": "NEW_TICKET_CREATED", "kinds": "both"},
        "change_field",
        {"field": "priority", "value": "high"},
    )
    await walk.installation.add_trigger(
        {"type": "TICKET_FIELD_CHANGE", "field": "priority"},
        "send_email",
        {"subject": "Priority", "body": "It is {{ ticket.priority }} now."},
    )


async def out_of(walk: Walk, number: int) -> list[tuple[str, str | None]]:
    """Return state and reason of each mail that a ticket shows."""
    posts: list[dict[str, Any]] = await walk.timeline(number, "mail_out")
    return [(post["sending"]["state"], post["sending"]["reason"]) for post in posts]


async def test_an_address_that_bounced_gets_no_automatic_mail_until_a_person_says_so(walk: Walk) -> None:
    mailbox, gone = await walk.mailbox(), f"gone-{uuid4().hex}@firm.example"
    mailbox.becomes(Knobs(ndr=("gone-*",)))
    await walk.ticket_of(mailbox.receives(letter("First", sender=gone)))
    await walk.installation.until(lambda: blocked(walk, gone), "the address is blocked", scanning=True)
    await walk.rest()
    left = len(mailbox.sent())
    number = await walk.ticket_of(mailbox.receives(letter("Second", sender=gone)))
    await walk.rest()
    assert await out_of(walk, number) == [("cancelled", CAME_BACK)] * 2
    posts = await walk.timeline(number, "mail_out")
    assert {post["sending"]["code"] for post in posts} == {"address_blocked"}
    assert len(mailbox.sent()) == left
    mailbox.becomes(Knobs())
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Here I am."})
    await walk.left(mailbox, left + 1)
    (_, _, reply) = await walk.timeline(number, "mail_out")
    assert reply["sending"]["warning"] == "mail to one of its addresses came back lately"
    await walk.ask("DELETE", f"/blocked-addresses/{gone}")
    assert (await walk.desk.delete(f"/api/v1/blocked-addresses/{gone}")).status_code == 404
    await walk.ticket_of(mailbox.receives(letter("Third", sender=gone)))
    await walk.left(mailbox, left + 3)


async def blocked(walk: Walk, address: str) -> bool:
    return address in {one["address"] for one in await walk.listed("/blocked-addresses")}


async def test_nothing_that_descends_from_automatic_mail_is_sent_outside(walk: Walk) -> None:
    """An automatic mail has its priority changed like others, which sets off a trigger that would write."""
    mailbox = await walk.mailbox()
    sender = f"{uuid4().hex}@firm.example"
    sent = mailbox.receives(letter("Away", sender=sender, auto_submitted="auto-replied"))
    number = await walk.ticket_of(sent)
    await walk.rest()
    assert (await walk.ticket(number))["priority"] == "high"
    assert await out_of(walk, number) == [
        ("cancelled", "automatic mail is not sent: it would answer automatic mail (auto_reply)")
    ]
    assert mailbox.sent() == []
