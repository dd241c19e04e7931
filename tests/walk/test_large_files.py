"""An answer with a large file goes up range by range; whatever gets lost, it leaves once and whole."""

import random
from hashlib import sha256
from uuid import uuid4

import pytest
from sqlalchemy import select

from sandbox.knobs import Fault, Knobs
from shared.contracts.mail import MailFile
from shared.contracts.sending import Draft, SendMail, WrittenBody
from shared.contracts.tickets import Actor, TicketSnapshot
from shared.storage.tickets import tickets
from shared.storage.triggers import events
from tests.installation import TENANT
from tests.walk.letters import letter, read
from tests.walk.test_every_fault import MINUTE, all_left
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

CONTENT = random.Random(7).randbytes(4_500_000)  # noqa: S311 - nothing secret


async def answers(walk: Walk, number: int) -> None:
    """Let a person answer a ticket with a file."""
    asked = select(events.c.payload).join(tickets, tickets.c.id == events.c.ticket)
    (row,) = await walk.installation.rows(asked.where(tickets.c.number == number))
    ticket = TicketSnapshot.model_validate(row.payload["ticket"])
    assert ticket.contact_address is not None
    house = walk.installation.house
    words = await house.blobs.put(TENANT, Draft(text="Here it is.").model_dump_json().encode())
    await house.blobs.put(TENANT, CONTENT)
    file = MailFile(
        name="log.bin", size=len(CONTENT), sha256=sha256(CONTENT).hexdigest(),
        media_type="application/octet-stream", declared_type="application/octet-stream",
    )  # fmt: skip
    async with house.units("desk").acting(TENANT) as unit:
        unit.emit(
            SendMail(
                tenant=TENANT,
                ticket=ticket,
                effect=uuid4(),
                written_by="person",
                actor=Actor(user=None, name="Eva"),
                to=(ticket.contact_address,),
                subject="The log",
                body=WrittenBody(blob=words),
                files=(file,),
            )
        )


BROKEN = tuple(
    Fault.model_validate({"match": "upload", "status": status, "retry_after": 1, "seconds": 0.2})
    for status in (404, 503, "drop", "html")
)


@pytest.mark.parametrize(
    ("knobs", "faults"),
    [
        (Knobs(seed=1, lost_ranges=0.5), ()),
        (Knobs(seed=2, lost_ranges=0.7), ()),
        (Knobs(seed=3, foreign_links=0.5), ()),
        (Knobs(), BROKEN),
    ],
    ids=["lost", "lost often", "strangers", "faults"],
)
async def test_a_large_file_leaves_once_and_whole(
    walk: Walk, knobs: Knobs, faults: tuple[Fault, ...]
) -> None:
    async with walk.mailbox_of_its_own() as mailbox:
        number = await walk.ticket_of(mailbox.receives(letter("The log, please", to=mailbox.address)))
        mailbox.becomes(knobs)
        for fault in faults:
            mailbox.breaks(fault)
        await answers(walk, number)
        (sent,) = await all_left(walk, mailbox, 1)
        (file,) = read(sent.raw).iter_attachments()
        assert file.get_payload(decode=True) == CONTENT
        await walk.later(MINUTE)
        await walk.rest()
        assert len(mailbox.sent()) == 1
        inside = [event.kind for event in mailbox.sandbox.log(mailbox.address)]
        assert inside.count("drafted") == inside.count("deleted") + 1, "no draft was left behind"
