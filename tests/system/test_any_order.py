"""Two thousand mails shuffled and doubled, four parsers and four ticketing workers at once: threads fall into
the tickets into which they fall one after the other."""

import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from shared.contracts.base import Message
from shared.contracts.mail import Address, MailStored, ParsingPolicy
from shared.contracts.sending import Draft, MailAccepted
from shared.contracts.thread_tokens import message_id
from shared.contracts.tickets import Actor
from shared.settings import ProcessSettings
from shared.storage.messages import parked
from shared.storage.tickets import placements, posts
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.service.placement.threads import BEGIN, thread
from tests.system.workers import Worker
from tests.walk.letters import letter

pytestmark = pytest.mark.timeout(1200)

SEED = 20261125
THREADS, EVERY, STRANGERS, DELIVERIES = 440, 4, 60, 2_000
SIDE_BY_SIDE = {"parser": 4, "ticketing": 4, "triggers": 1, "mailer": 1}
PATIENCE_SECONDS = 600
DOMAIN = "helpdesk.example"
BATCH = 100


@pytest.fixture
async def office(
    database_url: str, redis_url: str, vhost_url: str, home: Path
) -> AsyncIterator[Installation]:
    settings = ProcessSettings(
        home=home, database_url=database_url, redis_url=redis_url, broker_url=vhost_url
    )
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(installed(settings))
        await installation.set_up()
        environment = environment_of(settings, installation.sandbox) | {"POSTROOM_PARSER_WORKERS": "1"}
        for name, count in SIDE_BY_SIDE.items():
            for number in range(count):
                worker = Worker(f"services.{name}", environment, home / f"{name}{number}.log")
                stack.push_async_callback(worker.stop)
                await worker.start()
        yield installation


async def test_threads_fall_into_the_same_tickets_whoever_takes_them_when(office: Installation) -> None:
    dice = random.Random(SEED)  # noqa: S311 - repeatable is what it must be
    box = await office.add_mailbox()
    ours = await our_answers(office, box)
    threads = [thread(dice, number, ours.get(number)) for number in range(THREADS)]
    names = {raw: name for one in threads for name, raw in one.mails.items()}
    strange = [stranger(number, dice.choice([*one.mails])) for number, one in enumerate(threads[:STRANGERS])]
    mails = [*names, *strange]
    mails += dice.choices(mails, k=DELIVERIES - len(mails))
    dice.shuffle(mails)
    stored = [await kept(office, box, raw) for raw in mails]
    twice = dice.sample(stored, DELIVERIES // 10)
    await tell(office, dice.sample([*stored, *twice], len(stored) + len(twice)))
    await placed(office, len(ours) + DELIVERIES)
    found = await tickets_of(office)
    shown = [(raw, found[one.mail]) for one, raw in zip(stored, mails, strict=True) if one.mail in found]
    assert len(shown) == len({raw for raw, _ in shown}), "a mail is there twice"
    groups: dict[UUID, set[str]] = defaultdict(set)
    for raw, ticket in shown:
        groups[ticket].add(names.get(raw, "a stranger"))
    strangers = [["a stranger"] for raw, _ in shown if raw not in names]
    assert sorted(map(sorted, groups.values())) == sorted(
        [*strangers, *(sorted(one.mails) for one in threads)]
    )
    assert await office.rows(select(parked.c.id)) == []


async def our_answers(office: Installation, box: UUID) -> dict[int, str]:
    """Let every fourth thread begin with a mail of ours, on a ticket that is there; return our ids."""
    customers = {number: f"ann@firm{number}.example" for number in range(0, THREADS, EVERY)}
    roots = {
        number: await kept(office, box, letter(f"Lift {number} is stuck", sender=sender))
        for number, sender in customers.items()
    }
    await tell(office, list(roots.values()))
    await placed(office, len(roots))
    on = await tickets_of(office)
    key_id, key = next(iter(office.house.keys.thread().keys.items()))
    body = await office.house.blobs.put(TENANT, Draft(text="We come.").model_dump_json().encode())
    accepted = {
        number: MailAccepted(
            tenant=TENANT,
            outgoing=(outgoing := uuid4()),
            ticket=on[root.mail],
            message_id=message_id(outgoing, on[root.mail], DOMAIN, key_id, key),
            written_by="person",
            actor=Actor(name="Eva Stein"),
            to=(Address(address=customers[number]),),
            subject="Re: Lift",
            body=body,
        )
        for number, root in roots.items()
    }
    await tell(office, list(accepted.values()))

    async def known() -> bool:
        (row,) = await office.rows(select(func.count().label("n")).where(posts.c.kind == "mail_out"))
        return int(row.n) == len(accepted)

    await office.until(known, "our answers are shown", PATIENCE_SECONDS)
    return {number: one.message_id for number, one in accepted.items()}


def stranger(number: int, answers: str) -> bytes:
    """Write a mail of somebody who takes no part in what it answers."""
    return letter("Re: Lift", f"Pay me, {number}.", sender=f"m@evil{number}.example", in_reply_to=answers)


async def kept(office: Installation, box: UUID, raw: bytes) -> MailStored:
    """Keep a mail as ingest does."""
    return MailStored(
        tenant=TENANT,
        mail=uuid4(),
        mailbox=box,
        mailbox_address=SUPPORT,
        blob=await office.house.blobs.put(TENANT, raw),
        size=len(raw),
        received_at=BEGIN + timedelta(hours=3),
        policy=ParsingPolicy(own_addresses=(SUPPORT,)),
    )


async def tell(office: Installation, messages: Sequence[Message]) -> None:
    units = office.house.units("ingest")
    for start in range(0, len(messages), BATCH):
        async with units.acting(TENANT) as unit:
            for message in messages[start : start + BATCH]:
                unit.emit(message)


async def placed(office: Installation, count: int) -> None:
    async def done() -> bool:
        (row,) = await office.rows(select(func.count().label("n")).select_from(placements))
        return int(row.n) == count

    await office.until(done, f"{count} mails are placed", PATIENCE_SECONDS)


async def tickets_of(office: Installation) -> dict[UUID, UUID]:
    """The ticket that shows each mail that has a post."""
    rows = await office.rows(select(posts.c.mail, posts.c.ticket).where(posts.c.mail.is_not(None)))
    return {row.mail: row.ticket for row in rows}
