"""Of what somebody wants to be told: each person chooses for themselves."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.queries.people import User
from shared.contracts.notices import Choices
from shared.storage.config import notifications
from shared.storage.notices import choices_of


async def choose(db: AsyncConnection, user: User, wanted: Mapping[str, object], *, at: datetime) -> Choices:
    """Keep what somebody chose; what is not named stays. Returns all of it."""
    before = await choices_of(db, user.tenant, user.id)
    chosen = Choices.model_validate(before.model_dump() | dict(wanted))
    kept = {"choices": chosen.model_dump(mode="json"), "changed_at": at}
    made = upsert(notifications).values(user=user.id, tenant=user.tenant, **kept)
    await db.execute(made.on_conflict_do_update(index_elements=["user"], set_=kept))
    return chosen
