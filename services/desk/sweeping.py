"""What the desk does by time: uploads, and drafts that have ended, go after a day. What a post names by then,
the post keeps; an upload of a draft stays as long as it."""

from datetime import timedelta

from services.desk.queries.drafts import remove_draft
from services.desk.queries.uploads import remove_upload
from shared.messaging.topology import Service
from shared.messaging.unit import Units
from shared.storage.desk import drafts, uploads
from shared.storage.due import Claimed

desk_service = Service("desk")
AT_ONCE = 4


@desk_service.each_due(uploads, every=timedelta(minutes=1), at_once=AT_ONCE)
async def forget_upload(claimed: Claimed, units: Units) -> None:
    async with units.sweeping(claimed, uploads) as (unit, _):
        await remove_upload(unit.db, unit.tenant, claimed.id)


@desk_service.each_due(drafts, every=timedelta(minutes=1), at_once=AT_ONCE)
async def forget_draft(claimed: Claimed, units: Units) -> None:
    async with units.sweeping(claimed, drafts) as (unit, _):
        await remove_draft(unit.db, unit.tenant, claimed.id)
