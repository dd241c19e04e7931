"""Triggers as they are saved, what they did lately, and trials of them."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue, ValidationError
from sqlalchemy import and_, exists, func, or_, select, tuple_

from services.desk.configuration.triggers import TriggerSettings, settings_of
from services.desk.forms.conditions import Names
from services.desk.queries.reading import Reading
from services.desk.wording.problems import plainly
from shared.storage.config import departments, triggers, users
from shared.storage.tickets import tickets
from shared.storage.triggers import VERDICTS_KEPT, trial_results, trials, verdicts


@dataclass(frozen=True)
class TriggerRow:
    id: UUID
    settings: TriggerSettings
    outcomes: Mapping[str, int]
    """How often each outcome was, within the last 30 days."""
    last_fired_at: datetime | None


@dataclass(frozen=True)
class BrokenTrigger:
    """One that was saved and is not valid any more: it fails at each event that it hears."""

    id: UUID
    name: str
    action: str
    problems: tuple[str, ...]


@dataclass(frozen=True)
class TrialRow:
    id: UUID
    trigger: UUID | None
    settings: dict[str, JsonValue]
    since: datetime
    until: datetime
    state: str
    reason: str | None
    counted: dict[str, int]
    asked_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True)
class TrialResult:
    event: UUID
    ticket: int
    subject: str
    outcome: str
    why: dict[str, JsonValue]
    chain: int
    at: datetime


async def trigger_rows(reading: Reading, now: datetime) -> list[TriggerRow]:
    """Return the triggers that are not archived and can be read, in the order they are asked."""
    return (await read_triggers(reading, now))[0]


async def read_triggers(reading: Reading, now: datetime) -> tuple[list[TriggerRow], list[BrokenTrigger]]:
    """Return the triggers that are not archived, as they are asked, and those that cannot be read."""
    lately = await _lately(reading, now)
    found = await reading.db.execute(
        select(triggers)
        .where(reading.own(triggers), triggers.c.archived_at.is_(None))
        .order_by(triggers.c.position, triggers.c.created_at, triggers.c.id)
    )
    rows, broken = list[TriggerRow](), list[BrokenTrigger]()
    for row in found.mappings():
        try:
            rows.append(_row(row, lately))
        except ValidationError as error:
            broken.append(BrokenTrigger(row["id"], row["name"], row["action"], _problems(error)))
    return rows, broken


def _problems(error: ValidationError) -> tuple[str, ...]:
    told = (
        f"{'.'.join(str(part) for part in one['loc'])}: {plainly(one)}"
        for one in error.errors(include_url=False, include_input=False)
    )
    return tuple(dict.fromkeys(told))


async def trigger_row(reading: Reading, trigger: UUID, now: datetime) -> TriggerRow | None:
    rows = await trigger_rows(reading, now)
    return next((row for row in rows if row.id == trigger), None)


# Any: the columns of the table
def _row(row: Mapping[Any, Any], lately: Mapping[UUID, Mapping[str, tuple[int, datetime]]]) -> TriggerRow:
    outcomes = lately.get(row["id"], {})
    fired = outcomes.get("fired")
    return TriggerRow(
        row["id"],
        settings_of(row),
        {outcome: many for outcome, (many, _) in outcomes.items()},
        fired[1] if fired else None,
    )


async def _lately(reading: Reading, now: datetime) -> dict[UUID, dict[str, tuple[int, datetime]]]:
    c = verdicts.c
    counted = await reading.db.execute(
        select(c.trigger, c.outcome, func.count(), func.max(c.at))
        .where(reading.own(verdicts), c.at > now - VERDICTS_KEPT)
        .group_by(c.trigger, c.outcome)
    )
    found: dict[UUID, dict[str, tuple[int, datetime]]] = {}
    for trigger, outcome, many, last in counted:
        found.setdefault(trigger, {})[outcome] = (many, last)
    return found


async def trial_row(reading: Reading, trial: UUID) -> TrialRow | None:
    columns = [trials.c[name] for name in TrialRow.__dataclass_fields__]
    found = await reading.db.execute(select(*columns).where(reading.own(trials), trials.c.id == trial))
    row = found.mappings().one_or_none()
    return TrialRow(**row) if row else None


async def latest_trial(reading: Reading, trigger: UUID) -> TrialRow | None:
    c = trials.c
    asked = select(c.id).where(reading.own(trials), c.trigger == trigger).order_by(c.asked_at.desc()).limit(1)
    found = (await reading.db.execute(asked)).scalar_one_or_none()
    return await trial_row(reading, found) if found else None


async def was_tried(reading: Reading, trigger: UUID | None, name: str) -> bool:
    """Whether it was ever tried, also before it was first saved, under its name."""
    c = trials.c
    unsaved = and_(c.trigger.is_(None), c.settings["name"].astext == name)
    asked = select(exists().where(reading.own(trials), or_(unsaved, c.trigger == trigger)))
    return bool((await reading.db.execute(asked)).scalar_one())


async def results_of(
    reading: Reading, trial: UUID, outcome: str | None, after: tuple[datetime, UUID] | None, at_most: int
) -> list[TrialResult]:
    """Return what a trial found about each event, the oldest first; those of tickets that the reader sees."""
    c = trial_results.c
    asked = (
        select(c.event, tickets.c.number, tickets.c.subject, c.outcome, c.why, c.chain, c.at)
        .join(tickets, tickets.c.id == c.ticket)
        .where(reading.own(trial_results), c.trial == trial, reading.seen())
    )
    if outcome is not None:
        asked = asked.where(c.outcome == outcome)
    if after is not None:
        asked = asked.where(tuple_(c.at, c.event) > tuple_(*after))
    found = await reading.db.execute(asked.order_by(c.at, c.event).limit(at_most))
    return [TrialResult(*row) for row in found]


async def names_for_triggers(reading: Reading) -> Names:
    """Return what people call departments and users, to be read and shown in conditions; a department whose
    name another one has as well goes by its key. Those in the archive are still asked for by older ones."""
    c, u = departments.c, users.c
    asked = select(c.id, c.key, c.name).where(reading.own(departments)).order_by(c.archived_at.is_not(None))
    rooms = list(await reading.db.execute(asked))
    called = Counter(row.name.casefold() for row in rooms)
    ids = {row.name.casefold(): str(row.id) for row in rooms if called[row.name.casefold()] == 1}
    ids |= {row.key.casefold(): str(row.id) for row in rooms}
    names = {
        str(row.id): row.name if ids.get(row.name.casefold()) == str(row.id) else row.key for row in rooms
    }
    for user, address in await reading.db.execute(select(u.id, u.address).where(reading.own(users))):
        ids[address.casefold()] = str(user)
        names[str(user)] = address
    return Names(ids, names)
