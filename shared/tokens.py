"""Tokens that every process shares through Redis, sealed with a key that only those have who sign in."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from redis.asyncio import Redis
from redis.exceptions import LockError, RedisError

from shared.plugins.tokens import OwnTokens, Token
from shared.storage.secrets import Safe

PATIENCE_SECONDS = 2.0
"""A Redis that takes longer is not there; the provider is asked instead."""

TURN_SECONDS, WAIT_SECONDS = 30.0, 10.0
"""How long a turn lasts at most, and how long others wait for it before they ask themselves."""


class SharedTokens:
    """The tokens of this process, and behind them those that the others left in Redis."""

    def __init__(self, redis: Redis, safe: Safe) -> None:
        self._redis = redis
        self._safe = safe
        self._own = OwnTokens()

    async def get(self, name: str, unless: str | None = None) -> Token | None:
        token = await self._own.get(name, unless)
        if token is None:
            token = await self._left(name)
            if token is not None:
                await self._own.put(name, token)
        return token if token and token.good_for > 0 and token.value != unless else None

    async def put(self, name: str, token: Token) -> None:
        await self._own.put(name, token)
        seconds = int(token.good_for)
        if seconds > 0:
            told = json.dumps([token.value, token.until, token.answers])
            with suppress(RedisError, OSError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self._redis.set(self._key(name), self._safe.lock(told, name), ex=seconds)

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        async with self._own.turn(name):
            lock = self._redis.lock(
                f"{self._key(name)}:turn", timeout=TURN_SECONDS, blocking_timeout=WAIT_SECONDS, sleep=0.05
            )
            taken = False
            with suppress(RedisError, OSError):
                async with asyncio.timeout(WAIT_SECONDS + PATIENCE_SECONDS):
                    taken = await lock.acquire()
            try:
                yield
            finally:
                if taken:
                    with suppress(LockError, RedisError, OSError):
                        await lock.release()

    async def _left(self, name: str) -> Token | None:
        """What another process left; what does not open is not there."""
        sealed: bytes | None = None
        with suppress(RedisError, OSError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                sealed = await self._redis.get(self._key(name))  # type: ignore[assignment]  # nobody decodes
        told = self._safe.unlock(sealed, name) if sealed else None
        return None if told is None else Token(*json.loads(told))

    def _key(self, name: str) -> str:
        return f"postroom:token:{{{self._safe.alias(name)}}}"
