"""Add and archive statuses of a tenant's own. The category stays: tickets carry it."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.places import Place
from services.desk.configuration.remembering import Made, remember, told
from services.desk.languages import gettext
from services.desk.wording.states import state_word
from shared.contracts.statuses import BUILT_IN, MERGED, Category
from shared.storage.config import statuses

Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", description="Never changes.")]


class StatusSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    key: Key = Field(examples=["with_vendor"])
    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(examples=["With the vendor"])
    category: Category = Field(description="What rules take it for.", examples=["pending"])
    position: Place = 0


async def save_status(db: AsyncConnection, tenant: str, wanted: StatusSettings, made: Made) -> str:
    """Add a status, or give the one of this key another name and take it out of the archive. Return why
    not, or nothing."""
    if wanted.key in BUILT_IN or wanted.key == MERGED:
        return gettext("the status %(key)s is one that every tenant has", key=wanted.key)
    mine = (statuses.c.tenant == tenant, statuses.c.key == wanted.key)
    kept = (await db.execute(select(statuses).where(*mine))).mappings().one_or_none()
    if kept is not None and kept["category"] != wanted.category:
        return gettext(
            "%(key)s is of the category %(category)s, which tickets count on: add another status",
            key=repr(wanted.key),
            category=state_word(kept["category"]),
        )
    values = {"name": wanted.name, "position": wanted.position, "archived_at": None}
    await db.execute(
        upsert(statuses)
        .values(tenant=tenant, key=wanted.key, category=str(wanted.category), **values)
        .on_conflict_do_update(index_elements=["tenant", "key"], set_=values)
    )
    old = told(StatusSettings, kept) if kept else None
    new = {**wanted.model_dump(mode="json"), "archived": False}
    await remember(db, tenant, made, f"statuses.{wanted.key}", old=old, new=new)
    return ""


async def archive_status(db: AsyncConnection, tenant: str, key: str, made: Made) -> bool:
    """Let a status be chosen no more; tickets that have it keep it."""
    done = await db.execute(
        update(statuses)
        .where(statuses.c.tenant == tenant, statuses.c.key == key, statuses.c.archived_at.is_(None))
        .values(archived_at=made.at)
        .returning(statuses)
    )
    row = done.mappings().one_or_none()
    if row is not None:
        new = told(StatusSettings, row)
        old = {**new, "archived": False}
        await remember(db, tenant, made, f"statuses.{key}", old=old, new=new)
    return row is not None
