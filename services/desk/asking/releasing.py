"""Let mail go or discard it, one or many: each mail by a command of its own."""

import asyncio
from collections.abc import Sequence
from typing import Literal
from uuid import UUID, uuid5

from services.desk.asking.commands import Answer, Refused, ask
from services.desk.desk import Desk
from services.desk.making import actor_of
from services.desk.queries.outgoing import mails_meant
from services.desk.queries.people import User
from shared.contracts.sending import CancelMail, ReleaseMail

AT_ONCE = 4
"""As many mails of one call are acted on at once: others use the desk too."""
Action = Literal["release", "cancel"]


def command_for(action: Action, user: User, mail: UUID, key: UUID) -> ReleaseMail | CancelMail:
    made = ReleaseMail if action == "release" else CancelMail
    return made(id=key, tenant=user.tenant, outgoing=mail, actor=actor_of(user))


async def act_on_many(
    desk: Desk,
    user: User,
    action: Action,
    wanted: Sequence[UUID],
    *,
    incident: UUID | None,
    key: UUID,
) -> dict[UUID, Answer]:
    """Act on mails, or on what an incident holds: 200 at most. The same key again does nothing twice."""
    async with desk.reading(user) as reading:
        meant = await mails_meant(reading, wanted, incident)
    free = asyncio.Semaphore(AT_ONCE)

    async def one(mail: UUID) -> Answer:
        async with free:
            return await ask(desk, command_for(action, user, mail, uuid5(key, str(mail))))

    answers = dict(zip(meant, await asyncio.gather(*map(one, meant)), strict=True))
    unknown = Refused("there is no such outgoing mail")
    return answers | {mail: unknown for mail in wanted if mail not in answers}
