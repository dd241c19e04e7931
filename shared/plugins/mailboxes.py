"""A mailbox provider: lists, fetches and settles mail, and sends it.

A provider raises only `Transient`, `Throttled`, `Permanent`, `SenderRefused`, `AuthExpired`, `Gone` and
`CursorExpired`.
Every call may be repeated after a crash; `dispatch` alone has an effect that cannot be taken back.
"""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel

from shared.contracts.errors import Permanent
from shared.plugins.tokens import OwnTokens, TokenStore


class Gone(Permanent):
    """The mail is no longer there: moved or deleted by somebody else."""


class CursorExpired(Exception):
    """The listing must begin anew; mails seen before will be listed again."""


@dataclass(frozen=True)
class Listed:
    """A mail the provider told of. `provider_id` stays the same while the mail is in the mailbox.
    `size`: in bytes, when the listing tells it."""

    provider_id: str
    received_at: datetime | None = None
    size: int | None = None


@dataclass(frozen=True)
class Page:
    """One page of a listing. `more`: the next page is ready now; else ask at the next scan."""

    mails: tuple[Listed, ...]
    cursor: str
    more: bool


@dataclass(frozen=True)
class Folder:
    id: str
    name: str
    path: str


@dataclass(frozen=True)
class MarkRead:
    """Settle a stored mail by marking it read."""


@dataclass(frozen=True)
class MoveTo:
    """Settle a stored mail by moving it to a folder."""

    folder: str


class Done(StrEnum):
    """What became of a stored mail in its mailbox."""

    LEFT = "left"
    MARKED_READ = "marked_read"
    MOVED = "moved"
    ELSEWHERE = "elsewhere"
    """Somebody had moved it to another folder."""
    GONE = "gone"


@dataclass(frozen=True)
class Settled:
    """The receipt of a settled mail. `folder` and `provider_id`: where it is now, and under which id."""

    done: Done
    folder: str | None = None
    provider_id: str | None = None


@dataclass(frozen=True)
class Sent:
    """The mail left. `message_id` as the provider has it now, without angle brackets, when it can say."""

    message_id: str | None


@dataclass(frozen=True)
class Prepared:
    """The mail waits at the provider and did not leave."""

    handle: str


@dataclass(frozen=True)
class Unconfirmed:
    """It may have left, and nobody can find out any more, now or later: a person must decide."""

    why: str


class Verdict(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Finding:
    """What one check of a mailbox found, and what a person can do about it."""

    check: str
    verdict: Verdict
    found: str
    remedy: str | None = None
    code: str | None = None
    """The provider's own."""
    request_id: str | None = None


PROBE_HEADER = "X-Postroom-Probe"
"""Marks the doctor's own mail: no ticket is made of it when it comes back."""


@runtime_checkable
class Examinable(Protocol):
    """A connection that can be examined: each permission by itself, and without harm."""

    def examine(
        self, folders: Sequence[str], *, send: bool, authors: Sequence[str] | None = None
    ) -> AsyncGenerator[Finding]:
        """Check one thing after the other. `folders`: those in use. `send`: let a probe really leave, to the
        mailbox itself, and look what comes back. `authors`: other addresses that mail goes out from through
        it; None: mail goes out from the mailbox alone."""


@runtime_checkable
class NamesApp(Protocol):
    """A provider whose other side counts requests by the app that signs in."""

    def app_of(self, settings: Any) -> str:  # Any: the provider's model
        """Name the app; two mailboxes with one name share its limits."""


@runtime_checkable
class ShowsNewest(Protocol):
    """A connection that can show the latest mails beside a listing that takes long."""

    async def newest(self) -> tuple[Listed, ...]:
        """Return the latest mails of the folder by when they were received, as many as are quickly told."""


class MailboxConnection(Protocol):
    """One mailbox, reachable. Used by one worker at a time."""

    async def folders(self) -> list[Folder]: ...

    async def list(self, cursor: str | None, since: datetime | None) -> Page:
        """Return the page behind `cursor`; without one, begin.

        `since`: a hint; mails received before it may be left out. Ingest gives none: it knows which mail is
        moved into the folder later because it has seen all that was there.
        """

    async def size(self, provider_id: str) -> int | None:
        """Return the mail's size in bytes, where the provider knows it before the download."""

    async def fetch(self, provider_id: str) -> bytes:
        """Return the RFC 5322 bytes."""

    async def settle(self, provider_id: str, how: MarkRead | MoveTo) -> Settled | None:
        """Do it, and say where the mail is now, where the provider can. Done before is done.

        A mail that somebody has moved out of the listed folder meanwhile stays where they want it.
        """

    async def prepare(self, mime: bytes, key: str) -> str:
        """Lay the mail ready under our `key` and return its handle; nothing leaves yet."""

    async def dispatch(self, handle: str) -> None:
        """Let the prepared mail go. After a `Transient` the outcome is unknown: ask `find_sent`."""

    async def discard(self, handle: str) -> None:
        """Throw away what was prepared and will not leave; nothing when it is gone."""

    async def find_sent(self, handle: str | None, key: str) -> Sent | Prepared | Unconfirmed | None:
        """Say what became of the mail with our `key`; None: there is no trace. `Unconfirmed` is for good."""

    async def close(self) -> None: ...


class RequestLimit(Protocol):
    """The provider's limit for this app and mailbox, which every process keeps to together."""

    def request(self, upload: int = 0) -> AbstractAsyncContextManager[None]:
        """Hold a place for one request with a body of `upload` bytes; enter it around each.

        Raises:
            Throttled: there will be none for a while; it says how long.
        """

    async def pause(self, wait: timedelta) -> None:
        """Tell that the provider wants nobody to ask for a time."""


@dataclass(frozen=True)
class MailboxTools:
    """What a connection gets from its service."""

    tenant: str
    address: str
    folder: str
    secret: str | None
    limit: RequestLimit
    clock: Callable[[], datetime]
    tokens: TokenStore = field(default_factory=OwnTokens)
    secret_expires_at: datetime | None = None
    """As a person or the certificate said."""


@dataclass(frozen=True)
class Pace:
    """How much one mailbox may send."""

    recipients_a_day: int


class MailboxProvider(Protocol):
    """A kind of mailbox; found by its entry point in `postroom.mailboxes`."""

    key: ClassVar[str]
    title: ClassVar[str]
    about: ClassVar[str]
    """One sentence for whoever adds a mailbox: what it does."""
    secret: ClassVar[str]
    """What the secret of a mailbox is here, as the form calls it."""
    settings: ClassVar[type[BaseModel]]
    pace: ClassVar[Pace | None]
    """None: it sets no limit."""

    def connect(self, settings: Any, tools: MailboxTools) -> MailboxConnection:  # Any: the model above
        """Make a connection; no network yet."""
