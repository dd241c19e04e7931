"""At most so many mails to one address in a window. Windows live in Redis; the truth is in PostgreSQL.

A window that Redis does not have, after a loss or a quiet time, is answered with `Load`: the mailer seeds
it from `sending.recipient` and asks again. So losing Redis delays a mail and never lets one through.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Literal
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from shared.contracts.errors import Transient

WINDOW = timedelta(minutes=5)
PEOPLE_FACTOR = 10
"""How many times the budget of automatic mail a person has, in windows of their own."""
WrittenBy = Literal["person", "system"]


@dataclass(frozen=True)
class Allowed:
    """It may go, and is counted."""


@dataclass(frozen=True)
class Held:
    """It may not go; nothing was counted. `until`: when the window has room, if nobody else takes it."""

    address: str
    reason: str
    until: datetime


@dataclass(frozen=True)
class Load:
    """These addresses have no window; seed each of them and ask again."""

    addresses: tuple[str, ...]


@dataclass(frozen=True)
class Counted:
    """A mail that was counted before, for seeding."""

    mail: UUID
    at: datetime


def budget(threshold: int, written_by: WrittenBy) -> int | None:
    """How many mails to one address a window holds; None when there is no limit."""
    if threshold == 0:
        return None
    return threshold * PEOPLE_FACTOR if written_by == "person" else threshold


# A window is a sorted set: mail id by milliseconds, and a member "" at -1 that keeps an empty one alive.
# No mail counts before the newest that is in: a clock that is behind must not look into a cut window.
_ASK = """
local now, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local mail, life = ARGV[4], ARGV[5]
local absent = {'load'}
for i, key in ipairs(KEYS) do
  if not redis.call('ZSCORE', key, '') then absent[#absent + 1] = i end
end
if #absent > 1 then return absent end
local moments = {}
for i, key in ipairs(KEYS) do
  if not redis.call('ZSCORE', key, mail) then
    local newest = tonumber(redis.call('ZREVRANGE', key, 0, 0, 'WITHSCORES')[2])
    local moment = math.max(now, newest)
    local room = '(' .. string.format('%.0f', math.max(moment - window, 0))
    local count = redis.call('ZCOUNT', key, room, '+inf')
    if limit >= 0 and count >= limit then
      local first = redis.call('ZRANGEBYSCORE', key, room, '+inf', 'WITHSCORES', 'LIMIT', count - limit, 1)
      return {'held', i, string.format('%.0f', tonumber(first[2]) + window)}
    end
    moments[i] = moment
  end
end
for i, key in ipairs(KEYS) do
  if moments[i] then
    redis.call('ZREMRANGEBYSCORE', key, 0, string.format('%.0f', moments[i] - window))
    redis.call('ZADD', key, string.format('%.0f', moments[i]), mail)
  end
  redis.call('PEXPIRE', key, life)
end
return {'allowed'}
"""


class Throttle:
    """The windows of every tenant."""

    def __init__(self, redis: Redis, window: timedelta = WINDOW) -> None:
        self._redis = redis
        self._window = window
        self._ask = redis.register_script(_ASK)

    async def ask(
        self,
        mail: UUID,
        addresses: Iterable[str],
        *,
        tenant: str,
        written_by: WrittenBy,
        limit: int | None,
        now: datetime,
    ) -> Allowed | Held | Load:
        """Count a mail to all of its addresses at once, or to none; once, however often it asks.

        Without a limit it is counted and never held, as a mail that a person released.

        Raises:
            Transient: Redis does not answer; the mail waits.
        """
        asked = sorted({address.lower() for address in addresses})
        keys = [self._key(tenant, written_by, address) for address in asked]
        window = _milliseconds(self._window)
        arguments: list[int | str] = [
            _milliseconds_of(now),
            window,
            -1 if limit is None else limit,
            str(mail),
            2 * window,
        ]
        try:
            answer = await self._ask(keys=keys, args=arguments)
        except (RedisError, OSError) as error:
            raise Transient("the windows of the send threshold cannot be reached", code="redis") from error
        match [part.decode() if isinstance(part, bytes) else part for part in answer]:
            case ["load", *absent]:
                return Load(tuple(asked[int(index) - 1] for index in absent))
            case ["held", index, until]:
                return Held(asked[int(index) - 1], self._reason(limit), _moment(int(until)))
            case _:
                return Allowed()

    async def seed(
        self, address: str, known: Iterable[Counted], *, tenant: str, written_by: WrittenBy
    ) -> None:
        """Make a window from what the database knows; what was counted meanwhile stays.

        Raises:
            Transient: Redis does not answer.
        """
        key = self._key(tenant, written_by, address.lower())
        scores = {str(one.mail): _milliseconds_of(one.at) for one in known}
        try:
            async with self._redis.pipeline(transaction=True) as pipe:
                pipe.zadd(key, {"": -1, **scores}, nx=True)
                pipe.pexpire(key, 2 * self._window)
                await pipe.execute()
        except (RedisError, OSError) as error:
            raise Transient("the windows of the send threshold cannot be reached", code="redis") from error

    def _key(self, tenant: str, written_by: WrittenBy, address: str) -> str:
        # The braces keep a tenant's windows in one slot of a cluster; the address is hashed as in logs.
        return f"postroom:threshold:{{{tenant}}}:{written_by}:{sha256(address.encode()).hexdigest()[:32]}"

    def _reason(self, limit: int | None) -> str:
        minutes = f"{self._window / timedelta(minutes=1):g}"
        return f"mail_send_threshold: {limit} mails to one address within {minutes} minutes"


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _milliseconds_of(moment: datetime) -> int:
    return _milliseconds(moment - datetime(1970, 1, 1, tzinfo=UTC))


def _moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
