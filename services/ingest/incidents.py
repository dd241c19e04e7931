"""An incident: a mailbox has failed for a while. One alert when it begins, and one when it is over."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

import structlog
from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.observability.metrics import mailbox_incidents
from shared.storage.ingest import incidents

log = structlog.get_logger()

BEGINS_AFTER = timedelta(minutes=5)
"""A mailbox that works again sooner is nothing to call somebody for."""


@dataclass(frozen=True)
class Failing:
    """What a mailbox says since when, and now."""

    code: str
    text: str
    since: datetime
    now: datetime


async def begin(db: AsyncConnection, tenant: str, mailbox: UUID, failing: Failing) -> bool:
    """Open an incident when the mailbox has failed for long enough and has none; True: it begins now."""
    if failing.now - failing.since < BEGINS_AFTER:
        return False
    row = {"id": uuid4(), "tenant": tenant, "mailbox": mailbox, "began_at": failing.since}
    said = {"code": failing.code, "text": failing.text}
    opened = await db.execute(
        insert(incidents)
        .values(row | said)
        .on_conflict_do_nothing(index_elements=["mailbox"], index_where=incidents.c.recovered_at.is_(None))
        .returning(incidents.c.id)
    )
    return opened.first() is not None


async def end(db: AsyncConnection, mailbox: UUID, now: datetime) -> bool:
    """Close the incident of a mailbox that works again; True: there was one."""
    closed = await db.execute(
        update(incidents)
        .where(incidents.c.mailbox == mailbox, incidents.c.recovered_at.is_(None))
        .values(recovered_at=now)
        .returning(incidents.c.id)
    )
    return closed.first() is not None


def alert(mailbox: UUID, code: str) -> None:
    """Tell, once, that a mailbox needs somebody's eye."""
    mailbox_incidents.labels("began").inc()
    log.error("mailbox.incident", mailbox=str(mailbox), code=code)


def all_clear(mailbox: UUID) -> None:
    """Tell, once, that it works again."""
    mailbox_incidents.labels("recovered").inc()
    log.warning("mailbox.recovered", mailbox=str(mailbox))
