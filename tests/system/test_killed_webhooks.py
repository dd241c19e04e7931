"""A process of triggers dies between side effects of a webhook: it arrives under one id, recorded once."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from shared.contracts.hooks import HookState
from shared.contracts.tickets import Kind, TicketCreated, TicketSnapshot
from shared.plugins.sealing import sealed
from shared.settings import ProcessSettings
from shared.storage.triggers import attempts, effects, verdicts
from tests.installation import TENANT, Installation, environment_of, installed
from tests.system.workers import Worker
from tests.walk.receiver import SECRET, Receiver, receiving

LEASE = timedelta(seconds=4)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
async def installation(
    database_url: str, redis_url: str, vhost_url: str, home: Path, receiver: Receiver
) -> AsyncIterator[Installation]:
    """An installation whose one trigger calls the receiver for each new ticket."""
    settings = ProcessSettings(
        home=home, database_url=database_url, redis_url=redis_url, broker_url=vhost_url, lease=LEASE
    )
    async with installed(settings) as made:
        await made.set_up()
        secret = sealed(SECRET, made.house.keys.sealer("webhook").seal)
        when = {"type": "NEW_TICKET_CREATED", "kinds": "both"}
        await made.add_trigger({**when}, "webhook", {"url": receiver.address, "secret": secret})
        yield made


@pytest.fixture
async def worker(installation: Installation) -> AsyncIterator[Worker]:
    settings = installation.house.settings
    environment = environment_of(settings, installation.sandbox) | {"POSTROOM_PRIVATE_WEBHOOKS": "true"}
    made = Worker("services.triggers", environment, settings.home / "triggers.log")
    yield made
    await made.stop()


async def opened(installation: Installation, number: int) -> UUID:
    """Tell of a new ticket, as ticketing does; return the event's id."""
    now = installation.house.clock()
    ticket = TicketSnapshot(
        id=uuid4(),
        number=number,
        version=1,
        subject="Printer on fire",
        status="new",
        priority="normal",
        kind=Kind.EXTERNAL,
        created_at=now,
    )
    event = TicketCreated(tenant=TENANT, ticket=ticket, occurred_at=now)
    await installation.tell(event)
    return event.id


async def arrived(installation: Installation, event: UUID) -> UUID:
    """Wait until the webhook of an event is recorded as delivered; return its id."""
    done = select(effects.c.id).where(effects.c.event == event, effects.c.state == HookState.DONE)

    async def so() -> bool:
        return bool(await installation.rows(done))

    await installation.until(so, "the webhook is recorded as delivered")
    (row,) = await installation.rows(done)
    delivery: UUID = row.id
    return delivery


@pytest.mark.parametrize(
    ("point", "requests"),
    [
        pytest.param("triggers.before_commit:1", (0, 1), id="before it is laid ready"),
        pytest.param("triggers.after_commit:1", (0, 1), id="when it is laid ready"),
        pytest.param("triggers.hook_claimed:1", (0, 1), id="when it is claimed"),
        pytest.param("triggers.hook_called:1", (1, 2), id="when the receiver has answered"),
        pytest.param("triggers.before_commit:2", (1, 2), id="before the answer is recorded"),
        pytest.param("triggers.after_commit:2", (1, 1), id="when the answer is recorded"),
    ],
)
async def test_a_webhook_arrives_under_one_id_wherever_its_process_dies(
    installation: Installation,
    worker: Worker,
    receiver: Receiver,
    point: str,
    requests: tuple[int, int],
) -> None:
    """`requests`: to the receiver until the process died, and in all."""
    event = await opened(installation, 1)
    await worker.start(point)

    async def dead() -> bool:
        return worker.died()

    await installation.until(dead, f"it is killed at {point}")
    assert len(receiver.ids) == requests[0]
    await worker.start()
    delivery = await arrived(installation, event)
    # what comes behind it shows that nothing of it is still on its way
    later = await arrived(installation, await opened(installation, 2))
    assert receiver.ids == [f"msg_{delivery.hex}"] * requests[1] + [f"msg_{later.hex}"]
    assert receiver.forged == 0
    for table in (effects, attempts, verdicts):
        assert len(await installation.rows(select(table))) == 2, table.fullname
    (row,) = await installation.rows(select(effects).where(effects.c.id == delivery))
    assert (row.due_at, row.lease) == (None, None)
    made = await installation.rows(select(attempts.c.code).where(attempts.c.effect == delivery))
    assert [one.code for one in made] == ["http_204"]
