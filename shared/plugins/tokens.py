"""Tokens of a provider, kept for a while: one request for many connections."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

MARGIN_SECONDS = 300
"""A token with less than this left counts as expired: a request may take a while."""


@dataclass(frozen=True)
class Token:
    value: str = field(repr=False)
    until: float
    """In seconds since 1970."""
    answers: str | None = None
    """The provider's challenge that it was asked for with."""

    @property
    def good_for(self) -> float:
        """Seconds for which it may be used."""
        return self.until - time.time() - MARGIN_SECONDS


class TokenStore(Protocol):
    """Where a connection keeps its token. Whoever finds none asks the provider; nothing else is lost.

    A name says all that a token depends on, the secret too: a changed secret finds no token of the old one.
    """

    async def get(self, name: str, unless: str | None = None) -> Token | None:
        """Return a token that may be used; `unless`: a value that was refused."""

    async def put(self, name: str, token: Token) -> None: ...

    def turn(self, name: str) -> AbstractAsyncContextManager[None]:
        """Let others wait while one asks the provider. Look again inside: somebody may have been first."""


class OwnTokens:
    """The tokens of this process alone."""

    def __init__(self) -> None:
        self._kept: dict[str, Token] = {}
        self._turns: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def get(self, name: str, unless: str | None = None) -> Token | None:
        kept = self._kept.get(name)
        return kept if kept and kept.good_for > 0 and kept.value != unless else None

    async def put(self, name: str, token: Token) -> None:
        self._kept = {known: kept for known, kept in self._kept.items() if kept.good_for > 0}
        self._kept[name] = token

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        async with self._turns[name]:
            yield
