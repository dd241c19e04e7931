"""Rows as JSON for an export: of any table, some at a time, without what signs anybody in."""

import re
from collections.abc import AsyncIterator

from sqlalchemy import Column, LargeBinary, Table, Text, cast, func, select, true
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR, array
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from shared.storage.tables import TABLES

LEFT_OUT = {
    "config.token": "what programs sign in with",
    "config.erasure": "of what is gone",
    "desk.recovery_code": "in place of a second factor",
    "desk.second_factor": "what people sign in with",
    "desk.session": "who is signed in now",
    "desk.sign_in_attempt": "of an hour",
    "ingest.subscription": "made anew by itself",
    "ticketing.counter": "follows from the tickets",
    "ticketing.words": "follows from the posts",
}
"""Tables that are in no export, and why; nor are messages on their way."""

SECRET = re.compile(r"password|secret$|digest|^link$|^lease")
"""Columns that sign somebody in, or are of use to a running service alone. Bytes are not for people."""

AT_ONCE = 500


def exported_tables() -> list[Table]:
    return [table for table in TABLES if table.schema != "messages" and table.fullname not in LEFT_OUT]


def left_out(table: Table) -> list[str]:
    """Name the columns of a table that are in no export."""
    return [column.name for column in table.c if _is_secret(column)]


async def rows_as_json(
    db: AsyncConnection, tenant: str, table: Table, where: ColumnElement[bool] | None = None
) -> AsyncIterator[str]:
    """Read a tenant's rows of a table, in the order of their keys; never more than some hundred at once."""
    mine = (table.c.tenant if "tenant" in table.c else table.c.id) == tenant
    without = cast(array(left_out(table), type_=Text), ARRAY(Text))
    whole = func.to_jsonb(table.table_valued()).op("-")(without)
    query = select(cast(whole, Text)).where(mine, true() if where is None else where)
    rows = await db.stream(query.order_by(*table.primary_key), execution_options={"yield_per": AT_ONCE})
    async for row in rows:
        yield row[0]


# Any: a column of whatever type
def _is_secret(column: Column[object]) -> bool:
    return bool(SECRET.search(column.name)) or isinstance(column.type, LargeBinary | TSVECTOR)
