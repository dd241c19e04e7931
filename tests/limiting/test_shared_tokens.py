"""Tokens that several processes share, in a real Redis: sealed, for a while, and asked for by one."""

import asyncio
import time
from uuid import uuid4

import pytest
from redis.asyncio import Redis

from shared.plugins.tokens import MARGIN_SECONDS, Token
from shared.storage.secrets import Opener, Safe
from shared.tokens import SharedTokens

VALUE = "eyJ0b2tlbg"


@pytest.fixture
def name() -> str:
    return f"https://login.example/tenant app {uuid4().hex}"


def safe(number: int = 1) -> Safe:
    return Opener("mailbox", bytes([number]) * 32).safe("tokens")


def good(value: str = VALUE, seconds: float = 3600, answers: str | None = None) -> Token:
    return Token(value, time.time() + seconds, answers)


async def values(redis: Redis) -> list[bytes]:
    found = [await redis.get(key) async for key in redis.scan_iter("postroom:token:*")]
    return [value for value in found if isinstance(value, bytes)]


async def test_a_token_of_one_process_serves_the_others(redis: Redis, name: str) -> None:
    token = good(answers='{"nbf": 1}')
    await SharedTokens(redis, safe()).put(name, token)
    other = SharedTokens(redis, safe())
    assert await other.get(name) == token
    assert await other.get(name, unless=VALUE) is None
    await SharedTokens(redis, safe()).put(name, good("newer"))
    assert (await other.get(name, unless=VALUE) or token).value == "newer"


async def test_nobody_reads_it_without_the_key(redis: Redis, name: str) -> None:
    await SharedTokens(redis, safe()).put(name, good())
    keys = b" ".join([key async for key in redis.scan_iter("*")])
    assert name.rpartition(" ")[2].encode() not in keys
    assert VALUE.encode() not in b" ".join(await values(redis))
    assert await SharedTokens(redis, safe(2)).get(name) is None


async def test_what_was_changed_or_moved_is_not_there(redis: Redis, name: str) -> None:
    await SharedTokens(redis, safe()).put(name, good())
    mine, other = (f"postroom:token:{{{safe().alias(each)}}}" for each in (name, f"{name} of another"))
    sealed = await redis.get(mine)
    assert isinstance(sealed, bytes)
    await redis.set(other, sealed)
    assert await SharedTokens(redis, safe()).get(f"{name} of another") is None
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), b"", b"x"):
        await redis.set(mine, wrong)
        assert await SharedTokens(redis, safe()).get(name) is None


async def test_it_is_gone_before_the_provider_ends_it(redis: Redis, name: str) -> None:
    store = SharedTokens(redis, safe())
    await store.put(name, good())
    key = f"postroom:token:{{{safe().alias(name)}}}"
    assert 0 < await redis.ttl(key) <= 3600 - MARGIN_SECONDS
    soon = f"{name} soon"
    await store.put(soon, good(seconds=MARGIN_SECONDS - 1))
    assert await store.get(soon) is None
    assert await redis.get(f"postroom:token:{{{safe().alias(soon)}}}") is None


async def test_many_processes_that_start_at_once_ask_once(redis: Redis, name: str) -> None:
    asked = 0

    async def process() -> str:
        nonlocal asked
        store = SharedTokens(redis, safe())
        async with store.turn(name):
            kept = await store.get(name)
            if kept is None:
                asked += 1
                await asyncio.sleep(0.01)
                kept = good(f"{VALUE}{asked}")
                await store.put(name, kept)
            return kept.value

    assert set(await asyncio.gather(*(process() for _ in range(12)))) == {f"{VALUE}1"}
    assert asked == 1


async def test_a_turn_is_given_back_when_asking_fails(redis: Redis, name: str) -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="refused"):
            async with SharedTokens(redis, safe()).turn(name):
                raise ValueError("refused")
    assert await redis.get(f"postroom:token:{{{safe().alias(name)}}}:turn") is None


async def test_without_redis_each_process_keeps_its_own(name: str) -> None:
    away = Redis.from_url("redis://127.0.0.1:1/0")
    store = SharedTokens(away, safe())
    async with store.turn(name):
        await store.put(name, good())
    assert await store.get(name) is not None
    assert await SharedTokens(away, safe()).get(name) is None
    await away.aclose()
