"""A new mail is answered by a trigger, and what the customer answers joins the ticket."""

from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio

from sandbox.knobs import Knobs
from shared.contracts.thread_tokens import read_token
from tests.walk.letters import answer, letter, message_id_of, read, text_of
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def trigger(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()


async def test_the_automatic_answer_leaves_in_the_thread_and_says_that_it_is_automatic(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    raw = letter("Printer on fire")
    number = await walk.ticket_of(mailbox.receives(raw))
    (sent,) = await walk.left(mailbox)
    ours, theirs = read(sent.raw), f"<{message_id_of(raw)}>"
    assert sent.recipients == ("ann@firm.example",)
    assert (ours["From"].addresses[0].addr_spec, ours["Subject"]) == (
        mailbox.address,
        f"Re: Printer on fire [#{number}]",
    )
    assert (ours["In-Reply-To"], ours["References"]) == (theirs, theirs)
    assert (ours["Auto-Submitted"], ours["X-Auto-Response-Suppress"]) == ("auto-generated", "All")
    assert "Hello Ann Archer, we have your mail." in text_of(sent.raw)


async def test_the_message_id_of_what_leaves_is_signed_and_names_its_ticket(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("No toner")))
    (sent,) = await walk.left(mailbox)
    keys = dict(walk.installation.house.keys.thread().keys)
    named = read_token(message_id_of(sent.raw), keys)
    assert named is not None
    assert named.ticket == UUID((await walk.ticket(number))["id"])
    assert read_token(message_id_of(sent.raw), dict.fromkeys(keys, bytes(32))) is None


@pytest.mark.parametrize(
    ("knobs", "why"),
    [
        (Knobs(), "it answers a mail that we signed"),
        (Knobs(rewrite_message_id=True), "it answers a mail of this ticket"),
    ],
    ids=["our Message-ID", "a Message-ID that Exchange has rewritten"],
)
async def test_the_answer_to_our_answer_joins_the_ticket(walk: Walk, knobs: Knobs, why: str) -> None:
    mailbox = await walk.mailbox()
    mailbox.becomes(knobs)
    number = await walk.ticket_of(mailbox.receives(letter("Paper jam")))
    (sent,) = await walk.left(mailbox)
    keys = walk.installation.house.keys.thread().keys
    assert (read_token(message_id_of(sent.raw), keys) is None) is knobs.rewrite_message_id
    await walk.later(timedelta(minutes=2))
    joined = await walk.passport(mailbox.receives(answer(sent, "It jams again.", at=walk.clock())))
    placed = joined["placement"]
    assert (placed["outcome"], placed["ticket"], placed["reason"]) == ("append", number, why)
    posts = [(post["kind"], post["text"].strip()) for post in await walk.timeline(number)]
    assert posts == [
        ("mail_in", "It smokes."),
        ("mail_out", "Hello Ann Archer, we have your mail."),
        ("mail_in", "It jams again."),
    ]
    await walk.left(mailbox)
