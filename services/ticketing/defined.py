"""What a tenant has defined for its tickets: own statuses and custom fields beside the built-in ones."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.custom_fields import CustomField
from shared.contracts.statuses import BUILT_IN, category_of_built_in
from shared.storage.config import statuses
from shared.storage.defined import custom_fields_of


@dataclass(frozen=True)
class Defined:
    """What may be set now: what was archived stays on tickets, and is chosen no more."""

    statuses: tuple[str, ...] = tuple(BUILT_IN)
    fields: Mapping[str, CustomField] = field(default_factory=dict)


async def defined_by(db: AsyncConnection, tenant: str) -> Defined:
    own = await db.execute(
        select(statuses.c.key)
        .where(statuses.c.tenant == tenant, statuses.c.archived_at.is_(None))
        .order_by(statuses.c.position, statuses.c.key)
    )
    return Defined((*BUILT_IN, *(row.key for row in own)), await custom_fields_of(db, tenant))


async def category_of(db: AsyncConnection, tenant: str, status: str) -> str:
    """Return the category of any status, archived ones too."""
    built_in = category_of_built_in(status)
    if built_in is not None:
        return built_in
    found = await db.execute(
        select(statuses.c.category).where(statuses.c.tenant == tenant, statuses.c.key == status)
    )
    category: str = found.scalar_one()
    return category
