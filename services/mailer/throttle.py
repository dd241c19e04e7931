"""At most so many mails in each window. Windows live in Redis; the truth is in PostgreSQL.

A window that Redis does not have, after a loss or a quiet time, is answered with `Load`: the mailer seeds
it from `sending.recipient` and asks again. So losing Redis delays a mail and never lets one through.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.mailer.guards import Window
from shared.contracts.errors import Throttled

AWAY = timedelta(seconds=5)
"""How soon a mail asks again for which Redis did not answer."""


@dataclass(frozen=True)
class Allowed:
    """It may go, and is counted."""


@dataclass(frozen=True)
class Held:
    """It may not go; nothing was counted. `until`: when the window has room, if nobody else takes it."""

    window: Window
    until: datetime


@dataclass(frozen=True)
class Load:
    """Redis has not these windows; seed each of them and ask again."""

    windows: tuple[Window, ...]


@dataclass(frozen=True)
class Counted:
    """A mail that was counted before, for seeding."""

    mail: UUID
    at: datetime
    """When it left, or until when it may leave."""


# A window is a sorted set of mails by milliseconds: when each left, or until when it may leave at the latest,
# so that no mail is forgotten while it is on its way. The member "" keeps an empty window alive; its score is
# the latest moment that was asked about: a clock that is behind must not look into a cut window. A mail that
# PostgreSQL only knows to be on its way stands as "?" and its name: it takes a place from all others, and has
# to ask for one itself, since more may be ready after a loss than there is room for.
# Arguments: now, mail, until when it may leave, then length and limit of each window in turn.
_ASK = """
local now, mail, till = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
local absent = {'load'}
for i, key in ipairs(KEYS) do
  if not redis.call('ZSCORE', key, '') then absent[#absent + 1] = i end
end
if #absent > 1 then return absent end
local function text(number) return string.format('%.0f', number) end
local moments, rooms, scores = {}, {}, {}
for i, key in ipairs(KEYS) do
  local window, limit = tonumber(ARGV[2 * i + 2]), tonumber(ARGV[2 * i + 3])
  local mine = tonumber(redis.call('ZSCORE', key, mail) or -1)
  moments[i] = math.max(now, tonumber(redis.call('ZSCORE', key, '')))
  rooms[i] = math.max(moments[i] - window, 0)
  scores[i] = math.max(moments[i], till, mine)
  if limit >= 0 and mine <= rooms[i] then
    local within = redis.call('ZRANGEBYSCORE', key, '(' .. text(rooms[i]), '+inf', 'WITHSCORES')
    local others, own = {}, '?' .. mail
    for at = 1, #within, 2 do
      if within[at] ~= '' and within[at] ~= own then others[#others + 1] = tonumber(within[at + 1]) end
    end
    if #others >= limit then return {'held', i, text(others[#others - limit + 1] + window)} end
  end
end
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, 0, text(rooms[i]))
  redis.call('ZREM', key, '?' .. mail)
  redis.call('ZADD', key, text(scores[i]), mail, text(moments[i]), '')
  redis.call('PEXPIRE', key, text(2 * tonumber(ARGV[2 * i + 2]) + math.max(scores[i] - now, 0)))
end
return {'allowed'}
"""

# Make a window of what PostgreSQL knows. Arguments: the latest moment, the life in milliseconds, then name,
# moment and 'way' or 'left' of each mail. What was counted meanwhile stays.
_SEED = """
redis.call('ZADD', KEYS[1], 'NX', ARGV[1], '')
for i = 3, #ARGV, 3 do
  local mail, at = ARGV[i], ARGV[i + 1]
  if ARGV[i + 2] == 'left' then
    redis.call('ZREM', KEYS[1], '?' .. mail)
    redis.call('ZADD', KEYS[1], 'NX', at, mail)
  elseif not redis.call('ZSCORE', KEYS[1], mail) then
    redis.call('ZADD', KEYS[1], 'NX', at, '?' .. mail)
  end
end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
"""

# What became of a mail that was on its way. Arguments: its name, when it left or '' if it did not, and
# 'seeded' when only what a seed said of it is to be mended, since it may have asked by itself.
_MEND = """
local mail, at = ARGV[1], ARGV[2]
for _, key in ipairs(KEYS) do
  local known = redis.call('ZREM', key, '?' .. mail) == 1
  if ARGV[3] ~= 'seeded' then known = known or redis.call('ZSCORE', key, mail) end
  if known and at ~= '' then redis.call('ZADD', key, at, mail) end
end
"""


class Throttle:
    """The windows of every tenant."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis
        self._ask = redis.register_script(_ASK)
        self._seed = redis.register_script(_SEED)
        self._mend = redis.register_script(_MEND)

    async def ask(
        self,
        mail: UUID,
        windows: Sequence[Window],
        *,
        tenant: str,
        now: datetime,
        until: datetime | None = None,
    ) -> Allowed | Held | Load:
        """Count a mail in all of its windows at once, or in none; once, however often it asks. `until`: when
        the attempt that asks has ended, and the mail has left or not; it counts as on its way until then.

        Raises:
            Throttled: Redis does not answer; the mail waits, and no attempt is used up.
        """
        arguments: list[int | str] = [_milliseconds_of(now), str(mail), _milliseconds_of(until or now)]
        for one in windows:
            arguments += [_milliseconds(one.length), -1 if one.limit is None else one.limit]
        try:
            answer = await self._ask(keys=[_key(tenant, one) for one in windows], args=arguments)
        except (RedisError, OSError) as error:
            raise _away() from error
        match [part.decode() if isinstance(part, bytes) else part for part in answer]:
            case ["load", *absent]:
                return Load(tuple(windows[int(index) - 1] for index in absent))
            case ["held", index, free]:
                return Held(windows[int(index) - 1], _moment(int(free)))
            case _:
                return Allowed()

    async def left(self, mail: UUID, windows: Sequence[Window], *, tenant: str, at: datetime) -> None:
        """Note when a mail left that was on its way. Without Redis it counts as on its way for longer."""
        with suppress(RedisError, OSError):
            keys = [_key(tenant, one) for one in windows]
            await self._mend(keys=keys, args=[str(mail), _milliseconds_of(at), ""])

    async def stays(self, mail: UUID, windows: Sequence[Window], *, tenant: str) -> None:
        """Note that a mail waits that a seed took to be on its way."""
        with suppress(RedisError, OSError):
            await self._mend(keys=[_key(tenant, one) for one in windows], args=[str(mail), "", "seeded"])

    async def seed(
        self, window: Window, known: Iterable[Counted], *, tenant: str, now: datetime | None = None
    ) -> None:
        """Make a window from what the database knows; what was counted meanwhile stays. `now`: what is known
        of later moments is on its way, and `mend` is to follow.

        Raises:
            Throttled: Redis does not answer.
        """
        at = {one.mail: _milliseconds_of(one.at) for one in known}
        newest = max(at.values(), default=-1)
        latest = newest if now is None else min(newest, _milliseconds_of(now))
        arguments: list[int | str] = [latest, 2 * _milliseconds(window.length) + newest - latest]
        for mail, moment in at.items():
            arguments += [str(mail), moment, "way" if moment > latest else "left"]
        try:
            await self._seed(keys=[_key(tenant, window)], args=arguments)
        except (RedisError, OSError) as error:
            raise _away() from error

    async def mend(
        self,
        window: Window,
        seeded: Iterable[Counted],
        known: Iterable[Counted],
        *,
        tenant: str,
        now: datetime,
    ) -> None:
        """Tell a window that was made of `seeded` what is `known` since: whoever left in between told a
        window that was not there.

        Raises:
            Throttled: Redis does not answer.
        """
        at = {one.mail: one.at for one in known}
        try:
            for mail in [one.mail for one in seeded if one.at > now]:
                if mail not in at:
                    await self._mend(keys=[_key(tenant, window)], args=[str(mail), "", "seeded"])
                elif at[mail] <= now:
                    moment = _milliseconds_of(at[mail])
                    await self._mend(keys=[_key(tenant, window)], args=[str(mail), moment, "seeded"])
        except (RedisError, OSError) as error:
            raise _away() from error


def _key(tenant: str, window: Window) -> str:
    # the braces keep a tenant's windows in one slot of a cluster; a window whose length changed is read anew
    return f"postroom:threshold:{{{tenant}}}:{window.key}:{_milliseconds(window.length)}"


def _away() -> Throttled:
    text = "the windows of the send threshold cannot be reached"
    return Throttled(text, code="redis", retry_after=AWAY)


def _milliseconds(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)


def _milliseconds_of(moment: datetime) -> int:
    return _milliseconds(moment - datetime(1970, 1, 1, tzinfo=UTC))


def _moment(milliseconds: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=milliseconds)
