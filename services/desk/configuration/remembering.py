"""The history of what people set: options by their names; beside them `statuses.with_vendor`,
`custom_fields.serial`, of a department `department.name`, and of a user `user.ID.role`."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, JsonValue
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import option_history


@dataclass(frozen=True)
class Made:
    """Who changes something, and when."""

    by: str
    at: datetime
    client: str = ""
    """The network address that asked, for the audit log; empty: a command."""


async def remember(
    db: AsyncConnection,
    tenant: str,
    made: Made,
    name: str,
    *,
    old: JsonValue,
    new: JsonValue,
    department: UUID | None = None,
) -> None:
    """Keep what was changed; nothing when both are the same."""
    if old != new:
        facts = {"old": old, "new": new, "changed_at": made.at, "changed_by": made.by}
        await db.execute(
            insert(option_history).values(tenant=tenant, department=department, name=name, **facts)
        )


# Any: the columns of a table
def told(kind: type[BaseModel], row: Mapping[Any, Any]) -> dict[str, JsonValue]:
    """What the history says of something that a tenant has defined."""
    named: dict[str, JsonValue] = {name: row[name] for name in kind.model_fields}
    return {**named, "archived": row["archived_at"] is not None}
