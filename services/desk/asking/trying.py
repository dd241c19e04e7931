"""Ask triggers to try a trigger: the desk decides nothing itself."""

from datetime import datetime, timedelta
from uuid import UUID

from services.desk.asking.commands import Done, Refused, StillWorking, ask
from services.desk.configuration.triggers import TriggerSettings, names_exist, values_of
from services.desk.desk import Desk
from services.desk.errors import Conflict
from services.desk.queries.people import User
from services.desk.wording.reported import reported
from shared.contracts.trials import TryTrigger

LONGEST = timedelta(days=90)
"""As long as events are kept."""


async def ask_to_try(
    desk: Desk, user: User, wanted: TriggerSettings, trigger: UUID | None, *, since: datetime, key: UUID
) -> UUID:
    """Ask, and return the trial's id; it may not have begun yet.

    Raises:
        Permanent: nothing is installed under the action's name, or it names what is not there.
        ValidationError: the action refuses its parameters.
        Conflict: triggers refused.
    """
    settings = values_of(wanted)
    async with desk.reading(user) as reading:
        await names_exist(reading.db, user.tenant, wanted)
    command = TryTrigger(
        id=key,
        tenant=user.tenant,
        trigger=trigger,
        settings=settings,
        since=since,
        until=desk.clock(),
    )
    match await ask(desk, command):
        case Refused(why):
            raise Conflict(reported(why))
        case Done() | StillWorking():
            return key
