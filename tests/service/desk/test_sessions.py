"""How long a session lasts, where it is seen and ended, and that guessing is slow in all processes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta

import httpx
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.signin.attempts import FREE_FOR_A_CLIENT, Attempt
from services.desk.signin.auth import IDLE_FOR, USED_AGAIN
from shared.blobs.filesystem import FilesystemBlobs
from shared.messaging.unit import Units
from shared.storage import desk as tables
from tests.service.desk.conftest import PASSWORD, PATIENCE, Browser, Clock, House

NEW = "another long password"


@asynccontextmanager
async def another(desk: Desk, client: str = "127.0.0.1", program: str = "") -> AsyncIterator[Browser]:
    transport = httpx.ASGITransport(app=make_app(desk), client=(client, 1))
    headers = {"user-agent": program}
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test", headers=headers) as http:
        yield Browser(http)


async def kept(house: House) -> list[tuple[str, str, str]]:
    rows = sorted(await house.rows(tables.audit), key=lambda row: row["id"])
    return [(row["act"], row["done_by"], row["client"]) for row in rows]


async def test_a_session_that_nobody_uses_ends_and_one_that_is_used_goes_on(
    eva: Browser, clock: Clock
) -> None:
    for _ in range(4):
        clock.now += IDLE_FOR - timedelta(hours=1)
        assert (await eva.get("/tickets")).status_code == 200
    clock.now += IDLE_FOR + USED_AGAIN
    assert (await eva.get("/tickets")).status_code == 303


async def test_one_sees_where_one_is_signed_in_and_ends_it_elsewhere(
    house: House, desk: Desk, eva: Browser
) -> None:
    linux = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
    async with another(desk, "192.0.2.7", linux) as elsewhere:
        await elsewhere.sign_in("eva@acme.test")
        page = (await eva.get("/me/security")).text
        assert "Chrome on Linux" in page
        assert "192.0.2.7" in page
        assert (await eva.post("/me/security/sessions/end")).status_code == 303
        assert (await elsewhere.get("/tickets")).status_code == 303
    assert (await eva.get("/tickets")).status_code == 200
    assert ("sessions_ended", "Eva", "127.0.0.1") in await kept(house)


async def test_a_password_is_changed_with_the_old_one_and_the_session_is_another_one(
    house: House, desk: Desk, eva: Browser
) -> None:
    before = eva.http.cookies["postroom_session"]
    async with another(desk) as elsewhere:
        await elsewhere.sign_in("eva@acme.test")
        wrong = await eva.post("/me/security/password", old="guess", new=NEW)
        assert "This is not your password now." in wrong.text
        short = await eva.post("/me/security/password", old=PASSWORD, new="short")
        assert "at least 10 characters" in short.text
        assert (await eva.post("/me/security/password", old=PASSWORD, new=NEW)).status_code == 303
        assert (await elsewhere.get("/tickets")).status_code == 303
        elsewhere.http.cookies.set("postroom_session", before)
        assert (await elsewhere.get("/tickets")).status_code == 303
        elsewhere.http.cookies.clear()
        assert (await elsewhere.sign_in("eva@acme.test", password=NEW)).status_code == 303
    assert "API tokens go on" in (await eva.get("/me/security")).text
    assert NEW not in str(await house.rows(tables.audit))
    assert "password_changed" in [act for act, *_ in await kept(house)]


async def test_guesses_are_counted_by_all_processes_together(
    house: House, desk: Desk, engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs, clock: Clock
) -> None:
    await house.user("eva@acme.test")
    engine = engine_of("desk")
    other = Desk(
        engine=engine, units=Units(engine, "desk", clock), blobs=blobs, clock=clock, patience=PATIENCE
    )
    for process in (desk, other, desk, other, desk):
        async with another(process) as browser:
            assert (await browser.sign_in("eva@acme.test", password="guess")).status_code == 401
    async with another(other) as browser:
        assert (await browser.sign_in("eva@acme.test")).status_code == 429
    async with another(other, "192.0.2.9") as elsewhere:
        assert (await elsewhere.sign_in("eva@acme.test")).status_code == 303


async def test_a_client_that_tries_many_addresses_is_slowed_down_too(
    house: House, desk: Desk, clock: Clock
) -> None:
    await house.user("eva@acme.test")
    rows = {"tenant": "default", "count": FREE_FOR_A_CLIENT - 1, "last": clock.now}
    [_, client] = Attempt("", "192.0.2.9").allowed
    await house.add(tables.sign_in_attempts, key=client, **rows)
    async with another(desk, "192.0.2.9") as browser:
        assert (await browser.sign_in("eva@acme.test")).status_code == 303
        assert (await browser.sign_in("x@acme.test", password="guess")).status_code == 401
        assert (await browser.sign_in("eva@acme.test")).status_code == 429
        clock.now += timedelta(minutes=1)
        assert (await browser.sign_in("eva@acme.test")).status_code == 303


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("192.0.2.9", "192.0.2.10", False),
        ("::ffff:192.0.2.9", "::ffff:192.0.2.10", False),
        ("", "testclient", False),
    ],
)
def test_addresses_of_one_network_of_ipv6_count_together(one: str, other: str, *, together: bool) -> None:
    counted = [set(Attempt("eva@acme.test", client).allowed) for client in (one, other)]
    assert (counted[0] == counted[1]) is together
    assert together or not counted[0] & counted[1]


async def test_sign_ins_refusals_and_sign_outs_are_kept_with_their_client_and_no_typed_word(
    house: House, desk: Desk
) -> None:
    await house.user("tom@acme.test")
    async with another(desk, "192.0.2.9") as browser:
        await browser.sign_in("tom@acme.test", password="guess-4711")
        await browser.sign_in("my secret password", password="guess-4711")
        await browser.sign_in("tom@acme.test")
        await browser.post("/sign-out")
    assert await kept(house) == [
        ("sign_in_failed", "somebody", "192.0.2.9"),
        ("sign_in_failed", "somebody", "192.0.2.9"),
        ("signed_in", "Tom", "192.0.2.9"),
        ("signed_out", "Tom", "192.0.2.9"),
    ]
    told = str(await house.rows(tables.audit)) + str(await house.rows(tables.sign_in_attempts))
    assert "guess-4711" not in told
    assert "my secret password" not in told


async def test_made_up_organisations_leave_no_rows(house: House, desk: Desk) -> None:
    await house.user("eva@acme.test", role="admin")
    async with another(desk) as browser:
        for number in range(3):
            await browser.sign_in("tom@acme.test", tenant=f"made-up-{number}")
    assert await house.rows(tables.sign_in_attempts) == []
    assert await house.rows(tables.audit) == []
