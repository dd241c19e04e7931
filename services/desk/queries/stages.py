"""The way of a mail through five services: how much each did by the hour, and what waits before it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Select, func, select

from services.desk.queries.reading import Reading
from shared.messaging.topology import takers
from shared.storage.ingest import mails as ledger
from shared.storage.messages import deliveries, inbox, outbox, parked

STAGES = ("ingest", "parser", "ticketing", "triggers", "mailer")
HOURS = 24
TOLD_BY_PARSER = "ticketing.mail.parsed.v1"
"""The parser has no database: what it did is seen where it is told to."""


@dataclass
class Stage:
    name: str
    by_hour: list[int] = field(default_factory=lambda: [0] * HOURS)
    """What it did in each of the last 24 hours, the oldest first."""
    waiting: int = 0
    oldest: datetime | None = None
    parked: int = 0

    @property
    def last_hour(self) -> int:
        return self.by_hour[-1]

    @property
    def day(self) -> int:
        return sum(self.by_hour)

    def curve(self, width: int = 160, height: int = 32) -> str:
        """Return the points of a line through the hours, as SVG has them."""
        top = max(*self.by_hour, 1)
        step = width / (HOURS - 1)
        return " ".join(
            f"{number * step:.1f},{height - 1 - many / top * (height - 2):.1f}"
            for number, many in enumerate(self.by_hour)
        )


async def stages(reading: Reading, now: datetime) -> list[Stage]:
    found = {name: Stage(name) for name in STAGES}
    await _did(reading, found, now)
    await _waits(reading, found)
    many = select(parked.c.queue, func.count()).where(reading.own(parked)).group_by(parked.c.queue)
    for queue, count in await reading.db.execute(many):
        if (stage := found.get(_service(queue))) is not None:
            stage.parked += count
    return list(found.values())


async def _did(reading: Reading, found: Mapping[str, Stage], now: datetime) -> None:
    since = now - timedelta(hours=HOURS)
    c = inbox.c
    handled = _hourly(c.queue, c.handled_at, since).where(reading.own(inbox), c.handled_at > since)
    for queue, hour, count in await reading.db.execute(handled.group_by("hour", c.queue)):
        _add(found.get("parser" if queue == TOLD_BY_PARSER else ""), hour, count)
        if _service(queue) != "ingest":
            _add(found.get(_service(queue)), hour, count)
    stored = _hourly(ledger.c.tenant, ledger.c.stored_at, since).where(
        reading.own(ledger), ledger.c.stored_at > since
    )
    for _, hour, count in await reading.db.execute(stored.group_by("hour", ledger.c.tenant)):
        _add(found["ingest"], hour, count)


async def _waits(reading: Reading, found: Mapping[str, Stage]) -> None:
    o, d = outbox.c, deliveries.c
    told = select(o.contract, func.count(), func.min(o.created_at)).where(reading.own(outbox))
    for contract, count, oldest in await reading.db.execute(told.group_by(o.contract)):
        _wait(found, {_service(queue) for queue in takers(contract)}, count, oldest)
    queued = select(d.queue, func.count(), func.min(d.due_at)).where(reading.own(deliveries))
    for queue, count, oldest in await reading.db.execute(queued.group_by(d.queue)):
        _wait(found, [_service(queue)], count, oldest)
    listed = select(func.count(), func.min(ledger.c.listed_at)).where(
        reading.own(ledger), ledger.c.state == "listed", ledger.c.due_at.is_not(None)
    )
    count, oldest = (await reading.db.execute(listed)).one()
    _wait(found, ["ingest"], count, oldest)


# Any: a column of whichever table
def _hourly(name: Column[Any], moment: Column[Any], since: datetime) -> Select[Any]:
    return select(name, func.floor(func.extract("epoch", moment - since) / 3600).label("hour"), func.count())


def _add(stage: Stage | None, hour: int, count: int) -> None:
    if stage is not None:
        stage.by_hour[min(max(int(hour), 0), HOURS - 1)] += count


def _wait(found: Mapping[str, Stage], services: Iterable[str], count: int, oldest: datetime | None) -> None:
    for name in services:
        stage = found.get(name)
        if stage is not None and count:
            stage.waiting += count
            stage.oldest = min(filter(None, (stage.oldest, oldest)), default=None)


def _service(queue: str) -> str:
    return queue.partition(".")[0]
