"""Colleagues who are on the same ticket: a page says that it is there, and asks who else is."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.desk.desk import Desk
from services.desk.live.presence import Doing, Told
from services.desk.queries.people import people_named
from services.desk.queries.presence import tell
from services.desk.queries.reading import Reading

log = structlog.get_logger()

MOST_SHOWN = 5
LEAVING: set[asyncio.Task[None]] = set()
"""Goodbyes on their way, which nobody else holds."""


@dataclass(frozen=True)
class Colleague:
    name: str
    address: str
    writes: bool


@dataclass(frozen=True)
class OpenPage:
    """One open page of a ticket."""

    desk: Desk
    tenant: str
    ticket: UUID
    user: UUID
    page: UUID

    async def says(self, doing: Doing) -> None:
        """Tell every process of the desk. What cannot be told is lost, and nothing else is."""
        told = Told(self.tenant, str(self.ticket), str(self.user), str(self.page), doing)
        try:
            async with self.desk.writing(self.tenant) as db:
                await tell(db, told)
        except (SQLAlchemyError, OSError) as error:
            log.warning("presence.untold", error=type(error).__name__)

    def leaves(self) -> None:
        """Say goodbye, without waiting: a stream that is cancelled cannot wait."""
        task = asyncio.get_running_loop().create_task(self.says("gone"))
        LEAVING.add(task)
        task.add_done_callback(LEAVING.discard)


async def colleagues_on(desk: Desk, reading: Reading, ticket: UUID, me: UUID) -> list[Colleague]:
    """Those who are on a ticket and are not the one who looks; who writes comes first."""
    present = [one for one in desk.live.presence.on(reading.tenant, ticket) if one.user != me]
    names = {one.id: one for one in await people_named(reading, [one.user for one in present])}
    return [
        Colleague(names[one.user].called, names[one.user].address, one.writes)
        for one in present[:MOST_SHOWN]
        if one.user in names
    ]
