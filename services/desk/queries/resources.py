"""What is kept of resources of others: when each answered last, and how many it knows."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from services.desk.queries.reading import Reading
from shared.storage.people import known_answers


@dataclass(frozen=True)
class Answers:
    """The answers of one resource that are remembered."""

    last_at: datetime
    """When one was last told or confirmed; the same answer is confirmed once a day."""
    asked: int
    known: int
    """Of these, to how many it knew somebody."""


async def remembered_answers(reading: Reading) -> dict[str, Answers]:
    """Return what is remembered by the name of the resource; nothing of the built-in ones is."""
    c = known_answers.c
    # that it knew of nobody is kept as null of JSON, which is not that of SQL
    knew = func.count().filter(func.jsonb_typeof(c.answer) == "object")
    found = await reading.db.execute(
        select(c.resource, func.max(c.at), func.count(), knew)
        .where(reading.own(known_answers))
        .group_by(c.resource)
    )
    return {resource: Answers(last, asked, known) for resource, last, asked, known in found}
