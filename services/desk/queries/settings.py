"""What is set, and who changed it when."""

from dataclasses import dataclass
from datetime import datetime

from pydantic import JsonValue
from sqlalchemy import select

from services.desk.queries.reading import Reading
from shared.storage.config import option_history


@dataclass(frozen=True)
class OptionChange:
    name: str
    old: JsonValue
    new: JsonValue
    changed_at: datetime
    changed_by: str


async def option_changes(reading: Reading, limit: int = 200) -> list[OptionChange]:
    """Return the newest changes first."""
    found = await reading.db.execute(
        select(*(option_history.c[name] for name in OptionChange.__dataclass_fields__))
        .where(reading.own(option_history))
        .order_by(option_history.c.id.desc())
        .limit(limit)
    )
    return [OptionChange(**row) for row in found.mappings()]
