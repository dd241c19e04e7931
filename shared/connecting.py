"""From a mailbox's row to a live connection: settings checked, secret opened, limits shared."""

import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ValidationError
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Permanent
from shared.limiting import Limit, Limiter
from shared.plugins.loading import plugin
from shared.plugins.mailboxes import (
    MailboxConnection,
    MailboxProvider,
    MailboxTools,
    NamesApp,
    RequestLimit,
)
from shared.plugins.tokens import OwnTokens, TokenStore
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

    def __init__(
        self,
        opener: Opener,
        limiter: Limiter,
        clock: Callable[[], datetime],
        *,
        tokens: TokenStore | None = None,
        apps: Limiter | None = None,
    ) -> None:
        """Keep to the limits of each mailbox, and with `apps` to those of each app too. Without `tokens` they
        are this object's own."""
        self._opener = opener
        self._clock = clock
        self._tokens = tokens or OwnTokens()
        self._open: dict[UUID, _Open] = {}
        self._limiter = limiter
        self._apps = apps

    def anew(self) -> "Connections":
        """Return others with the same keys and limits, which know of no token yet; to be closed."""
        return Connections(self._opener, self._limiter, self._clock, apps=self._apps)

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
            limit=self._limit(provider, settings, row.address),
            clock=self._clock,
            tokens=self._tokens,
            secret_expires_at=row.secret_expires_at,
        )
        return provider.connect(settings, tools)

    def _limit(self, provider: MailboxProvider, settings: BaseModel, address: str) -> RequestLimit:
        """The limit by what the other side counts by, so that no other setting splits it."""
        app = provider.app_of(settings) if isinstance(provider, NamesApp) else ""
        of_mailbox = self._limiter.of(_key(provider.key, app, address.lower()))
        return (
            Within(of_mailbox, self._apps.of(_key(provider.key, app))) if app and self._apps else of_mailbox
        )


@dataclass(frozen=True)
class Within:
    """The limit of a mailbox within that of its app."""

    mailbox: Limit
    app: Limit

    @asynccontextmanager
    async def request(self, upload: int = 0) -> AsyncIterator[None]:
        # The app's place last: whoever waits for a mailbox must not keep one from the others.
        async with self.mailbox.request(upload), self.app.request():
            yield

    async def pause(self, wait: timedelta) -> None:
        await self.mailbox.pause(wait)


def _key(*counted_by: str) -> str:
    return hashlib.sha256(repr(counted_by).encode()).hexdigest()[:32]


def _stamp(row: MailboxRow) -> str:
    facts = (row.provider, row.settings, row.address, row.folder, row.secret, row.secret_expires_at)
    return hashlib.sha256(repr(facts).encode()).hexdigest()
