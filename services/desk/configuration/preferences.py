"""How somebody wants the desk to look and speak: each person chooses for themselves."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.queries.people import User
from services.desk.reader import Preferences
from shared.storage.desk import preferences


async def prefer(
    db: AsyncConnection, user: User, before: Preferences, wanted: Mapping[str, object], *, at: datetime
) -> Preferences:
    """Keep what somebody chose; what is not named stays. Raises ValidationError for what cannot be chosen."""
    chosen = Preferences.model_validate(before.model_dump() | dict(wanted))
    kept = {"choices": chosen.model_dump(mode="json"), "changed_at": at}
    made = upsert(preferences).values(user=user.id, tenant=user.tenant, **kept)
    await db.execute(made.on_conflict_do_update(index_elements=["user"], set_=kept))
    return chosen
