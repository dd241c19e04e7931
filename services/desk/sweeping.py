"""What the desk does by time: uploads, drafts that have ended, and keys of what programs had made go after a
day. What a post names by then, the post keeps; an upload of a draft stays as long as it. Changes of many
tickets go on. The audit log is kept as long as it says."""

from datetime import timedelta

from sqlalchemy import delete, select

from services.desk.bulks import forget_or_go_on
from services.desk.configuration.auditing import forget_old
from services.desk.queries.bulks import locked_bulk
from services.desk.queries.drafts import remove_draft
from services.desk.queries.uploads import remove_upload
from shared.messaging.topology import Service
from shared.messaging.unit import Units
from shared.storage.config import tenants
from shared.storage.desk import bulks, drafts, idempotency_keys, uploads
from shared.storage.due import Claimed, finish
from shared.storage.engine import sweeping

desk_service = Service("desk")
AT_ONCE = 4
AUDIT_AT_ONCE = 5_000
"""Acts of one tenant in one transaction."""


@desk_service.each_due(uploads, every=timedelta(minutes=1), at_once=AT_ONCE)
async def forget_upload(claimed: Claimed, units: Units) -> None:
    async with units.sweeping(claimed, uploads) as (unit, _):
        await remove_upload(unit.db, unit.tenant, claimed.id)


@desk_service.each_due(drafts, every=timedelta(minutes=1), at_once=AT_ONCE)
async def forget_draft(claimed: Claimed, units: Units) -> None:
    async with units.sweeping(claimed, drafts) as (unit, _):
        await remove_draft(unit.db, unit.tenant, claimed.id)


@desk_service.each_due(idempotency_keys, every=timedelta(minutes=1), at_once=AT_ONCE)
async def forget_key(claimed: Claimed, units: Units) -> None:
    async with units.sweeping(claimed, idempotency_keys) as (unit, _):
        mine = (idempotency_keys.c.tenant == unit.tenant, idempotency_keys.c.id == claimed.id)
        await unit.db.execute(delete(idempotency_keys).where(*mine))


@desk_service.each_due(bulks, every=timedelta(seconds=2), at_once=AT_ONCE)
async def go_on_with_bulk(claimed: Claimed, units: Units) -> None:
    async with units.sweeping(claimed, bulks) as (unit, _):
        bulk = await locked_bulk(unit.db, unit.tenant, claimed.id)
        assert bulk is not None, "its row is held"
        due_at = await forget_or_go_on(unit, bulk)
        if due_at is not None:
            await finish(unit.db, bulks, claimed, due_at=due_at, attempts=0)


@desk_service.every(timedelta(hours=1))
async def forget_acts(units: Units) -> int:
    """Remove what the audit log no longer keeps, a part at a time, of suspended tenants too."""
    async with sweeping(units.engine) as db:
        everybody = [row.id for row in await db.execute(select(tenants.c.id))]
    removed = 0
    for tenant in everybody:
        async with units.acting(tenant) as unit:
            removed += await forget_old(unit.db, tenant, unit.now, AUDIT_AT_ONCE)
    return removed
