"""Verdicts are kept for a while: each trigger that is asked leaves one, whatever came of it."""

from datetime import timedelta

from sqlalchemy import select

from services.triggers import repository
from services.triggers.handlers import triggers
from shared.messaging.unit import Units
from shared.storage.config import tenants
from shared.storage.engine import sweeping

AT_ONCE = 5_000
"""Verdicts of one tenant in one transaction."""


@triggers.every(timedelta(hours=1))
async def forget_verdicts(units: Units) -> int:
    """Remove what nobody asks for any more, a part at a time."""
    async with sweeping(units.engine) as db:
        everybody = [row.id for row in await db.execute(select(tenants.c.id))]
    removed = 0
    for tenant in everybody:
        async with units.acting(tenant) as unit:
            removed += await repository.forget_verdicts(unit, AT_ONCE)
    return removed
