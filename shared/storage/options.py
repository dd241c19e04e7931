"""Read options of a tenant and its departments. No cache: a change counts from the next transaction on."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.options import TOGETHER, Options
from shared.contracts.references import PLAIN
from shared.storage.config import department_options, option_history, options

log = structlog.get_logger()

LARGEST: dict[str, int] = {
    name: facts["maximum"]
    for name, facts in Options.model_json_schema()["properties"].items()
    if "maximum" in facts
}
MOST_FORMATS = 50
"""Changes of a format, the newest, whose references are still read."""
Values = dict[str, Any]  # Any: JSON, checked by Options


@dataclass(frozen=True)
class Scope:
    """The tickets that go by the same options."""

    options: Options
    department: UUID | None = None
    apart: tuple[UUID, ...] = ()
    """Departments that go by options of their own."""


async def options_of(db: AsyncConnection, tenant: str, department: UUID | None = None) -> Options:
    """Return what counts for a department, else for the tenant; what nobody has set has its default."""
    values = await values_of(db, tenant)
    if department is not None:
        values = merged(values, (await overrides_of(db, tenant)).get(department, {}))
    return Options.model_validate(values)


async def scopes_of(db: AsyncConnection, tenant: str) -> list[Scope]:
    """Return every scope of a tenant: each department that has set something, and all the rest."""
    values, overrides = await values_of(db, tenant), await overrides_of(db, tenant)
    own = [Scope(Options.model_validate(merged(values, set_)), each) for each, set_ in overrides.items()]
    return [*own, Scope(Options.model_validate(values), apart=tuple(overrides))]


def merged(values: Values, own: Values) -> Values:
    """Return what counts for a department that has set `own`, of a tenant that has set `values`."""
    apart = TOGETHER if any(name in own for name in TOGETHER) else ()
    return {name: value for name, value in values.items() if name not in apart} | own


async def values_of(db: AsyncConnection, tenant: str) -> Values:
    """Return what the tenant itself has set."""
    rows = await db.execute(select(options.c.name, options.c.value).where(options.c.tenant == tenant))
    return {row.name: _within(tenant, row.name, row.value) for row in rows}


async def formats_of(db: AsyncConnection, tenant: str) -> tuple[str, ...]:
    """Return every format of ticket numbers that a tenant has had, the present one first."""
    c = option_history.c
    rows = await db.execute(
        select(c.old, c.new)
        .where(c.tenant == tenant, c.name == "ticket_number_format")
        .order_by(c.id.desc())
        .limit(MOST_FORMATS)
    )
    had = [str(value) for row in rows for value in (row.new, row.old)]
    present = (await options_of(db, tenant)).ticket_number_format
    return tuple(dict.fromkeys((present, *had, PLAIN)))


async def overrides_of(db: AsyncConnection, tenant: str) -> dict[UUID, Values]:
    """Return what departments have set otherwise than their tenant."""
    c = department_options.c
    rows = await db.execute(select(c.department, c.name, c.value).where(c.tenant == tenant))
    found: dict[UUID, Values] = {}
    for row in rows:
        if row.value is not None:
            found.setdefault(row.department, {})[row.name] = _within(tenant, row.name, row.value)
    return found


def _within(tenant: str, name: str, value: Any) -> Any:  # Any: JSON, as above
    """Take a number that was stored before it had a limit as the largest that it may be."""
    most = LARGEST.get(name)
    if most is None or not isinstance(value, int) or value <= most:
        return value
    _tell(tenant, name, most)
    return most


@lru_cache
def _tell(tenant: str, name: str, most: int) -> None:
    """Once is enough: options are read for each mail."""
    log.warning("option.beyond_limit", tenant=tenant, option=name, taken_as=most)
