"""An open page hears that something was changed, by name, and of nothing else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager
from uuid import uuid4

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.live.telling import KEPT, Follower, Live
from shared.contracts.sending import MailFailed, SendState
from shared.messaging.topology import LIVE_CHANNEL
from shared.messaging.unit import Units
from shared.storage.engine import Listener
from tests.service.desk.conftest import Browser, House

MINE, OTHER = uuid4(), uuid4()


class Page:
    """What an open page has heard so far, without the greeting."""

    def __init__(self, events: AsyncIterator[str]) -> None:
        self._events = events

    async def next(self) -> str:
        async with asyncio.timeout(10):
            return (await anext(self._events)).partition("\n")[0].removeprefix("event: ")


@asynccontextmanager
async def opened(live: Live, follower: Follower) -> AsyncIterator[Page]:
    async with aclosing(live.stream(follower)) as events:
        yield Page(events)


async def test_a_ticket_page_hears_of_its_ticket_and_that_the_list_was_changed() -> None:
    live = Live()
    with live.following("acme", MINE) as follower:
        async with opened(live, follower) as page:
            assert await page.next() == "hello"
            live.hear(f"acme {MINE}")
            assert [await page.next(), await page.next()] == ["list-changed", "ticket-changed"]


async def test_another_ticket_changes_only_the_list() -> None:
    live = Live()
    with live.following("acme", MINE) as follower:
        live.hear(f"acme {OTHER}")
        assert follower.taken() == ["list-changed"]


async def test_another_tenant_is_never_heard() -> None:
    live = Live()
    with live.following("acme", MINE) as follower:
        live.hear(f"zeta {MINE}")
        assert follower.taken() == []


async def test_many_changes_at_once_are_told_as_one() -> None:
    live = Live()
    with live.following("acme", MINE) as follower:
        for _ in range(100):
            live.hear(f"acme {MINE}")
        assert follower.taken() == ["list-changed", "ticket-changed"]
        assert follower.taken() == []


async def test_what_happened_between_the_making_of_a_page_and_its_connecting_is_told() -> None:
    live = Live()
    began = time.time()
    live.hear(f"acme {MINE}")
    with live.following("acme", MINE, since=began) as follower:
        assert follower.taken() == ["list-changed", "ticket-changed"]
    with live.following("acme", MINE, since=time.time()) as follower:
        assert follower.taken() == []
    with live.following("zeta", MINE, since=began) as follower:
        assert follower.taken() == []


async def test_a_page_that_was_away_for_longer_than_is_known_looks_at_everything_anew() -> None:
    live = Live()
    with live.following("acme", MINE, since=live.known_since - 1) as follower:
        assert follower.taken() == ["resync"]
    began = time.time()
    for _ in range(KEPT + 1):
        live.hear(f"acme {OTHER}")
    with live.following("acme", MINE, since=began) as follower:
        assert "resync" in follower.taken()


async def test_a_closed_page_is_forgotten() -> None:
    live = Live()
    with live.following("acme", None):
        pass
    assert live.pages == {}


async def test_a_process_that_stops_ends_its_streams() -> None:
    live = Live()
    with live.following("acme", None) as follower:
        async with opened(live, follower) as page:
            await page.next()
            live.close()
            with pytest.raises(StopAsyncIteration):
                await page.next()


async def test_whatever_tells_of_a_ticket_reaches_the_pages_once_it_is_committed(
    database_url: str, engine_of: Callable[[str], AsyncEngine]
) -> None:
    heard = asyncio.Queue[str]()
    ticket = uuid4()
    failed = MailFailed(
        tenant="default",
        outgoing=uuid4(),
        ticket=ticket,
        state=SendState.FAILED,
        reason="full",
        recipients=(),
    )
    async with Listener(database_url, "desk", {LIVE_CHANNEL: heard.put_nowait}):
        async with Units(engine_of("mailer"), "mailer").acting("default") as unit:
            unit.emit(failed)
            unit.touch(None)
        async with asyncio.timeout(10):
            assert await heard.get() == f"default {ticket}"
    assert heard.empty()


async def test_the_navigation_is_shown_alone_with_the_counts_of_now(house: House, eva: Browser) -> None:
    await house.ticket(1, status="new", category="new")
    page = await eva.get("/side?view=new")
    assert page.text.lstrip().startswith('<nav class="side"')
    assert 'href="/tickets?view=new" aria-current="page"' in page.text
    assert '<span class="count num new">1</span>' in page.text


async def test_a_stream_needs_somebody_who_is_signed_in(eva: Browser) -> None:
    await eva.post("/sign-out")
    answer = await eva.get("/live?ticket=1")
    assert (answer.status_code, answer.headers["location"][:8]) == (303, "/sign-in")
