"""What a command that works on an installation's rows begins and ends with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Permanent
from shared.observability.logging import set_up_logging
from shared.runtime import House
from shared.settings import ProcessSettings
from shared.storage.config import tenants
from shared.storage.engine import in_tenant, sweeping
from shared.storage.migrating import require_current_schema
from shared.storage.secrets import Keys


def run_in_house(work: Callable[[House], Awaitable[None]]) -> None:
    """Open the installation that the environment names, do the work, and close it.

    Raises:
        Permanent: its schema is not of this version.
    """
    set_up_logging("warning", "console")

    async def here() -> None:
        async with _house() as house:
            await work(house)

    asyncio.run(here())


@asynccontextmanager
async def configuring(house: House, tenant: str) -> AsyncIterator[AsyncConnection]:
    """Open a transaction that writes a tenant's configuration.

    Raises:
        Permanent: there is no such tenant.
    """
    async with in_tenant(house.engine("desk"), tenant) as db:
        if (await db.execute(select(tenants.c.id).where(tenants.c.id == tenant))).first() is None:
            raise Permanent(f"no tenant {tenant}; make it: postroom tenant create {tenant}", code="no_tenant")
        yield db


async def enabled_tenants(house: House, tenant: str | None) -> list[str]:
    """Name one tenant, or all that are not suspended."""
    async with sweeping(house.engine("ingest")) as db:
        found = {
            row.id: row.suspended
            for row in await db.execute(select(tenants.c.id, tenants.c.suspended).order_by(tenants.c.id))
        }
    everybody = [each for each, suspended in found.items() if not suspended]
    if tenant is not None and found.get(tenant):
        raise Permanent(f"{tenant} is suspended; go on: postroom tenant resume {tenant}", code="suspended")
    if tenant is not None and tenant not in everybody:
        raise Permanent(f"no tenant {tenant}; there are: {', '.join(everybody) or 'none'}", code="no_tenant")
    return [tenant] if tenant else everybody


@asynccontextmanager
async def _house() -> AsyncIterator[House]:
    settings = ProcessSettings()
    house = House(settings, Keys.load(settings.home))
    try:
        await house.open(database=True)
        await require_current_schema(house.engine("desk"))
        yield house
    finally:
        await house.close()
