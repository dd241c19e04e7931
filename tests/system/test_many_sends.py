"""Kill -9 of triggers, mailer and Redis while a thousand mails leave a provider that says 503 after it has
accepted them: each leaves once, and each ticket is answered."""

import asyncio
import tempfile
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from sandbox.knobs import Knobs
from shared.contracts.mail import Address
from shared.contracts.sending import Draft
from shared.contracts.tickets import Actor, OpenTicket
from shared.settings import ProcessSettings
from shared.storage.engine import in_tenant
from shared.storage.sending import attempts
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import posts, tickets
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.sizes import sized
from tests.system.killing import Step, steps_for, torment
from tests.system.outcome import OURS, unfinished
from tests.system.points import OF_TRANSPORTS, POINTS
from tests.system.redises import MortalRedis, mortal_redis
from tests.system.test_kills import left_in_queues
from tests.system.workers import Worker

pytestmark = pytest.mark.timeout(1800)

MAILS = sized(1_000, 400)
SEED = 20261126
LEASE = timedelta(seconds=12)
LATEST = 12
"""A process dies at one of so many times that it passes a point."""
PATIENCE_SECONDS = 600
REDIS_DIES_AFTER = tuple(MAILS * percent // 100 for percent in (5, 20, 40, 60, 80))
"""So many mails sent."""
AWAY_SECONDS = 1.0
TORMENTED = ("triggers", "mailer")


@dataclass
class Tickets:
    """Tickets that nobody has opened yet; each customer's domain is their own."""

    installation: Installation
    body: str
    opened: int = 0
    fed_at: float = 0

    async def deliver(self, count: int) -> None:
        until = min(self.opened + count, MAILS)
        async with self.installation.house.units("desk").acting(TENANT) as unit:
            for number in range(self.opened, until):
                unit.emit(_opening(number, self.body))
        self.opened = until

    async def hasten(self) -> None:
        """Nothing here waits to be looked at."""


def _opening(number: int, body: str) -> OpenTicket:
    contact = Address(address=f"anna@customer-{number}.example", name="Anna")
    return OpenTicket(
        tenant=TENANT, subject=f"Question {number}", body=body, contact=contact, actor=Actor(name="test")
    )


async def test_mails_leave_once_each_whoever_is_killed(database_url: str, vhost_url: str, home: Path) -> None:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-test-"))
        redis = await stack.enter_async_context(mortal_redis(Path(folder)))
        settings = ProcessSettings(
            home=home, database_url=database_url, redis_url=redis.url, broker_url=vhost_url, lease=LEASE
        )
        installation = await stack.enter_async_context(installed(settings))
        supply = await _set_up(installation)
        environment = environment_of(settings, installation.sandbox)
        workers = {
            name: Worker(f"services.{name}", environment, home / f"{name}.log")
            for name in ("ticketing", *TORMENTED)
        }
        for worker in workers.values():
            stack.push_async_callback(worker.stop)
        await workers["ticketing"].start()
        await supply.deliver(MAILS)
        killing_redis = asyncio.create_task(_kill_redis(installation, redis))
        await asyncio.gather(*(torment(workers[name], _steps(name), supply) for name in TORMENTED))
        await killing_redis
        await installation.until(lambda: _at_rest(installation), "all is at rest", PATIENCE_SECONDS)
        assert redis.deaths == len(REDIS_DIES_AFTER)
        assert all(workers[name].kills >= len(_steps(name)) for name in TORMENTED)
        assert not workers["ticketing"].died()
        await _each_left_once(installation)
        await _each_ticket_is_answered(installation)


def _steps(name: str) -> list[Step]:
    return steps_for([*POINTS[name], OF_TRANSPORTS["rabbit"]], (), SEED, LATEST)


async def _set_up(installation: Installation) -> Tickets:
    await installation.set_up({"mail_send_threshold": 3})
    await installation.add_mailbox()
    installation.sandbox.set_knobs(SUPPORT, Knobs(seed=SEED, fail_after=0.3, drop_after=0.05))
    await installation.answer_new_tickets()
    draft = Draft(text="The machine stopped again.").model_dump_json().encode()
    return Tickets(installation, await installation.house.blobs.put(TENANT, draft))


async def _kill_redis(installation: Installation, redis: MortalRedis) -> None:
    async def so() -> bool:
        return len(installation.sandbox.sent(SUPPORT)) >= many

    for many in REDIS_DIES_AFTER:
        await installation.until(so, f"{many} mails are sent", PATIENCE_SECONDS)
        await redis.kill()
        await asyncio.sleep(AWAY_SECONDS)  # it is away for so long
        await redis.start_again()


async def _hasten(installation: Installation) -> None:
    """Let the pauses between attempts pass."""
    now, c = installation.house.clock(), outgoing.c
    waits = update(outgoing).where(c.lease.is_(None), c.due_at > now + timedelta(seconds=5))
    async with in_tenant(installation.house.engine("mailer"), TENANT) as db:
        await db.execute(waits.values(due_at=now))


async def _at_rest(installation: Installation) -> bool:
    await _hasten(installation)
    (row,) = await installation.rows(select(func.count()).select_from(outgoing))
    if row[0] < MAILS or await unfinished(installation):
        return False
    url = installation.house.settings.broker_url
    return url is None or not await left_in_queues(url)


async def _each_left_once(installation: Installation) -> None:
    sent = installation.sandbox.sent(SUPPORT)
    named = Counter(found[1] for mail in sent if (found := OURS.search(mail.raw)))
    assert {mail: count for mail, count in named.items() if count > 1} == {}, "left twice"
    assert Counter(mail.recipients for mail in sent) == Counter(
        (f"anna@customer-{number}.example",) for number in range(MAILS)
    )
    states = Counter(row.state for row in await installation.rows(select(outgoing.c.state)))
    assert states == {"sent": MAILS}
    told = await installation.rows(select(attempts.c.outcome, attempts.c.code))
    unclear = sum(row.outcome == "failed" for row in told)
    assert unclear > MAILS / 10, "too few answers were unclear to show anything"


async def _each_ticket_is_answered(installation: Installation) -> None:
    answers = select(tickets.c.id, func.count(posts.c.id).label("answers")).select_from(
        tickets.outerjoin(posts, (posts.c.ticket == tickets.c.id) & (posts.c.kind == "mail_out"))
    )
    rows = await installation.rows(answers.group_by(tickets.c.id))
    assert len(rows) == MAILS
    assert {row.answers for row in rows} == {1}
