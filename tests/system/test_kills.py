"""Kill -9 between every two side effects, over three hundred mails: nothing lost, nothing twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path

import aio_pika
import pytest
from sqlalchemy import update

from sandbox.knobs import Knobs
from services.ingest.settling import AT_ONCE
from shared.messaging.queues import depths, waiting_queue
from shared.messaging.topology import LADDER, PARKED, all_queues
from shared.settings import ProcessSettings
from shared.storage.engine import engine_as
from shared.storage.messages import deliveries
from shared.storage.secrets import make_keys
from shared.storage.sending import mails as outgoing
from tests import servers
from tests.installation import SUPPORT, Installation, environment_of, installed
from tests.system.killing import Letters, Step, steps_for, torment
from tests.system.mails import FORWARDING, NOBODY, letters
from tests.system.outcome import Outcome, outcome_of, unfinished
from tests.system.points import HEARS_MUCH, OF_TRANSPORTS, POINTS
from tests.system.workers import Worker

pytestmark = pytest.mark.timeout(1800)

SEED = 20260302
LEASE = timedelta(seconds=6)
QUIET_SECONDS = 400

MOMENTS = {
    "ingest": ("listed", "stored", "moved"),
    "parser": ("stored", "stored", "placed"),
    "ticketing": ("placed", "placed", "stored"),
    "triggers": ("decided", "placed", "decided"),
    "mailer": ("drafted", "sent", "prepared"),
}

Plan = dict[str, list[Step]]


@pytest.fixture(scope="module")
def undisturbed(
    postgres_url: str, template_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcome]:
    """What becomes of the same mails when nobody is killed."""
    home = tmp_path_factory.mktemp("undisturbed")
    make_keys(home)
    with servers.database(postgres_url, template=template_url) as url:
        settings = ProcessSettings(home=home, database_url=url, redis_url=redis_url)
        yield servers.apart(run(settings, {"everything": []}))[0]


async def test_one_process_for_all_survives_kills(
    undisturbed: Outcome, database_url: str, redis_url: str, home: Path
) -> None:
    settings = ProcessSettings(home=home, database_url=database_url, redis_url=redis_url, lease=LEASE)
    points = [*dict.fromkeys(point for each in POINTS.values() for point in each)]
    points.append(OF_TRANSPORTS["embedded"])
    moments = ["listed", "moved", "drafted", "sent", "placed", "prepared", "stored", "decided"]
    outcome, kills = await run(settings, {"everything": steps_for(points, moments, SEED)})
    assert kills["everything"] >= 30
    assert outcome.repeated == Counter(), "the same mail left twice"
    assert outcome.sent - undisturbed.sent == Counter(), "sent too often"
    assert undisturbed.sent - outcome.sent == Counter(), "not sent"
    assert outcome == undisturbed


async def test_each_service_survives_kills(
    undisturbed: Outcome, database_url: str, redis_url: str, vhost_url: str, home: Path
) -> None:
    settings = ProcessSettings(
        home=home, database_url=database_url, redis_url=redis_url, broker_url=vhost_url, lease=LEASE
    )
    plan = {
        name: steps_for(
            [*points, *([OF_TRANSPORTS["rabbit"]] if name in HEARS_MUCH else [])],
            MOMENTS[name],
            SEED + number,
        )
        for number, (name, points) in enumerate(POINTS.items())
    }
    outcome, kills = await run(settings, plan)
    assert sum(kills.values()) >= 30
    assert min(kills.values()) >= 5
    assert outcome.sent - undisturbed.sent == Counter(), "sent too often"
    assert undisturbed.sent - outcome.sent == Counter(), "not sent"
    assert outcome == undisturbed


async def run(settings: ProcessSettings, plan: Plan) -> tuple[Outcome, dict[str, int]]:
    """Let all mail through while processes are killed as planned; return what came of it."""
    early, late = letters(SEED)
    random.Random(repr(sorted(plan))).shuffle(early)  # noqa: S311 - the order of arrival must not matter
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(installed(settings))
        await _set_up(installation)
        workers = _workers(settings, installation, plan)
        stack.push_async_callback(_stopped, workers)
        supply = Letters(installation, early)
        await asyncio.gather(*(torment(worker, plan[name], supply) for name, worker in workers.items()))
        await supply.deliver(len(supply.waiting))
        await installation.until(_quiet(installation), "all is placed", QUIET_SECONDS)
        supply.waiting = list(late)
        await supply.deliver(len(late))
        await installation.until(_quiet(installation), "all is at rest", QUIET_SECONDS)
        await _stopped(workers)
        assert await unfinished(installation) == {}
        assert settings.broker_url is None or await left_in_queues(settings.broker_url) == {}
        outcome = await outcome_of(installation, supply.delivered)
        kills = {name: worker.kills for name, worker in workers.items()}
        assert moved_again(installation) <= sum(kills.values()) * AT_ONCE
        return outcome, kills


def moved_again(installation: Installation) -> int:
    """Count moves beyond the first of each mail: only a kill may cause one, for each that was under way."""
    moved = [event.item for event in installation.sandbox.log(SUPPORT) if event.kind == "moved"]
    return len(moved) - len(set(moved))


async def _set_up(installation: Installation) -> None:
    await installation.set_up({"mail_send_threshold": 0, "mail_forwarding_domains": [FORWARDING]})
    await installation.add_mailbox(after_storing="move", move_to="archive")
    installation.sandbox.set_knobs(SUPPORT, Knobs(ndr=(NOBODY,)))
    await installation.answer_new_tickets()
    await installation.add_trigger(
        {"type": "NEW_TICKET_CREATED", "kinds": "both"},
        "change_field",
        {"field": "priority", "value": "urgent"},
        {"op": "contains", "field": "subject", "value": "urgent"},
    )
    await installation.add_trigger(
        {"type": "TICKET_FIELD_CHANGE", "field": "priority", "new": "urgent"},
        "send_email",
        {
            "recipient": "address",
            "address": "duty@ops.example",
            "subject": "Urgent: {{ ticket.subject }}",
            "body": "Please look.",
        },
    )


def _workers(settings: ProcessSettings, installation: Installation, plan: Plan) -> dict[str, Worker]:
    environment = environment_of(settings, installation.sandbox)
    modules = {name: f"services.{name}" for name in POINTS} | {"everything": "tests.system.everything"}
    return {name: Worker(modules[name], environment, settings.home / f"{name}.log") for name in plan}


async def _stopped(workers: dict[str, Worker]) -> None:
    await asyncio.gather(*(worker.stop() for worker in workers.values()))


def _quiet(installation: Installation) -> Callable[[], Awaitable[bool]]:
    async def quiet() -> bool:
        await installation.scan()
        await _hasten(installation)
        log = installation.sandbox.log(SUPPORT)
        arrived = sum(event.kind == "delivered" for event in log)
        moved = len({event.item for event in log if event.kind == "moved"})
        if moved < arrived or await unfinished(installation):
            return False
        # a message may wait on the ladder, say for a mail that is on its way still
        url = installation.house.settings.broker_url
        return url is None or not await left_in_queues(url)

    return quiet


async def _hasten(installation: Installation) -> None:
    """Let nothing wait for the next rung of its ladder: kills took attempts, and the rungs take minutes."""
    owner = engine_as(installation.house.database_url, "test")
    async with owner.begin() as db:
        now = installation.house.clock()
        for table in (outgoing, deliveries):
            await db.execute(update(table).where(table.c.due_at > now).values(due_at=now))
    await owner.dispose()


async def left_in_queues(url: str) -> dict[str, int]:
    """Count what the broker still has, once nobody consumes."""
    names: Sequence[str] = [*all_queues(), PARKED, *(waiting_queue(step).name for step in LADDER)]
    async with await aio_pika.connect(url) as connection:
        return {name: depth.ready for name, depth in (await depths(connection, names)).items() if depth.ready}
