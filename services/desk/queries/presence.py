"""Tell every process of the desk who is on a ticket; nothing of it is stored."""

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.live.presence import Told
from shared.messaging.topology import PRESENCE_CHANNEL


async def tell(db: AsyncConnection, told: Told) -> None:
    """Heard once the transaction is committed."""
    await db.execute(select(func.pg_notify(PRESENCE_CHANNEL, str(told))))
