"""A full walk through every fault: no mail is lost, none is there twice, none is sent twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from postroom.demo.accounting import is_placed
from sandbox.journal import SentMail
from sandbox.knobs import Knobs
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from shared.storage.tickets import posts
from tests.installation import TENANT
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk
from tests.walk.weather import CASES, Case

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
MANY = 4
PATIENCE_SECONDS = 90


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def trigger(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()


async def all_placed(walk: Walk, arrived: Sequence[str]) -> list[int]:
    """Let time pass until every mail is on a ticket; return their numbers."""

    async def so() -> bool:
        async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
            if all([await is_placed(db, mail) for mail in arrived]):
                return True
        await walk.later(MINUTE)
        return False

    await walk.installation.until(so, "every mail is placed", PATIENCE_SECONDS, scanning=True)
    return [await walk.ticket_of(mail) for mail in arrived]


async def all_left(walk: Walk, mailbox: Mailbox, many: int) -> list[SentMail]:
    """Let time pass until so many mails have left, and nothing else is on its way."""

    async def so() -> bool:
        if len(mailbox.sent()) >= many:
            return True
        await walk.later(MINUTE)
        return False

    await walk.installation.until(so, f"{many} mails left", PATIENCE_SECONDS)
    await walk.rest(passing=MINUTE)
    return mailbox.sent()


def answer_to(sent: SentMail, walk: Walk) -> bytes:
    """Answer as a customer's client does, by the id that the mail reached them under."""
    named = f"<{sent.internet_message_id.strip(' <>')}>"
    return letter("Thanks", "And now?", sender=sent.recipients[0], at=walk.clock(), in_reply_to=named)


@pytest.mark.parametrize("case", [case for case in CASES if not case.told], ids=lambda case: case.name)
async def test_mail_walks_through(walk: Walk, case: Case) -> None:
    async with walk.mailbox_of_its_own(**(walk.app() if case.name == "token" else {})) as mailbox:
        await walks_through(walk, mailbox, case)


async def walks_through(walk: Walk, mailbox: Mailbox, case: Case) -> None:
    """Let mail arrive, be answered, answered again, and answered by a person, in this weather."""
    mailbox.becomes(case.knobs)
    for fault in case.faults:
        mailbox.breaks(fault)
    people = [f"c{number}@{case.name.replace('_', '-')}.example" for number in range(MANY)]
    vanishing = [mailbox.receives(letter(subject)) for subject in case.vanishing]
    arrived = [mailbox.receives(letter(f"From {person}", sender=person)) for person in people]
    if case.lifted:
        await walk.installation.until(lambda: stands_failing(walk, mailbox), "the desk tells")
        mailbox.becomes(Knobs())
    numbers = await all_placed(walk, arrived)
    assert len(set(numbers)) == MANY
    first = await all_left(walk, mailbox, MANY)
    assert Counter(sent.recipients for sent in first) == Counter((person,) for person in people)

    answers = [mailbox.receives(answer_to(sent, walk)) for sent in first]
    by_person = dict(zip(people, numbers, strict=True))
    assert await all_placed(walk, answers) == [by_person[sent.recipients[0]] for sent in first]
    await walk.ask("POST", f"/tickets/{numbers[0]}/replies", {"text": "It is repaired."})
    last = await all_left(walk, mailbox, MANY + 1)
    assert len(last) == MANY + 1

    of_mailbox = select(mails.c.id).where(mails.c.mailbox == mailbox.id)
    ((kept,),) = await walk.installation.rows(select(func.count()).where(posts.c.mail.in_(of_mailbox)))
    assert kept == 2 * MANY + case.bounces
    log = Counter((event.kind, event.item) for event in mailbox.sandbox.log(mailbox.address))
    assert all(log["read", mail] == 1 for mail in (*arrived, *answers)), "each was settled once"
    assert [(await walk.ledger(mail))["state"] for mail in vanishing] == ["gone"] * len(vanishing)


async def stands_failing(walk: Walk, mailbox: Mailbox) -> bool:
    await walk.later(MINUTE)
    return bool((await walk.standing(mailbox))["state"] == "failing")
