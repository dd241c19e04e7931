"""An incident: mail is held, and held again. One for each loop, however many mails it has."""

from datetime import datetime
from uuid import UUID, uuid4

import structlog
from sqlalchemy import ARRAY, Text, delete, func, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.guards import Guard, Loop, Window, WrittenBy
from shared.contracts.sending import SendState
from shared.observability.metrics import sending_incidents
from shared.storage.sending import incidents, mails

log = structlog.get_logger()


async def count(
    db: AsyncConnection, tenant: str, ticket: UUID | None, loop: Loop, now: datetime
) -> tuple[UUID, bool]:
    """Count a held mail in the incident of its loop; True: it is the first, and opens one."""
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"incidents/{tenant}", 0))))
    c, quiet_at = incidents.c, now + loop.window.length
    going_on = (c.tenant == tenant, c.ended_at.is_(None), c.quiet_at > now)
    same = c.about.op("&&")(literal(list(loop.of_mail), ARRAY(Text)))
    oldest = select(c.id).where(*going_on, same).order_by(c.opened_at).limit(1)
    counted = await db.execute(
        update(incidents)
        .where(c.id == oldest.scalar_subquery())
        .values(count=c.count + 1, last_at=now, quiet_at=func.greatest(c.quiet_at, quiet_at))
        .returning(c.id)
    )
    known = counted.scalar_one_or_none()
    if known is not None:
        return known, False
    row = {"id": uuid4(), "tenant": tenant, "ticket": ticket, "address": loop.address, "count": 1}
    what = {"guard": loop.window.guard, "written_by": loop.window.written_by, "about": list(loop.about)}
    when = {"opened_at": now, "last_at": now, "quiet_at": quiet_at}
    opened = await db.execute(insert(incidents).values(row | what | when).returning(c.id))
    return opened.scalar_one(), True


async def end_when_empty(db: AsyncConnection, incident: UUID, now: datetime) -> None:
    """End an incident of which no mail is held any more."""
    c = incidents.c
    # one after another: of two that release the last mails at once, the second sees what the first did
    await db.execute(select(c.id).where(c.id == incident).with_for_update())
    held = select(mails.c.id).where(mails.c.incident == incident, mails.c.state == SendState.HELD)
    ended = update(incidents).where(c.id == incident, c.ended_at.is_(None), ~held.exists())
    await db.execute(ended.values(ended_at=now))


async def forget(db: AsyncConnection, tenant: str, address: str) -> None:
    """Remove what was held to an address."""
    c = incidents.c
    by: tuple[WrittenBy, ...] = ("person", "system")
    keys = [Window(Guard.ADDRESS, address, one, None).key for one in by]
    theirs = or_(c.address == address, c.about.op("&&")(literal(keys, ARRAY(Text))))
    await db.execute(delete(incidents).where(c.tenant == tenant, theirs))


def alert(incident: UUID, window: Window) -> None:
    """Tell, once, that mail is held."""
    sending_incidents.labels(window.guard, window.written_by).inc()
    log.warning("sending.incident", incident=str(incident), guard=window.guard, written_by=window.written_by)
