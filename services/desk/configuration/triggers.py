"""Add, change and archive triggers; their action's parameters are checked by the action's own model."""

from datetime import datetime
from typing import Annotated
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, JsonValue
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.triggers import Condition, When
from shared.plugins.loading import plugin
from shared.storage.config import triggers


class TriggerSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1)]
    when: When
    conditions: Condition | None = None
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
    await db.execute(insert(triggers).values(id=trigger, tenant=tenant, created_at=at, **_values(wanted)))
    return trigger


async def change_trigger(db: AsyncConnection, tenant: str, trigger: UUID, wanted: TriggerSettings) -> bool:
    """Change a trigger. Raises what `checked_params` raises."""
    done = await db.execute(
        update(triggers)
        .where(triggers.c.tenant == tenant, triggers.c.id == trigger)
        .values(_values(wanted))
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


def _values(wanted: TriggerSettings) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = wanted.model_dump(mode="json", exclude={"when": {"type"}})
    return values | {"type": wanted.when.type.value, "params": checked_params(wanted)}
