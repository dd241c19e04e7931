"""Read a tenant's options. No cache: a change counts from the next transaction on."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.options import Options
from shared.storage.config import options


async def options_of(db: AsyncConnection, tenant: str) -> Options:
    """Return what the tenant has set, with the default of everything else."""
    rows = await db.execute(select(options.c.name, options.c.value).where(options.c.tenant == tenant))
    return Options.model_validate({row.name: row.value for row in rows})
