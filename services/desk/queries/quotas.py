"""Whether a quota keeps mail of a tenant waiting."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from services.desk.queries.reading import Reading
from shared.storage.ingest import OVER_QUOTA, intakes
from shared.storage.ingest import mails as ledger


@dataclass(frozen=True)
class OverQuota:
    over: str
    since: datetime
    waiting: int


async def over_quota(reading: Reading) -> OverQuota | None:
    c = intakes.c
    standing = select(c.over, c.over_since).where(reading.own(intakes), c.over.is_not(None))
    row = (await reading.db.execute(standing)).one_or_none()
    if row is None:
        return None
    listed = (reading.own(ledger), ledger.c.state == "listed", ledger.c.reason == OVER_QUOTA)
    waiting = (await reading.db.execute(select(func.count()).where(*listed))).scalar_one()
    return OverQuota(row.over, row.over_since, waiting)
