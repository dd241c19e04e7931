"""From a mailbox's row to a live connection: settings checked, secret opened, limits shared."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Permanent
from shared.limiting import Limiter
from shared.plugins.loading import plugin
from shared.plugins.mailboxes import MailboxConnection, MailboxProvider, MailboxTools
from shared.storage.config import mailboxes
from shared.storage.secrets import Opener

MailboxRow = Row[Any]  # Any: the columns of config.mailbox


async def mailbox_row(db: AsyncConnection, tenant: str, mailbox: UUID) -> MailboxRow | None:
    """Load what people set about a mailbox."""
    found = await db.execute(select(mailboxes).where(mailboxes.c.tenant == tenant, mailboxes.c.id == mailbox))
    return found.one_or_none()


@dataclass
class _Open:
    stamp: str
    connection: MailboxConnection
    users: int = 0
    stale: bool = False


class Connections:
    """Connections to mailboxes, one for each while its settings stay the same."""

    def __init__(self, opener: Opener, limiter: Limiter, clock: Callable[[], datetime]) -> None:
        self._opener = opener
        self._clock = clock
        self._open: dict[UUID, _Open] = {}
        self._limiter = limiter

    def anew(self) -> "Connections":
        """Return others with the same keys and limits, which know of no token yet; to be closed."""
        return Connections(self._opener, self._limiter, self._clock)

    @asynccontextmanager
    async def to(self, row: MailboxRow) -> AsyncIterator[MailboxConnection]:
        """Use the connection of a mailbox.

        Raises:
            Permanent: the provider is not installed, or its settings are not valid.
        """
        entry = await self._entry(row)
        entry.users += 1
        try:
            yield entry.connection
        finally:
            entry.users -= 1
            if entry.stale and not entry.users:
                await entry.connection.close()

    async def close(self) -> None:
        for entry in self._open.values():
            await entry.connection.close()
        self._open.clear()

    async def _entry(self, row: MailboxRow) -> _Open:
        stamp = _stamp(row)
        known = self._open.get(row.id)
        if known is not None and known.stamp == stamp:
            return known
        entry = self._open[row.id] = _Open(stamp, self._connect(row))
        if known is not None:
            known.stale = True
            if not known.users:
                await known.connection.close()
        return entry

    def _connect(self, row: MailboxRow) -> MailboxConnection:
        provider: MailboxProvider = plugin("postroom.mailboxes", row.provider)
        try:
            settings = provider.settings.model_validate(row.settings)
        except ValidationError as error:
            wrong = ", ".join(".".join(map(str, problem["loc"])) for problem in error.errors())
            raise Permanent(
                f"the settings of this mailbox are not valid: {wrong}", code="settings"
            ) from error
        tools = MailboxTools(
            tenant=row.tenant,
            address=row.address,
            folder=row.folder,
            secret=self._opener.open(row.secret) if row.secret else None,
            limit=self._limiter.of(_app_and_mailbox(row)),
            clock=self._clock,
        )
        return provider.connect(settings, tools)


def _app_and_mailbox(row: MailboxRow) -> str:
    """What a provider counts by: the app is in the settings."""
    return hashlib.sha256(repr((row.provider, row.settings, row.address)).encode()).hexdigest()[:32]


def _stamp(row: MailboxRow) -> str:
    facts = (row.provider, row.settings, row.address, row.folder, row.secret)
    return hashlib.sha256(repr(facts).encode()).hexdigest()
