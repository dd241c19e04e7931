"""Add, change and archive triggers; their action's parameters are checked by the action's own model."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.plugins.loading import plugin
from shared.storage.config import triggers

TriggerType = Literal["TICKET_FIELD_CHANGE", "NEW_TICKET_CREATED", "CLOSE_TICKET", "CLOSE_TICKET_REMINDER"]


class TriggerSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1)]
    type: TriggerType
    when: dict[str, JsonValue] = Field(default_factory=dict)
    conditions: dict[str, JsonValue] | None = None
    action: str
    params: dict[str, JsonValue] = Field(default_factory=dict)
    enabled: bool = True
    position: int = 0


def checked_params(wanted: TriggerSettings) -> dict[str, JsonValue]:
    """Check the action's parameters.

    Raises:
        Permanent: nothing is installed under the action's name.
        ValidationError: its model refuses them.
    """
    model: type[BaseModel] = plugin("postroom.actions", wanted.action).params
    params: dict[str, JsonValue] = model.model_validate(wanted.params).model_dump(mode="json")
    return params


async def add_trigger(db: AsyncConnection, tenant: str, wanted: TriggerSettings, *, at: datetime) -> UUID:
    """Add a trigger. Raises what `checked_params` raises."""
    trigger = uuid4()
    values = wanted.model_dump() | {"params": checked_params(wanted)}
    await db.execute(insert(triggers).values(id=trigger, tenant=tenant, created_at=at, **values))
    return trigger


async def change_trigger(db: AsyncConnection, tenant: str, trigger: UUID, wanted: TriggerSettings) -> bool:
    """Change a trigger. Raises what `checked_params` raises."""
    values = wanted.model_dump() | {"params": checked_params(wanted)}
    done = await db.execute(
        update(triggers)
        .where(triggers.c.tenant == tenant, triggers.c.id == trigger)
        .values(values)
        .returning(triggers.c.id)
    )
    return done.first() is not None


async def archive_trigger(db: AsyncConnection, tenant: str, trigger: UUID, *, at: datetime) -> bool:
    done = await db.execute(
        update(triggers)
        .where(triggers.c.tenant == tenant, triggers.c.id == trigger, triggers.c.archived_at.is_(None))
        .values(archived_at=at, enabled=False)
        .returning(triggers.c.id)
    )
    return done.first() is not None
