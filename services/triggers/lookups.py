"""What actions may ask beside the event, read before they are: people, and what a tenant has defined."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.hours import BusinessClock
from shared.contracts.mail import Address
from shared.storage.assignable import may_be_given
from shared.storage.config import users
from shared.storage.options import options_of
from shared.storage.participating import people_of

MOST = 200
"""People of one ticket that an action is told of."""


async def participants_of(db: AsyncConnection, tenant: str, ticket: UUID) -> tuple[Address, ...]:
    everybody = people_of(tenant, ticket).subquery()
    there = select(everybody).where(everybody.c.removed_at.is_(None)).order_by(everybody.c.address)
    return tuple(Address(address=row.address, name=row.name) for row in await db.execute(there.limit(MOST)))


async def users_of(db: AsyncConnection, tenant: str) -> dict[str, UUID]:
    """Return everybody who may be assigned, by address in small letters."""
    found = await db.execute(select(func.lower(users.c.address), users.c.id).where(may_be_given(tenant)))
    return {row[0]: row[1] for row in found}


async def clock_of(db: AsyncConnection, tenant: str) -> BusinessClock:
    """Return the clock that the tenant has set."""
    options = await options_of(db, tenant)
    return BusinessClock(options.time_zone, options.business_hours, options.holidays)
