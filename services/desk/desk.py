"""What every part of the desk works with: built once by the process that runs it."""

from asyncio import Event
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Protocol
from uuid import UUID

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.desk.asking.answers import Answers
from services.desk.asking.explaining import Explains
from services.desk.live.telling import Live
from services.desk.queries.departments import as_seen_by
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.signin.published import Published
from services.desk.timeline.remoteimages import RemoteImages
from shared.blobs.store import BlobStore
from shared.messaging.parked import ParkedMessage
from shared.messaging.unit import Units
from shared.storage.engine import in_tenant
from shared.storage.secrets import Opener, Sealer


class Privacy(Protocol):
    """Exports and erases a contact, over the tables of every service: the desk itself does not reach them."""

    async def found(self, tenant: str, address: str) -> dict[str, int]:
        """Count what is known of an address."""

    async def export(self, tenant: str, address: str, to: Path) -> None:
        """Write all of it to a .zip that is not there yet."""

    async def erase(self, tenant: str, address: str, by: UUID) -> UUID:
        """Begin to erase; return the receipt, which tells when it is done."""


class Replays(Protocol):
    """The part of a transport that puts a parked message back into its one queue, and says how it stands."""

    async def replay(self, message: ParkedMessage) -> None: ...

    async def unready(self) -> str | None: ...

    async def queued(self) -> dict[str, int] | None: ...


def now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Desk:
    engine: AsyncEngine
    units: Units
    blobs: BlobStore
    sealer: Sealer | None = None
    """Seals the secrets of mailboxes; without it the page says that it cannot keep one."""
    hook_sealer: Sealer | None = None
    """Of secrets of webhooks."""
    sign_in: Opener | None = None
    """Of second factors and of providers who vouch for people; without it neither can be set up."""
    transport: Replays | None = None
    """For replay of parked messages; without it they are only shown."""
    privacy: Privacy | None = None
    """For exporting and erasing contacts; without it only commands do."""
    explains: Explains | None = None
    """Tells what the parser makes of a mail; without it only a command does."""
    public_url: str | None = None
    """Where providers reach it to tell of new mail; None: they do not."""
    images: RemoteImages = field(default_factory=RemoteImages)
    """Fetches what mails show from elsewhere, when somebody asks."""
    answers: Answers = field(default_factory=Answers)
    live: Live = field(default_factory=Live)
    clock: Callable[[], datetime] = now
    patience: timedelta = timedelta(seconds=10)
    """How long a page waits for the answer to a command before it says "still working"."""
    peopled: Event = field(default_factory=Event)
    """Set once a user was seen: from then on nobody asks again."""
    published: Published = field(default_factory=Published)
    """What the providers who vouch for people publish."""

    @asynccontextmanager
    async def reading(self, user: User) -> AsyncIterator[Reading]:
        """One transaction that reads what a person may see."""
        async with in_tenant(self.engine, user.tenant) as db:
            yield await as_seen_by(Reading(db, user.tenant), user)

    @asynccontextmanager
    async def reading_all(self, tenant: str) -> AsyncIterator[Reading]:
        """One transaction that reads the rows of a tenant, for nobody's eyes."""
        async with in_tenant(self.engine, tenant) as db:
            yield Reading(db, tenant)

    @asynccontextmanager
    async def writing(self, tenant: str) -> AsyncIterator[AsyncConnection]:
        """One transaction that writes what the desk owns; what others own is changed by commands."""
        async with in_tenant(self.engine, tenant) as db:
            yield db


def desk_of(request: Request) -> Desk:
    desk = request.app.state.desk
    assert isinstance(desk, Desk)
    return desk


TheDesk = Annotated[Desk, Depends(desk_of)]
