"""What was handled is remembered for a while: a message that comes twice comes within days."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.messages import inbox

HANDLED_KEPT = timedelta(days=30)
AT_ONCE = 5_000


async def forget_handled(engine: AsyncEngine, now: datetime) -> int:
    """Remove what was handled long ago, of every service, the oldest first; return how much it was.

    Any number of processes may do so at once: rows that another one has taken are passed over.
    """
    key = (inbox.c.queue, inbox.c.message_id)
    old = select(*key).where(inbox.c.handled_at < now - HANDLED_KEPT).order_by(inbox.c.handled_at)
    taken = old.limit(AT_ONCE).with_for_update(skip_locked=True)
    async with engine.begin() as db:
        return (await db.execute(delete(inbox).where(tuple_(*key).in_(taken)))).rowcount
