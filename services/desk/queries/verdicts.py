"""What triggers made of what happened: with each one that was asked, its decision and the reason."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, Select, exists, func, select

from services.desk.queries.changes import Change, as_seen
from services.desk.queries.hooks import is_delivery
from services.desk.queries.paging import latest
from services.desk.queries.reading import Reading
from shared.storage.config import triggers
from shared.storage.triggers import effects, events, verdicts

GONE = "a trigger that is gone"


@dataclass(frozen=True)
class Verdict:
    id: UUID
    """Of the trigger."""
    trigger: str
    contract: str
    outcome: str
    why: JsonValue
    at: datetime
    deliveries: tuple[UUID, ...] = ()
    """Webhooks that it caused."""


@dataclass(frozen=True)
class Asked:
    """Something that happened on a ticket, and what triggers made of it."""

    id: UUID
    contract: str
    at: datetime
    actor: dict[str, JsonValue]
    changes: tuple[Change, ...]
    verdicts: list[Verdict] = field(default_factory=list)


async def of_mail(reading: Reading, mail: UUID) -> list[Verdict]:
    """Return the verdicts on what a mail made happen."""
    about_it = events.c.payload["mail"].astext == str(mail)
    found = await reading.db.execute(_verdicts(reading).where(about_it).limit(200))
    return [_verdict(row) for row in found]


async def of_ticket(
    reading: Reading, ticket: UUID, before: tuple[datetime, UUID] | None, limit: int
) -> list[Asked]:
    """Return what happened on a ticket and had triggers asked, the newest first: the first ones, or those
    that are older than `before`."""
    c = events.c
    asked = exists().where(verdicts.c.event == c.id)
    query = select(events).where(reading.own(events), c.ticket == ticket, asked)
    rows = (await reading.db.execute(latest(query, c.at, c.id, before, limit))).all()
    happened = {row.id: await _as_seen(reading, _asked(row)) for row in rows}
    for row in await reading.db.execute(_verdicts(reading).where(c.id.in_(happened))):
        happened[row.event].verdicts.append(_verdict(row))
    return list(happened.values())


async def _as_seen(reading: Reading, asked: Asked) -> Asked:
    return replace(asked, changes=tuple(await as_seen(reading, asked.changes)))


# Any: as many columns as a verdict has
def _verdicts(reading: Reading) -> Select[Any]:
    c = verdicts.c
    caused = select(effects.c.id).where(
        *(reading.own(effects), effects.c.event == c.event, effects.c.trigger == c.trigger),
        is_delivery(),
    )
    told = (events.c.contract, func.array(caused.scalar_subquery()).label("deliveries"))
    return (
        select(c.event, c.trigger, triggers.c.name, c.outcome, c.why, c.at, *told)
        .select_from(
            verdicts.join(events, events.c.id == c.event).outerjoin(triggers, triggers.c.id == c.trigger)
        )
        .where(reading.own(verdicts))
        .order_by(c.at, triggers.c.position, triggers.c.created_at, c.trigger)
    )


def _verdict(row: Row[Any]) -> Verdict:
    told = (row.contract, row.outcome, row.why, row.at, tuple(row.deliveries))
    return Verdict(row.trigger, row.name or GONE, *told)


def _asked(row: Row[Any]) -> Asked:
    told = row.payload
    actor = told.get("actor") or {}
    version = told["ticket"].get("version") or 0
    changes = (
        Change(one["field"], one.get("old"), one.get("new"), actor, version, row.at)
        for one in told.get("changes") or ()
    )
    return Asked(row.id, row.contract, row.at, actor, tuple(changes))
