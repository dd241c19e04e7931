"""At most so many mails to one address in a window, on a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from services.mailer.throttle import WINDOW, Allowed, Counted, Held, Load, Throttle, WrittenBy, budget
from shared.contracts.errors import Transient

ADA, BOB = "ada@customer.example", "bob@customer.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Windows:
    """A throttle under a tenant of its own, loading as the mailer does.

    A mail whose clock is behind left when it asked: not before the one that asked earlier.
    """

    def __init__(self, redis: Redis) -> None:
        self.redis = redis
        self.throttle = Throttle(redis)
        self.tenant = uuid4().hex
        self.sent: list[tuple[str, WrittenBy, Counted]] = []

    async def ask(
        self,
        *addresses: str,
        mail: UUID | None = None,
        limit: int | None = 2,
        now: datetime = NOW,
        written_by: WrittenBy = "system",
    ) -> Allowed | Held:
        mail = mail or uuid4()
        while True:
            answer = await self.throttle.ask(
                mail, addresses, tenant=self.tenant, written_by=written_by, limit=limit, now=now
            )
            if isinstance(answer, Load):
                for address in answer.addresses:
                    await self.seed(address, written_by)
                continue
            if isinstance(answer, Allowed):
                for address in addresses:
                    moment = max([now, *(one.at for to, _, one in self.sent if to == address.lower())])
                    self.sent.append((address.lower(), written_by, Counted(mail, moment)))
            return answer

    async def seed(self, address: str, written_by: WrittenBy = "system") -> None:
        known = [counted for to, by, counted in self.sent if (to, by) == (address, written_by)]
        await self.throttle.seed(address, known, tenant=self.tenant, written_by=written_by)

    async def lose(self) -> None:
        if keys := await self.redis.keys(f"postroom:threshold:{{{self.tenant}}}:*"):
            await self.redis.delete(*keys)


@pytest.fixture
async def windows(redis_url: str) -> AsyncIterator[Windows]:
    redis = Redis.from_url(redis_url)
    yield Windows(redis)
    await redis.aclose()


async def test_mails_beyond_the_threshold_are_held_until_there_is_room(windows: Windows) -> None:
    assert await windows.ask(ADA) == Allowed()
    assert await windows.ask(ADA, now=NOW + timedelta(minutes=1)) == Allowed()
    held = await windows.ask(ADA, now=NOW + timedelta(minutes=2))
    assert isinstance(held, Held)
    assert (held.address, held.until) == (ADA, NOW + WINDOW)
    assert held.reason == "mail_send_threshold: 2 mails to one address within 5 minutes"
    assert await windows.ask(ADA, now=held.until) == Allowed()


async def test_other_addresses_have_windows_of_their_own(windows: Windows) -> None:
    for _ in range(2):
        await windows.ask(ADA)
    assert await windows.ask(BOB) == Allowed()


async def test_case_of_an_address_makes_no_difference(windows: Windows) -> None:
    await windows.ask(ADA)
    await windows.ask(ADA.upper())
    assert isinstance(await windows.ask(ADA.title()), Held)


async def test_mail_to_several_is_counted_for_all_or_none(windows: Windows) -> None:
    for _ in range(2):
        await windows.ask(ADA)
    held = await windows.ask(BOB, ADA)
    assert isinstance(held, Held)
    assert held.address == ADA
    assert [await windows.ask(BOB) for _ in range(2)] == [Allowed(), Allowed()]


async def test_mail_that_asks_again_is_counted_once(windows: Windows) -> None:
    mail = uuid4()
    for _ in range(5):
        assert await windows.ask(ADA, mail=mail) == Allowed()
    assert await windows.ask(ADA) == Allowed()
    assert isinstance(await windows.ask(ADA), Held)


async def test_people_have_their_own_higher_budget(windows: Windows) -> None:
    for _ in range(2):
        await windows.ask(ADA)
    limit = budget(2, "person")
    answers = [await windows.ask(ADA, limit=limit, written_by="person") for _ in range(21)]
    assert answers[:20] == [Allowed()] * 20
    assert isinstance(answers[20], Held)


async def test_mail_without_a_limit_is_counted_and_never_held(windows: Windows) -> None:
    for _ in range(3):
        assert await windows.ask(ADA, limit=None) == Allowed()
    assert isinstance(await windows.ask(ADA), Held)


@pytest.mark.parametrize(
    ("threshold", "written_by", "limit"),
    [(5, "system", 5), (5, "person", 50), (0, "system", None), (0, "person", None)],
)
def test_budget(threshold: int, written_by: WrittenBy, limit: int | None) -> None:
    assert budget(threshold, written_by) == limit


async def test_lost_windows_are_loaded_again(windows: Windows) -> None:
    for _ in range(2):
        await windows.ask(ADA)
    await windows.lose()
    assert isinstance(await windows.ask(ADA), Held)


async def test_absent_window_asks_to_be_loaded(windows: Windows) -> None:
    answer = await windows.throttle.ask(
        uuid4(), [ADA, BOB], tenant=windows.tenant, written_by="system", limit=2, now=NOW
    )
    assert answer == Load((ADA, BOB))


async def test_seeding_forgets_nothing_that_was_counted_meanwhile(windows: Windows) -> None:
    for _ in range(2):
        await windows.ask(ADA)
    await windows.throttle.seed(ADA, [], tenant=windows.tenant, written_by="system")
    assert isinstance(await windows.ask(ADA), Held)


async def test_tenants_do_not_share_windows(windows: Windows) -> None:
    for _ in range(2):
        await windows.ask(ADA)
    assert await Windows(windows.redis).ask(ADA) == Allowed()


async def test_many_at_once_stay_within_the_threshold(windows: Windows) -> None:
    await windows.seed(ADA)
    answers = await asyncio.gather(*(windows.ask(ADA, limit=5) for _ in range(40)))
    assert answers.count(Allowed()) == 5


async def test_mail_waits_without_redis() -> None:
    redis = Redis.from_url("redis://127.0.0.1:9/0")
    throttle = Throttle(redis)
    with pytest.raises(Transient):
        await throttle.ask(uuid4(), [ADA], tenant="t", written_by="system", limit=1, now=NOW)
    with pytest.raises(Transient):
        await throttle.seed(ADA, [], tenant="t", written_by="system")
    await redis.aclose()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    limit=st.integers(1, 4),
    asked=st.lists(
        st.tuples(st.integers(0, 1200), st.sampled_from([(ADA,), (BOB,), (ADA, BOB)]), st.booleans()),
        max_size=30,
    ),
)
def test_threshold_is_never_exceeded_in_any_order(
    redis_url: str, limit: int, asked: list[tuple[int, tuple[str, ...], bool]]
) -> None:
    async def ask_all() -> Windows:
        async with Redis.from_url(redis_url) as redis:
            windows = Windows(redis)
            for seconds, addresses, lost in asked:
                if lost:
                    await windows.lose()
                await windows.ask(*addresses, limit=limit, now=NOW + timedelta(seconds=seconds))
            return windows

    windows = asyncio.run(ask_all())
    for address in (ADA, BOB):
        moments = sorted(counted.at for to, _, counted in windows.sent if to == address)
        for first, beyond in zip(moments, moments[limit:], strict=False):
            assert beyond - first >= WINDOW
