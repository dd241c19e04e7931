"""The limits of a provider for one app and mailbox, kept by every process together, in Redis.

Exchange Online allows an app four requests at once, 10,000 requests in ten minutes and 150 MB of uploads in
five minutes for each mailbox (Microsoft's page "throttling-limits"). Without Redis each process keeps to its
own share, and the provider says when it is too much.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.contracts.errors import Throttled

log = structlog.get_logger()

SLOTS = 4
"""Requests at once, of all processes."""

SHARE = 3
"""Requests at once of one process, so that the other one is never shut out."""

REQUESTS, REQUEST_WINDOW = 10_000, timedelta(minutes=10)
UPLOADS, UPLOAD_WINDOW = 150_000_000, timedelta(minutes=5)
"""Bytes of bodies."""

LEASE_SECONDS = 15.0
"""How long the place of a process that was killed stays taken; a request at work renews it."""

LONGEST_WAIT = timedelta(seconds=20)
"""Whoever would wait longer comes again later and gives its place in the process to another mailbox."""

FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=1), timedelta(minutes=10)
"""A pause lasts as long as the provider asked; when it refuses again soon after, twice as long as before:
Graph may ask for one second for ever."""

FORGET_PAUSES = timedelta(minutes=1)
"""When nobody was refused for this long after a pause, the next one is a first one again."""

BUCKETS = 10
"""Parts of a window. One more than these is counted, so no window of that length ever holds too much."""

_AWAY_SECONDS = 5.0
"""How long Redis is not asked again after it did not answer."""

# Answers how many milliseconds to wait, 0: the place is taken, and -1 for a place that will be free soon.
_TAKE = """
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local pause = tonumber(redis.call('GET', KEYS[4]) or 0) - tonumber(ARGV[10])
if pause > 0 then return pause end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local function room(key, window, limit, cost, most)
  local width = window / most
  local bucket, sum, oldest = math.floor(now / width), 0, nil
  local found = redis.call('HGETALL', key)
  for i = 1, #found, 2 do
    local at = tonumber(found[i])
    if at < bucket - most then redis.call('HDEL', key, found[i])
    else
      sum = sum + tonumber(found[i + 1])
      if not oldest or at < oldest then oldest = at end
    end
  end
  if sum == 0 or sum + cost <= limit then return 0, bucket end
  return (oldest + most + 1) * width - now, bucket
end
local buckets = tonumber(ARGV[9])
local waits, requests = room(KEYS[2], tonumber(ARGV[4]), tonumber(ARGV[5]), 1, buckets)
if waits > 0 then return math.ceil(waits) end
local cost = tonumber(ARGV[8])
local slower, bytes = room(KEYS[3], tonumber(ARGV[6]), tonumber(ARGV[7]), cost, buckets)
if cost > 0 and slower > 0 then return math.ceil(slower) end
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[2]) then return -1 end
redis.call('ZADD', KEYS[1], now + ARGV[3], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[3] * 2)
redis.call('HINCRBY', KEYS[2], requests, 1)
redis.call('PEXPIRE', KEYS[2], ARGV[4] * 2)
if cost > 0 then
  redis.call('HINCRBY', KEYS[3], bytes, cost)
  redis.call('PEXPIRE', KEYS[3], ARGV[6] * 2)
end
return 0
"""

_RENEW = """
local time = redis.call('TIME')
redis.call('ZADD', KEYS[1], 'XX', time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2], ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2] * 2)
"""


# Answers how many milliseconds the pause lasts. Several refusals of one moment are one.
_PAUSE = """
local now, asked = tonumber(ARGV[1]), tonumber(ARGV[2])
local before, lasts = tonumber(redis.call('GET', KEYS[1]) or 0) - now, asked
if before > 0 then lasts = math.max(asked, before)
else
  local streak = redis.call('INCR', KEYS[2])
  local grown = tonumber(ARGV[3]) * 2 ^ math.min(streak - 1, 30)
  if streak > 1 then lasts = math.max(asked, math.min(grown, tonumber(ARGV[4])) * tonumber(ARGV[5])) end
end
lasts = math.max(1, math.ceil(lasts))
redis.call('SET', KEYS[1], string.format('%.0f', now + lasts), 'PX', lasts)
redis.call('PEXPIRE', KEYS[2], lasts + tonumber(ARGV[6]))
return lasts
"""


@dataclass(frozen=True)
class Limits:
    """What a provider allows for one app and mailbox."""

    slots: int = SLOTS
    share: int = SHARE
    requests: int = REQUESTS
    request_window: timedelta = REQUEST_WINDOW
    uploads: int = UPLOADS
    upload_window: timedelta = UPLOAD_WINDOW
    lease_seconds: float = LEASE_SECONDS
    longest_wait: timedelta = LONGEST_WAIT
    whose: str = "to this mailbox"

    def of_an_app(self, slots: int) -> "Limits":
        """The limit of an app over all its mailboxes: so many requests at once, and no other."""
        share, plenty = max(1, slots - 1), 10**9
        return replace(
            self, slots=slots, share=share, requests=plenty, uploads=plenty * 10**6, whose="of this app"
        )


def limits_within(lease: timedelta) -> Limits:
    """The limits for workers that may take so long over a row: they must not wait for a place until it is
    another's."""
    most = lease / 4
    return Limits(
        lease_seconds=min(LEASE_SECONDS, most.total_seconds()), longest_wait=min(LONGEST_WAIT, most)
    )


class Limiter:
    """The limits of every app and mailbox that this process talks to."""

    def __init__(
        self,
        redis: Redis | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        limits: Limits | None = None,
    ) -> None:
        self.redis = redis
        self._clock = clock
        self.limits = limits or Limits()
        self._here: defaultdict[str, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(self.limits.share)
        )
        self._away_until = 0.0
        self._take = redis.register_script(_TAKE) if redis else None
        self._renew = redis.register_script(_RENEW) if redis else None
        self._longer = redis.register_script(_PAUSE) if redis else None

    def of(self, key: str) -> "Limit":
        """The limit of one app and mailbox; `key` names both."""
        return Limit(self, key)

    @asynccontextmanager
    async def place(self, key: str, upload: int) -> AsyncIterator[None]:
        """Hold a place for one request with a body of `upload` bytes.

        Raises:
            Throttled: there will be none for a while; it says how long.
        """
        async with self._here[key]:
            token = await self._taken(key, upload)
            if token is None:
                yield
                return
            renewing = asyncio.create_task(self._kept(key, token))
            try:
                yield
            finally:
                renewing.cancel()
                with suppress(RedisError, OSError):
                    await self._redis().zrem(_keys(key)[0], token)

    async def pause(self, key: str, wait: timedelta) -> None:
        """Let nobody ask for a time: the provider said so to one of us."""
        with suppress(RedisError, OSError):
            if self._reachable():
                assert self._longer is not None
                spread = random.uniform(0.75, 1.25)  # noqa: S311 - so that mailboxes do not come back at once
                lengths = [_milliseconds(each) for each in (wait, FIRST_PAUSE, LONGEST_PAUSE)]
                told = [_since_epoch(self._clock()), *lengths, spread, _milliseconds(FORGET_PAUSES)]
                await self._longer(keys=_keys(key)[3:], args=told)

    async def _taken(self, key: str, upload: int) -> str | None:
        """Wait for a place. None: Redis does not answer, so this process keeps to its own share."""
        token, loop = uuid4().hex, asyncio.get_running_loop()
        until = loop.time() + self.limits.longest_wait.total_seconds()
        while self._reachable():
            try:
                wait = await self._asked(key, token, upload)
            except (RedisError, OSError) as error:
                log.warning("limiter.away", error=type(error).__name__)
                self._away_until = loop.time() + _AWAY_SECONDS
                return None
            if wait == 0:
                return token
            seconds = random.uniform(0.01, 0.05) if wait < 0 else wait / 1000  # noqa: S311 - only spreads
            if loop.time() + seconds > until:
                raise Throttled(
                    f"the limit of requests {self.limits.whose} is reached",
                    code="limit",
                    retry_after=timedelta(seconds=seconds),
                )
            await asyncio.sleep(seconds)
        return None

    async def _asked(self, key: str, token: str, upload: int) -> int:
        assert self._take is not None
        limits = self.limits
        arguments: list[str | int] = [
            token,
            limits.slots,
            round(limits.lease_seconds * 1000),
            _milliseconds(limits.request_window),
            limits.requests,
            _milliseconds(limits.upload_window),
            limits.uploads,
            upload,
            BUCKETS,
            _since_epoch(self._clock()),
        ]
        return int(await self._take(keys=_keys(key)[:4], args=arguments))

    async def _kept(self, key: str, token: str) -> None:
        assert self._renew is not None
        while True:
            await asyncio.sleep(self.limits.lease_seconds / 3)
            with suppress(RedisError, OSError):
                await self._renew(keys=_keys(key)[:1], args=[token, round(self.limits.lease_seconds * 1000)])

    def _reachable(self) -> bool:
        return self.redis is not None and asyncio.get_running_loop().time() >= self._away_until

    def _redis(self) -> Redis:
        assert self.redis is not None
        return self.redis


@dataclass(frozen=True)
class Limit:
    """One app and mailbox."""

    limiter: Limiter
    key: str

    @asynccontextmanager
    async def request(self, upload: int = 0) -> AsyncIterator[None]:
        async with self.limiter.place(self.key, upload):
            yield

    async def pause(self, wait: timedelta) -> None:
        await self.limiter.pause(self.key, wait)


def _keys(key: str) -> list[str]:
    # the braces keep them in one slot of a cluster
    parts = ("slots", "requests", "uploads", "pause", "streak")
    return [f"postroom:limit:{{{key}}}:{part}" for part in parts]


def _since_epoch(moment: datetime) -> int:
    return _milliseconds(moment - datetime(1970, 1, 1, tzinfo=UTC))


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
