"""Parked messages put back into their one queue, or dropped, by an administrator of their tenant."""

from uuid import UUID

from services.desk.desk import Desk
from services.desk.errors import Conflict, NotHere
from services.desk.languages import gettext
from shared.contracts.errors import Permanent
from shared.messaging.parked import ParkedMessage, take


async def put_back(desk: Desk, tenant: str, parked: UUID) -> None:
    """Put a parked message back into its one queue, then take it out of the table: never the other way.

    Raises:
        NotHere: it is not parked here. Conflict: it cannot go back.
    """
    async with desk.writing(tenant) as db:
        message = _own(await take(db, parked), tenant)
        if desk.transport is None:
            raise Conflict(
                gettext("This process cannot put messages back."),
                remedy=gettext("Use the command: postroom parked replay."),
            )
        try:
            await desk.transport.replay(message)
        except Permanent as error:
            raise Conflict(
                gettext("It cannot go back: %(why)s.", why=error.reason), remedy=gettext("Drop it.")
            ) from error


async def drop(desk: Desk, tenant: str, parked: UUID) -> None:
    """Raises NotHere: it is not parked here."""
    async with desk.writing(tenant) as db:
        _own(await take(db, parked), tenant)


def _own(message: ParkedMessage | None, tenant: str) -> ParkedMessage:
    """Only this tenant's: raising here rolls back what was taken out."""
    if message is None or message.tenant != tenant:
        raise NotHere(gettext("This message is not parked here, or somebody was faster."))
    return message
