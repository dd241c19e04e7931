"""All rows of a tenant, whatever tables there are: counted, and removed some thousand at a time.

A table that is added later is counted and emptied like the others.
"""

from sqlalchemy import Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.storage.engine import in_tenant
from shared.storage.tables import TABLES

BATCH = 5_000
KEPT = ("config.tenant", "config.erasure")
"""What is left of a tenant: that it was there, and the receipt."""


def erased_tables(schema: str) -> list[Table]:
    """Return the tables of one writer that are emptied, those that name others first."""
    return [table for table in reversed(TABLES) if table.schema == schema and table.fullname not in KEPT]


async def rows_in(db: AsyncConnection, tenant: str, schema: str) -> dict[str, int]:
    """Count what a tenant has in each table of a schema; without the empty ones."""
    found = {}
    for table in erased_tables(schema):
        counted = await db.execute(select(func.count()).where(table.c.tenant == tenant))
        found[table.fullname] = counted.scalar_one()
    return {name: count for name, count in found.items() if count}


async def erase_rows(engine: AsyncEngine, tenant: str, schema: str) -> int:
    """Remove a tenant's rows, under the role of the schema's writer; returns how many. Each batch is
    committed: what a crash leaves, the next run removes."""
    removed = 0
    for table in erased_tables(schema):
        while count := await _erase_some(engine, tenant, table):
            removed += count
    return removed


async def _erase_some(engine: AsyncEngine, tenant: str, table: Table) -> int:
    keys = list(table.primary_key)
    some = select(*keys).where(table.c.tenant == tenant).limit(BATCH).cte("some")
    same = [key == some.c[key.name] for key in keys]
    async with in_tenant(engine, tenant) as db:
        return (await db.execute(delete(table).where(table.c.tenant == tenant, *same))).rowcount
