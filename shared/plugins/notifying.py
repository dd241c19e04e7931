"""A mailbox provider that tells of new mail: what it says, and how to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

from shared.contracts.waking import News


@dataclass(frozen=True)
class Notice:
    """One thing that somebody told in the provider's name; `proof` has yet to be compared."""

    subscription: str
    proof: str
    news: News


@dataclass(frozen=True)
class Subscription:
    """The provider tells of new mail until it expires, or is renewed."""

    id: str
    expires_at: datetime


@runtime_checkable
class Notifying(Protocol):
    """A provider that tells of new mail by a request to us. Both calls are pure, and quick."""

    def greeting(self, query: Mapping[str, str]) -> str | None:
        """Return what a request wants to hear that asks whether we are there; None: it tells something."""

    def notices(self, body: bytes) -> Sequence[Notice]:
        """Read what a request tells.

        Raises:
            Permanent: it is nothing that this provider would send.
        """


@runtime_checkable
class Subscribable(Protocol):
    """A connection to a mailbox of such a provider."""

    async def subscribe(self, url: str, proof: str) -> Subscription:
        """Let new mail of the folder be told to `url`, with `proof` in each notice."""

    async def renew(self, subscription: str) -> Subscription:
        """Let it live on.

        Raises:
            Gone: the provider has it no longer.
        """

    async def unsubscribe(self, subscription: str) -> None:
        """End it; nothing when it is gone."""
