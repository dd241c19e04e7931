"""A row for every table, of whatever columns it has: a new table is tried like the others."""

from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Column, Table, Uuid, insert
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.columns import metadata
from tests.storage.rows import NOW

SPACE = UUID("00000000-0000-4000-8000-000000000001")
Row = dict[str, Any]  # Any: values of any column


async def fill(owner: AsyncEngine, tenant: str, word: str) -> dict[str, Row]:
    """Put one row of this tenant into every table, with `word` in every text; return them by table."""
    rows: dict[str, Row] = {}
    async with owner.begin() as db:
        for table in metadata.sorted_tables:
            made = rows[table.fullname] = made_up(table, tenant, word, rows)
            await db.execute(insert(table).values(made))
    return rows


def made_up(table: Table, tenant: str, word: str, rows: dict[str, Row]) -> Row:
    """Make up a row that fits the columns, and the rows that it names."""
    return {
        column.name: value_of(table, column, tenant, word, rows)
        for column in table.c
        if column.computed is None and column.autoincrement is not True
    }


def value_of(
    table: Table, column: Column[Any], tenant: str, word: str, rows: dict[str, Row]
) -> Any:  # Any: as above
    if column.name == "tenant" or (table.fullname == "config.tenant" and column.name == "id"):
        return tenant
    for key in column.foreign_keys:
        return rows[key.column.table.fullname][key.column.name]
    if column.name == "erased_at":
        return None
    match column.type:
        case JSONB():
            return {"word": word}
        case ARRAY(item_type=Uuid()):
            return [uuid5(SPACE, f"{tenant}/{table.fullname}/{column.name}")]
        case ARRAY():
            return [word]
        case TSVECTOR():
            return None
    python = column.type.python_type
    if python is UUID:
        return uuid5(SPACE, f"{tenant}/{table.fullname}/{column.name}")
    made = {bool: False, int: 1, str: word, bytes: word.encode()}
    return made.get(python, NOW)
