"""What the desk does by time: uploads go after a day. What a post names by then, the post keeps."""

from datetime import timedelta

from services.desk.queries.uploads import remove_upload
from shared.messaging.topology import Service
from shared.messaging.unit import Units
from shared.storage.desk import uploads
from shared.storage.due import Claimed

desk_service = Service("desk")
AT_ONCE = 4


@desk_service.each_due(uploads, every=timedelta(minutes=1), at_once=AT_ONCE)
async def forget_upload(claimed: Claimed, units: Units) -> None:
    async with units.sweeping(claimed, uploads) as (unit, _):
        await remove_upload(unit.db, unit.tenant, claimed.id)
