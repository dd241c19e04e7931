"""A transaction that reads one tenant's rows."""

from dataclasses import dataclass

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement


@dataclass(frozen=True)
class Reading:
    db: AsyncConnection
    tenant: str

    def own(self, table: Table) -> ColumnElement[bool]:
        """The first lock: rows of this tenant. Row-level security is the second."""
        mine: ColumnElement[bool] = table.c.tenant == self.tenant
        return mine
