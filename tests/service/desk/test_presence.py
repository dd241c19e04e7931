"""Who else is on a ticket, and who writes: heard from every process, told to those who may see the ticket."""

import asyncio
from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import httpx
import pytest

from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.live.colleagues import OpenPage
from services.desk.live.presence import HERE_SECONDS, WRITES_SECONDS, Doing, Presence, Present, Told
from services.desk.live.telling import Live
from shared.messaging.topology import PRESENCE_CHANNEL
from shared.storage.engine import Listener
from tests.service.desk.conftest import Browser, House

TICKET, EVA, BOB = uuid4(), uuid4(), uuid4()


class Hands:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


class Room:
    """What a process has heard, and of what it told its pages."""

    def __init__(self) -> None:
        self.clock = Hands()
        self.told: list[tuple[str, str]] = []
        self.presence = Presence(lambda tenant, ticket: self.told.append((tenant, ticket)), self.clock)

    def hears(self, user: UUID, doing: Doing, page: str = "p", tenant: str = "acme") -> None:
        self.presence.hear(str(Told(tenant, str(TICKET), str(user), page, doing)))

    def there(self, tenant: str = "acme") -> list[Present]:
        return self.presence.on(tenant, TICKET)


@pytest.fixture
async def room() -> Room:
    return Room()


async def test_a_person_is_there_until_the_page_is_closed(room: Room) -> None:
    room.hears(EVA, "here")
    assert room.there() == [Present(EVA, writes=False)]
    room.hears(EVA, "gone")
    assert room.there() == []
    assert room.presence.places == {}
    assert len(room.told) == 2


async def test_who_is_no_longer_heard_of_is_gone(room: Room) -> None:
    room.hears(EVA, "here")
    room.clock.at += HERE_SECONDS
    assert room.there() == []


async def test_who_writes_comes_first_and_rests_when_no_key_is_heard_of(room: Room) -> None:
    room.hears(EVA, "here", "a")
    room.hears(BOB, "here", "b")
    room.hears(BOB, "writes", "b")
    assert room.there() == [Present(BOB, writes=True), Present(EVA, writes=False)]
    room.hears(BOB, "here", "b")
    assert room.there()[0] == Present(BOB, writes=True)
    room.clock.at += WRITES_SECONDS
    assert Present(BOB, writes=True) not in room.there()
    room.hears(BOB, "writes", "b")
    room.hears(BOB, "rests", "b")
    assert Present(BOB, writes=True) not in room.there()


async def test_a_person_with_two_pages_is_one_until_both_are_closed(room: Room) -> None:
    room.hears(EVA, "here", "a")
    room.hears(EVA, "writes", "b")
    assert room.there() == [Present(EVA, writes=True)]
    room.hears(EVA, "gone", "b")
    assert room.there() == [Present(EVA, writes=False)]


async def test_what_changes_nothing_is_not_told(room: Room) -> None:
    for _ in range(3):
        room.hears(EVA, "here")
    assert room.told == [("acme", str(TICKET))]
    room.presence.hear("of another version, that nobody understands here")
    assert len(room.told) == 1


async def test_another_tenant_hears_and_sees_nothing() -> None:
    live = Live()
    with live.following("acme", TICKET) as mine, live.following("zeta", TICKET) as theirs:
        live.presence.hear(str(Told("acme", str(TICKET), str(EVA), "p", "here")))
        assert mine.taken() == ["presence-changed"]
        assert theirs.taken() == []
    assert live.presence.on("zeta", TICKET) == []


async def test_pages_of_other_tickets_are_not_told() -> None:
    live = Live()
    with live.following("acme", uuid4()) as other, live.following("acme", None) as the_list:
        live.presence.hear(str(Told("acme", str(TICKET), str(EVA), "p", "here")))
        assert (other.taken(), the_list.taken()) == ([], [])


@pytest.fixture
async def bob(house: House, desk: Desk) -> AsyncIterator[Browser]:
    """A colleague at another computer."""
    house.users["bob"] = await house.user("bob@acme.test")
    transport = httpx.ASGITransport(app=make_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        browser = Browser(client)
        assert (await browser.sign_in("bob@acme.test")).status_code == 303
        yield browser


async def test_another_process_hears_who_writes_and_who_leaves(
    house: House, desk: Desk, eva: Browser, database_url: str
) -> None:
    ticket = await house.ticket(7)
    heard, other = asyncio.Queue[str](), Presence(lambda _tenant, _ticket: None)
    page = uuid4()
    async with Listener(database_url, "desk", {PRESENCE_CHANNEL: heard.put_nowait}), asyncio.timeout(10):
        answer = await eva.post("/tickets/7/here", doing="writes", page=str(page))
        assert answer.status_code == 204
        other.hear(await heard.get())
        assert other.on("default", ticket) == [Present(house.users["eva"], writes=True)]
        OpenPage(desk, "default", ticket, house.users["eva"], page).leaves()
        other.hear(await heard.get())
        assert other.on("default", ticket) == []


async def test_colleagues_are_named_in_the_head_and_beside_send_and_one_is_not_among_them(
    house: House, desk: Desk, eva: Browser, bob: Browser
) -> None:
    ticket = await house.ticket(7)
    for name, doing in (("eva", "here"), ("bob", "writes")):
        told = Told("default", str(ticket), str(house.users[name]), name, doing)
        desk.live.presence.hear(str(told))
    page = await eva.get("/tickets/7")
    assert 'title="Bob is writing a reply"' in page.text
    assert "Bob is writing a reply too" in page.text
    assert "Eva is here" not in page.text
    part = await bob.get("/tickets/7/here")
    assert 'title="Eva has this ticket open"' in part.text
    assert "writing" not in part.text


async def test_only_who_may_see_the_ticket_is_told_or_tells(house: House, desk: Desk, bob: Browser) -> None:
    department = await house.department("legal", await house.user("mia@acme.test"))
    ticket = await house.ticket(7, department=department)
    desk.live.presence.hear(str(Told("default", str(ticket), str(EVA), "p", "writes")))
    assert (await bob.get("/tickets/7/here")).status_code == 404
    assert (await bob.post("/tickets/7/here", doing="writes")).status_code == 404
    assert [one.user for one in desk.live.presence.on("default", ticket)] == [EVA]


async def test_a_page_that_says_nothing_we_know_is_refused(house: House, eva: Browser) -> None:
    await house.ticket(7)
    assert (await eva.post("/tickets/7/here", doing="gone")).status_code == 422
