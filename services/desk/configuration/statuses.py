"""Add and archive statuses of a tenant's own. The category stays: tickets carry it."""

from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.statuses import BUILT_IN, MERGED, Category
from shared.storage.config import statuses

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Never changes.")]


class StatusSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    key: Key = Field(examples=["with_vendor"])
    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(examples=["With the vendor"])
    category: Category = Field(description="What rules take it for.", examples=["pending"])
    position: int = 0


async def save_status(db: AsyncConnection, tenant: str, wanted: StatusSettings) -> str:
    """Add a status, or give the one of this key another name and take it out of the archive. Return why
    not, or nothing."""
    if wanted.key in BUILT_IN or wanted.key == MERGED:
        return f"{wanted.key} is a status that every tenant has"
    kept = select(statuses.c.category).where(statuses.c.tenant == tenant, statuses.c.key == wanted.key)
    category = (await db.execute(kept)).scalar_one_or_none()
    if category not in (None, wanted.category):
        return f"{wanted.key} is of the category {category}, which tickets count on: add another status"
    values = {"name": wanted.name, "position": wanted.position, "archived_at": None}
    await db.execute(
        upsert(statuses)
        .values(tenant=tenant, key=wanted.key, category=str(wanted.category), **values)
        .on_conflict_do_update(index_elements=["tenant", "key"], set_=values)
    )
    return ""


async def archive_status(db: AsyncConnection, tenant: str, key: str, *, at: datetime) -> bool:
    """Let a status be chosen no more; tickets that have it keep it."""
    done = await db.execute(
        update(statuses)
        .where(statuses.c.tenant == tenant, statuses.c.key == key, statuses.c.archived_at.is_(None))
        .values(archived_at=at)
        .returning(statuses.c.key)
    )
    return done.first() is not None
