"""The limit of one app and mailbox, kept by several processes together, in a real Redis."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from shared.contracts.errors import Throttled
from shared.limiting import LONGEST_PAUSE, Limiter, Limits, limits_within
from tests.messaging.bench import eventually, until

LIMITS = Limits(longest_wait=timedelta(seconds=10))
NO_WAIT = timedelta(milliseconds=200)


@pytest.fixture
def key() -> str:
    return uuid4().hex


class Requests:
    """Requests of several processes, counted as the provider counts them."""

    def __init__(self) -> None:
        self.now = 0
        self.most = 0
        self.done = 0

    async def one(self, limiter: Limiter, key: str, *, hold: asyncio.Event | None = None) -> None:
        async with limiter.of(key).request():
            self.now += 1
            self.most = max(self.most, self.now)
            await (hold.wait() if hold else asyncio.sleep(0.01))
            self.now -= 1
        self.done += 1


async def test_no_more_requests_run_at_once_than_all_processes_may_together(redis: Redis, key: str) -> None:
    seen = Requests()
    processes = [Limiter(redis, limits=LIMITS) for _ in range(4)]
    await asyncio.gather(*(seen.one(processes[number % 4], key) for number in range(60)))
    assert (seen.done, seen.most) == (60, LIMITS.slots)


async def test_one_process_leaves_a_place_to_another(redis: Redis, key: str) -> None:
    seen, hold = Requests(), asyncio.Event()
    greedy, other = Limiter(redis, limits=LIMITS), Limiter(redis, limits=LIMITS)
    holding = [asyncio.create_task(seen.one(greedy, key, hold=hold)) for _ in range(8)]
    await until(lambda: seen.now == LIMITS.share)
    await seen.one(other, key)
    hold.set()
    await asyncio.gather(*holding)


async def test_mailboxes_do_not_wait_for_one_another(redis: Redis, key: str) -> None:
    limiter, hold, seen = Limiter(redis, limits=LIMITS), asyncio.Event(), Requests()
    holding = [asyncio.create_task(seen.one(limiter, key, hold=hold)) for _ in range(3)]
    await until(lambda: seen.now == 3)
    await seen.one(limiter, f"{key}-other")
    hold.set()
    await asyncio.gather(*holding)


async def test_the_place_of_a_process_that_died_comes_back(redis: Redis, key: str) -> None:
    limits = replace(LIMITS, slots=1, lease_seconds=0.3)
    dead = Limiter(redis, limits=limits)
    dying = dead.of(key).request()
    await dying.__aenter__()
    for task in asyncio.all_tasks():
        if "_kept" in repr(task.get_coro()):
            task.cancel()  # a process that is killed renews nothing
    seen = Requests()
    await seen.one(Limiter(redis, limits=limits), key)
    assert seen.done == 1
    await dying.__aexit__(None, None, None)  # or the loop ends it later, on a connection that nobody closes


async def test_a_request_that_takes_long_keeps_its_place(redis: Redis, key: str) -> None:
    limits = replace(LIMITS, slots=1, lease_seconds=0.15, longest_wait=timedelta(seconds=0.6))
    slow, other = Limiter(redis, limits=limits), Limiter(redis, limits=limits)
    async with slow.of(key).request():
        with pytest.raises(Throttled) as caught:
            await Requests().one(other, key)
    assert caught.value.code == "limit"


@pytest.mark.parametrize("what", ["requests", "uploads"])
async def test_a_window_that_is_full_says_how_long_to_wait(redis: Redis, key: str, what: str) -> None:
    limits = Limits(requests=5, uploads=5_000, longest_wait=NO_WAIT)
    if what == "uploads":
        limits = replace(limits, requests=1_000)
    one, other = (Limiter(redis, limits=limits) for _ in range(2))
    for _ in range(5):
        async with one.of(key).request(1_000):
            pass
    with pytest.raises(Throttled) as caught:
        async with other.of(key).request(1_000):
            pass
    window = limits.request_window if what == "requests" else limits.upload_window
    assert caught.value.retry_after is not None
    assert timedelta(0) < caught.value.retry_after <= window * 1.1
    async with other.of(f"{key}-other").request(1_000):
        pass
    if what == "uploads":
        async with other.of(key).request():
            pass


async def test_a_window_empties_with_time(redis: Redis, key: str) -> None:
    limits = replace(LIMITS, requests=3, request_window=timedelta(seconds=0.5))
    seen = Requests()
    limiter = Limiter(redis, limits=limits)
    begun = asyncio.get_running_loop().time()
    for _ in range(7):
        await seen.one(limiter, key)
    assert asyncio.get_running_loop().time() - begun >= 1.0
    assert seen.done == 7


async def test_a_pause_that_one_process_was_told_holds_for_all(redis: Redis, key: str) -> None:
    moment = datetime(2030, 5, 17, 12, tzinfo=UTC)
    limits = replace(LIMITS, longest_wait=NO_WAIT)
    told, other = (Limiter(redis, lambda: moment, limits) for _ in range(2))
    await told.of(key).pause(timedelta(minutes=3))
    with pytest.raises(Throttled) as caught:
        await Requests().one(other, key)
    assert caught.value.retry_after == timedelta(minutes=3)
    later = Limiter(redis, lambda: moment + timedelta(minutes=3), limits)
    await Requests().one(later, key)


async def test_a_provider_that_asks_for_one_second_for_ever_is_left_alone_longer_and_longer(
    redis: Redis, key: str
) -> None:
    moment = datetime(2030, 5, 17, 12, tzinfo=UTC)
    limiter = Limiter(redis, lambda: moment, replace(LIMITS, longest_wait=NO_WAIT))
    pauses: list[timedelta] = []
    for _ in range(14):
        for _ in range(3):  # requests that were under way together are refused together
            await limiter.of(key).pause(timedelta(seconds=1))
        with pytest.raises(Throttled) as caught:
            await Requests().one(limiter, key)
        assert caught.value.retry_after is not None
        pauses.append(caught.value.retry_after)
        moment += caught.value.retry_after
    assert pauses[0] == timedelta(seconds=1)
    assert timedelta(seconds=6) <= pauses[3] <= timedelta(seconds=10)
    assert pauses[:6] == sorted(pauses[:6])
    assert LONGEST_PAUSE * 0.75 <= pauses[-1] <= LONGEST_PAUSE * 1.25


async def test_a_longer_wish_is_kept(redis: Redis, key: str) -> None:
    moment = datetime(2030, 5, 17, 12, tzinfo=UTC)
    limiter = Limiter(redis, lambda: moment, replace(LIMITS, longest_wait=NO_WAIT))
    await limiter.of(key).pause(timedelta(minutes=3))
    await limiter.of(key).pause(timedelta(seconds=5))
    with pytest.raises(Throttled) as caught:
        await Requests().one(limiter, key)
    assert caught.value.retry_after == timedelta(minutes=3)


def test_nobody_waits_for_a_place_until_the_row_is_another_workers() -> None:
    short = limits_within(timedelta(seconds=6))
    assert short.longest_wait + timedelta(seconds=short.lease_seconds) < timedelta(seconds=6)
    assert limits_within(timedelta(minutes=5)) == Limits()


async def test_without_redis_each_process_keeps_to_its_share(key: str) -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    seen, limiter = Requests(), Limiter(away, limits=LIMITS)
    await asyncio.gather(*(seen.one(limiter, key) for _ in range(12)))
    await limiter.of(key).pause(timedelta(minutes=1))
    assert (seen.done, seen.most) == (12, LIMITS.share)
    await away.aclose()


async def test_nothing_is_left_behind_when_nobody_asks(redis: Redis, key: str) -> None:
    await Requests().one(Limiter(redis, limits=LIMITS), key)

    async def bounded() -> bool:
        keys = [name async for name in redis.scan_iter(f"*{key}*")]
        return all([await redis.pttl(name) > 0 for name in keys])

    await eventually(bounded)
