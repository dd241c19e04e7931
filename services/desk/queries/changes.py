"""What was changed on a ticket; other tickets that it tells of are named only to who may see them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, select

from services.desk.queries.reading import Reading
from services.desk.queries.unseen import told_of, unseen, veiled
from shared.storage.tickets import history


@dataclass(frozen=True)
class Change:
    """One field that somebody or something changed."""

    field: str
    old: JsonValue
    new: JsonValue
    actor: dict[str, JsonValue]
    version: int
    at: datetime


async def as_seen(reading: Reading, changes: Sequence[Change]) -> list[Change]:
    """Changes without the numbers of tickets that the reader does not see."""
    told = (told_of(one.field, value) for one in changes for value in (one.old, one.new))
    hidden = await unseen(reading, told)
    return [
        replace(one, old=veiled(one.field, one.old, hidden), new=veiled(one.field, one.new, hidden))
        for one in changes
    ]


async def changes_since(reading: Reading, ticket: UUID, version: int) -> list[Change]:
    """Return what was changed after a version: why a change that counted on it was refused."""
    found = await reading.db.execute(
        select(history)
        .where(reading.own(history), history.c.ticket == ticket, history.c.version > version)
        .order_by(history.c.id.desc())
        .limit(20)
    )
    return await as_seen(reading, [_change(row) for row in found])


async def changes_within(reading: Reading, ticket: UUID, start: datetime, until: datetime) -> list[Change]:
    """Return what was changed in a time, the first first."""
    found = await reading.db.execute(
        select(history)
        .where(reading.own(history), history.c.ticket == ticket, history.c.at >= start, history.c.at < until)
        .order_by(history.c.id)
        .limit(1000)
    )
    return await as_seen(reading, [_change(row) for row in found])


async def changes_before(
    reading: Reading, ticket: UUID, before: int | None, limit: int
) -> Sequence[Mapping[str, Any]]:  # Any: the columns of the table
    """Return the newest changes of a ticket, or the newest of those older than the change `before`."""
    query = select(history).where(reading.own(history), history.c.ticket == ticket)
    if before is not None:
        query = query.where(history.c.id < before)
    rows = (await reading.db.execute(query.order_by(history.c.id.desc()).limit(limit))).mappings().all()
    told = (told_of(row["field"], row[name]) for row in rows for name in ("old", "new"))
    hidden = await unseen(reading, told)
    return [
        {**row, **{name: veiled(row["field"], row[name], hidden) for name in ("old", "new")}} for row in rows
    ]


def _change(row: Row[Any]) -> Change:  # Any: as above
    return Change(row.field, row.old, row.new, row.actor or {}, row.version, row.at)
