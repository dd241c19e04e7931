"""Slow down who guesses passwords and codes: each attempt makes the next one wait longer, whichever process
of the desk it reaches. Counted in the database, before the attempt is tried, so that many at once are not
tried for the price of one."""

import hashlib
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import tenants
from shared.storage.desk import sign_in_attempts as attempts

FREE = 5
"""Attempts for one address from one client that cost nothing: people mistype."""
FREE_FOR_A_CLIENT = 50
"""Attempts from one client, whatever the address: an office has one network address."""
LONGEST = timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)


@dataclass(frozen=True)
class Attempt:
    """Who tries to get in: under which name, from where."""

    address: str
    client: str

    @property
    def allowed(self) -> Mapping[str, int]:
        """How much is free, by the digest of what is counted."""
        client = network_of(self.client)
        both = {f"{self.address}\n{client}": FREE, client: FREE_FOR_A_CLIENT}
        return {hashlib.sha256(key.encode()).hexdigest(): free for key, free in both.items()}


@dataclass(frozen=True)
class ByProvider:
    """Who goes to a provider, or comes back from one; apart from passwords, which go on when it fails."""

    client: str

    @property
    def allowed(self) -> Mapping[str, int]:
        return {
            hashlib.sha256(f"provider\n{network_of(self.client)}".encode()).hexdigest(): FREE_FOR_A_CLIENT
        }


def network_of(client: str) -> str:
    """Whose attempts count together: of IPv6 a network of 64 bits, all of whose addresses one machine has."""
    try:
        one = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if isinstance(one, ipaddress.IPv4Address) or one.ipv4_mapped:
        return client
    return str(ipaddress.ip_network((one, 64), strict=False))


def free_at(count: int, last: datetime, free: int) -> datetime:
    """When the next attempt may be made after so many."""
    if count < free:
        return last
    return last + min(LONGEST, timedelta(seconds=2 ** min(count - free + 1, 12)))


async def take_attempt(
    db: AsyncConnection, tenant: str, attempt: Attempt | ByProvider, now: datetime
) -> timedelta:
    """Count an attempt and return zero; or count nothing and return how long to wait before one."""
    c = attempts.c
    lock = func.hashtextextended(f"sign-in/{tenant}/{network_of(attempt.client)}", 0)
    await db.execute(select(func.pg_advisory_xact_lock(lock)))
    mine = (c.tenant == tenant, c.key.in_(attempt.allowed), c.last > now - REMEMBERED)
    known = await db.execute(select(c.key, c["count"], c.last).where(*mine))
    waits = [free_at(count, last, attempt.allowed[key]) - now for key, count, last in known]
    if (wait := max(waits, default=timedelta())) > timedelta():
        return wait
    await db.execute(delete(attempts).where(c.tenant == tenant, c.last <= now - REMEMBERED))
    # of a tenant that there is not nothing is kept, or made-up names would fill the table
    if (await db.execute(select(tenants.c.id).where(tenants.c.id == tenant))).first() is None:
        return timedelta()
    for key in attempt.allowed:
        row = upsert(attempts).values(tenant=tenant, key=key, count=1, last=now)
        await db.execute(
            row.on_conflict_do_update(
                index_elements=["tenant", "key"], set_={"count": c["count"] + 1, "last": now}
            )
        )
    return timedelta()


async def succeeded(db: AsyncConnection, tenant: str, attempt: Attempt) -> None:
    """Forget what this address cost from there, and take back the one attempt of the client."""
    both, client = attempt.allowed
    await db.execute(delete(attempts).where(attempts.c.tenant == tenant, attempts.c.key == both))
    await _take_back(db, tenant, client, 1)


async def give_back(db: AsyncConnection, tenant: str, attempt: ByProvider, count: int) -> None:
    """Count so many attempts no more."""
    [client] = attempt.allowed
    await _take_back(db, tenant, client, count)


async def _take_back(db: AsyncConnection, tenant: str, key: str, count: int) -> None:
    c = attempts.c
    await db.execute(
        update(attempts)
        .where(c.tenant == tenant, c.key == key)
        .values(count=func.greatest(0, c["count"] - count))
    )
