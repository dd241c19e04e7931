"""Every query of trials."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, Select, delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.trials import TryTrigger
from shared.storage.triggers import events, trial_results, trials


async def enter(db: AsyncConnection, asked: TryTrigger, at: datetime) -> None:
    row = {
        "id": asked.id,
        "tenant": asked.tenant,
        "trigger": asked.trigger,
        "settings": asked.settings,
        "since": asked.since,
        "until": asked.until,
        "state": "waiting",
        "counted": {},
        "asked_at": at,
        "due_at": at,
    }
    await db.execute(insert(trials).values(row).on_conflict_do_nothing())


# Any: rows have the columns of their tables
async def events_after(db: AsyncConnection, trial: Row[Any], contract: str, at_most: int) -> list[Row[Any]]:
    """Return the next events that a trial looks at, the oldest first."""
    c = events.c
    asked: Select[Any] = select(c.id, c.contract, c.payload, c.at).where(
        c.tenant == trial.tenant, c.contract == contract, c.at >= trial.since, c.at < trial.until
    )
    if trial.cursor:
        last = (datetime.fromisoformat(trial.cursor["at"]), UUID(trial.cursor["id"]))
        asked = asked.where(tuple_(c.at, c.id) > tuple_(*last))
    return list(await db.execute(asked.order_by(c.at, c.id).limit(at_most)))


async def keep(db: AsyncConnection, rows: Sequence[Mapping[str, JsonValue | UUID | datetime]]) -> None:
    """Keep what would have been; once, however often it is found."""
    if rows:
        await db.execute(insert(trial_results).on_conflict_do_nothing(), list(rows))


async def remove(db: AsyncConnection, trial: UUID) -> None:
    await db.execute(delete(trials).where(trials.c.id == trial))
