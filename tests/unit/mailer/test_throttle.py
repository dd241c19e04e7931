"""At most so many mails to one address in a window, on a real Redis."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from services.mailer.guards import THRESHOLD_WINDOW as WINDOW
from services.mailer.guards import Guard, Window, WrittenBy, budget
from services.mailer.throttle import Allowed, Counted, Held, Load, Throttle
from shared.contracts.errors import Transient

ADA, BOB = "ada@customer.example", "bob@customer.example"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def to(address: str, limit: int | None, written_by: WrittenBy = "system") -> Window:
    return Window(Guard.ADDRESS, address.lower(), written_by, limit)


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
            windows = [to(address, limit, written_by) for address in addresses]
            answer = await self.throttle.ask(mail, windows, tenant=self.tenant, now=now)
            if isinstance(answer, Load):
                for window in answer.windows:
                    await self.seed(window.about, written_by)
                continue
            if isinstance(answer, Allowed):
                for address in addresses:
                    moment = max([now, *(one.at for whom, _, one in self.sent if whom == address.lower())])
                    self.sent.append((address.lower(), written_by, Counted(mail, moment)))
            return answer

    async def seed(self, address: str, written_by: WrittenBy = "system") -> None:
        known = [counted for whom, by, counted in self.sent if (whom, by) == (address, written_by)]
        await self.throttle.seed(to(address, 0, written_by), known, tenant=self.tenant)

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
    assert (held.window.about, held.until) == (ADA, NOW + WINDOW)
    assert held.window.reason == "mail_send_threshold: 2 mails to one address within 5 minutes"
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
    assert held.window.about == ADA
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
    asked = (to(ADA, 2), to(BOB, 2))
    answer = await windows.throttle.ask(uuid4(), asked, tenant=windows.tenant, now=NOW)
    assert answer == Load(asked)


async def test_seeding_forgets_nothing_that_was_counted_meanwhile(windows: Windows) -> None:
    for _ in range(2):
        await windows.ask(ADA)
    await windows.throttle.seed(to(ADA, 2), [], tenant=windows.tenant)
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
        await throttle.ask(uuid4(), [to(ADA, 1)], tenant="t", now=NOW)
    with pytest.raises(Transient):
        await throttle.seed(to(ADA, 1), [], tenant="t")
    await redis.aclose()


async def test_a_mail_on_its_way_counts_until_it_has_left_and_from_then_for_a_window(
    windows: Windows,
) -> None:
    slow, window = uuid4(), [to(ADA, 1)]
    await windows.seed(ADA)
    until = NOW + 3 * WINDOW
    assert await windows.throttle.ask(slow, window, tenant=windows.tenant, now=NOW, until=until) == Allowed()
    assert isinstance(await windows.ask(ADA, limit=1, now=NOW + 2 * WINDOW), Held)
    left = NOW + 2 * WINDOW + timedelta(seconds=1)
    await windows.throttle.left(slow, window, tenant=windows.tenant, at=left)
    held = await windows.ask(ADA, limit=1, now=left + WINDOW - timedelta(seconds=1))
    assert isinstance(held, Held)
    assert held.until == left + WINDOW
    assert await windows.ask(ADA, limit=1, now=held.until) == Allowed()


async def test_a_mail_that_asks_again_after_its_window_needs_room_again(windows: Windows) -> None:
    early = uuid4()
    assert await windows.ask(ADA, limit=1, mail=early) == Allowed()
    assert await windows.ask(ADA, limit=1, now=NOW + WINDOW) == Allowed()
    assert isinstance(await windows.ask(ADA, limit=1, mail=early, now=NOW + WINDOW), Held)


async def test_what_is_on_its_way_stands_in_a_window_that_is_made_anew(windows: Windows) -> None:
    known = [Counted(uuid4(), NOW + WINDOW)]
    await windows.throttle.seed(to(ADA, 1), known, tenant=windows.tenant, now=NOW)
    held = await windows.ask(ADA, limit=1, now=NOW + WINDOW)
    assert isinstance(held, Held)
    assert held.until == NOW + 2 * WINDOW
    assert await windows.ask(ADA, limit=1, now=NOW + 2 * WINDOW) == Allowed()


async def test_of_more_that_are_ready_after_a_loss_no_more_than_the_threshold_go(windows: Windows) -> None:
    window, ready = [to(ADA, 2)], [uuid4() for _ in range(5)]
    known = [Counted(mail, NOW + WINDOW) for mail in ready]
    await windows.throttle.seed(window[0], known, tenant=windows.tenant, now=NOW)
    went = []
    for mail in ready:
        answer = await windows.throttle.ask(mail, window, tenant=windows.tenant, now=NOW, until=NOW + WINDOW)
        if answer == Allowed():
            went.append(mail)
        else:
            await windows.throttle.stays(mail, window, tenant=windows.tenant)
    assert len(went) == 2


async def test_a_mail_that_a_seed_took_to_be_on_its_way_counts_from_when_it_left(windows: Windows) -> None:
    window, slow, gone, again = to(ADA, 3), uuid4(), uuid4(), uuid4()
    until, left = NOW + 3 * WINDOW, NOW - timedelta(minutes=4)
    seeded = [Counted(mail, until) for mail in (slow, gone, again)]
    await windows.throttle.seed(window, seeded, tenant=windows.tenant, now=NOW)
    assert (
        await windows.throttle.ask(again, [window], tenant=windows.tenant, now=NOW, until=until) == Allowed()
    )
    known = [Counted(slow, until), Counted(gone, left), Counted(again, left)]
    await windows.throttle.mend(window, seeded, known, tenant=windows.tenant, now=NOW)
    assert isinstance(await windows.ask(ADA, limit=3), Held)
    # the one that left makes room; those on their way do not, though one was known to have left before
    assert await windows.ask(ADA, limit=3, now=left + WINDOW) == Allowed()
    assert isinstance(await windows.ask(ADA, limit=3, now=left + WINDOW), Held)
    await windows.throttle.mend(window, seeded, [], tenant=windows.tenant, now=NOW)
    assert await windows.ask(ADA, limit=3, now=left + WINDOW) == Allowed()


async def test_a_seed_says_nothing_of_a_mail_that_asked_meanwhile(windows: Windows) -> None:
    window, mail = to(ADA, 2), uuid4()
    await windows.throttle.seed(window, [], tenant=windows.tenant, now=NOW)
    await windows.ask(ADA, mail=mail)
    await windows.throttle.seed(window, [Counted(mail, NOW + WINDOW)], tenant=windows.tenant, now=NOW)
    assert await windows.ask(ADA) == Allowed()
    assert isinstance(await windows.ask(ADA), Held)


async def test_windows_of_one_mail_have_their_own_limits_and_lengths(windows: Windows) -> None:
    ticket = Window(Guard.TICKET, str(uuid4()), "system", 3, timedelta(hours=1))
    asked = [(to(f"{number}@customer.example", 1), ticket) for number in range(4)]
    for each in (*(window for pair in asked for window in pair),):
        await windows.throttle.seed(each, [], tenant=windows.tenant)
    answers = [
        await windows.throttle.ask(uuid4(), pair, tenant=windows.tenant, now=NOW + timedelta(minutes=number))
        for number, pair in enumerate(asked)
    ]
    assert answers == [Allowed()] * 3 + [Held(ticket, NOW + timedelta(hours=1))]
    # the fourth was counted nowhere: its address has room, and so has the ticket an hour after the first
    later = await windows.throttle.ask(uuid4(), asked[3], tenant=windows.tenant, now=NOW + timedelta(hours=1))
    assert later == Allowed()


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
        moments = sorted(counted.at for whom, _, counted in windows.sent if whom == address)
        for first, beyond in zip(moments, moments[limit:], strict=False):
            assert beyond - first >= WINDOW
