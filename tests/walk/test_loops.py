"""Programs outside that answer everything: each loop has an end, and what people write goes out."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

import pytest
import pytest_asyncio

from sandbox.journal import SentMail
from services.mailer.guards import MOST, Guard
from tests.walk.letters import letter, read, text_of
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

ROUNDS = 40
"""More than any budget of one pair lets through."""
THRESHOLD = 5
Responder = Callable[[SentMail, int, str], bytes]


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def both_triggers(walk: Walk) -> None:
    await walk.options(mail_send_threshold=THRESHOLD)
    await walk.installation.answer_new_and_changed()


@dataclass(frozen=True)
class Kind:
    """A program outside, and how many automatic mails it gets from us at most."""

    name: str
    answers: Responder
    most: int


def answering(subject: str, **fields: str) -> Responder:
    def answer(ours: SentMail, nth: int, sender: str) -> bytes:
        answered = str(read(ours.raw)["Message-ID"])
        words = f"I am away, answer {nth}."
        return letter(subject, words, sender=sender, at=None, in_reply_to=answered, **fields)

    return answer


def bare(ours: SentMail, nth: int, sender: str) -> bytes:
    """Nothing tells that a program wrote it, and nothing what it answers."""
    return letter(f"Thoughts number {nth}", f"Mail of {len(ours.raw)} bytes came.", sender=sender)


def other_numbers(ours: SentMail, nth: int, sender: str) -> bytes:
    """A helpdesk with an address per ticket, and its own number in the subject."""
    local, _, domain = sender.partition("@")
    words = f"Mail of {len(ours.raw)} bytes came."
    return letter(f"[Ticket #{9000 + nth}] Your request", words, sender=f"{local}+{nth}@{domain}")


KINDS = (
    Kind("RFC 3834", answering("Re: yours", auto_submitted="auto-replied"), 1),
    Kind("Precedence", answering("Re: yours", precedence="auto_reply"), 1),
    Kind("Outlook", answering("Automatic reply: yours", x_auto_response_suppress="All"), 1),
    Kind("without a sign", bare, THRESHOLD),
    Kind("another helpdesk", other_numbers, MOST[Guard.PAIR]),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
async def test_a_program_outside_that_answers_everything_gets_no_more_than_the_budget(
    walk: Walk, kind: Kind
) -> None:
    mailbox = await walk.mailbox()
    sender = f"{uuid4().hex}@{uuid4().hex}.example"
    first = mailbox.receives(letter("First", sender=sender))
    number = await walk.ticket_of(first)
    answered = 0
    for _ in range(ROUNDS):
        await walk.rest()
        sent = mailbox.sent()
        if len(sent) == answered:
            break
        for ours in sent[answered:]:
            answered += 1
            await walk.passport(mailbox.receives(kind.answers(ours, answered, sender)))
    await walk.rest()
    automatic = len(mailbox.sent())
    assert 1 <= automatic <= kind.most
    assert len(await incidents(walk, sender)) == (automatic > 1)
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "A person writes."})
    await walk.installation.until(lambda: person_wrote(mailbox), "the person's mail left")


async def person_wrote(mailbox: Mailbox) -> bool:
    return any("A person writes." in text_of(mail.raw) for mail in mailbox.sent())


async def incidents(walk: Walk, sender: str) -> list[Json]:
    local = sender.partition("@")[0]
    return [one for one in await walk.listed("/sending-incidents") if one["address"].startswith(local)]
