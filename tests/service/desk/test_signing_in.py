"""Who gets in, for how long, and that no form counts without its token."""

import re
from datetime import timedelta

import httpx
import pytest
from fastapi.routing import APIRoute
from sqlalchemy import update

from services.desk.app import ROOMS, make_app
from services.desk.desk import Desk
from services.desk.signin.auth import SESSION_FOR
from shared.storage import config
from shared.storage import desk as desk_tables
from tests.service.desk.conftest import PASSWORD, Browser, Clock, House, token_in


async def test_a_stranger_is_sent_to_the_sign_in_and_comes_back(
    house: House, http: httpx.AsyncClient
) -> None:
    await house.user("eva@acme.test")
    answer = await http.get("/tickets?view=mine")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Ftickets%3Fview%3Dmine"
    page = await http.get(answer.headers["location"])
    form = {"csrf": token_in(page), "address": "eva@acme.test", "password": PASSWORD, "tenant": "default"}
    onward = await http.post("/sign-in", data=form | {"next": "/tickets?view=mine"})
    assert onward.headers["location"] == "/tickets?view=mine"


async def test_the_cookie_is_kept_from_scripts_and_its_value_from_the_database(
    house: House, eva: Browser
) -> None:
    answer = await eva.sign_in("eva@acme.test")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    value = eva.http.cookies["postroom_session"]
    assert value not in {row["digest"] for row in await house.rows(desk_tables.sessions)}


async def test_over_https_the_cookie_goes_no_other_way(house: House, desk: Desk) -> None:
    await house.user("eva@acme.test")
    transport = httpx.ASGITransport(app=make_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="https://desk.test") as client:
        answer = await Browser(client).sign_in("eva@acme.test")
    assert "Secure" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    ("address", "password", "tenant"),
    [
        ("eva@acme.test", "wrong", "default"),
        ("nobody@acme.test", PASSWORD, "default"),
        ("eva@acme.test", PASSWORD, "other"),
        ("eva@acme.test", PASSWORD, "../default"),
    ],
)
async def test_what_is_wrong_is_not_told_apart(
    house: House, http: httpx.AsyncClient, address: str, password: str, tenant: str
) -> None:
    await house.user("eva@acme.test")
    answer = await Browser(http).sign_in(address, tenant, password)
    assert answer.status_code == 401
    assert "Address, password or organisation is wrong" in answer.text


async def test_a_user_of_a_suspended_tenant_does_not_get_in_and_is_put_out(
    house: House, eva: Browser
) -> None:
    async with house.owner.begin() as db:
        await db.execute(update(config.tenants).values(suspended=True))
    bearer = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    for answer in (
        await eva.get("/tickets"),
        await eva.http.get("/api/v1/tickets", headers=bearer),
        await Browser(eva.http).sign_in("eva@acme.test"),
    ):
        assert answer.status_code == 403
        assert "This organisation is suspended" in answer.text
    assert (await Browser(eva.http).sign_in("eva@acme.test", password="guess")).status_code == 401
    async with house.owner.begin() as db:
        await db.execute(update(config.tenants).values(suspended=False))
    assert (await eva.get("/tickets")).status_code == 200


async def test_guessing_is_slowed_down(house: House, http: httpx.AsyncClient, clock: Clock) -> None:
    await house.user("eva@acme.test")
    browser = Browser(http)
    for _ in range(5):
        assert (await browser.sign_in("eva@acme.test", password="guess")).status_code == 401
    assert (await browser.sign_in("eva@acme.test")).status_code == 429
    clock.now += timedelta(minutes=1)
    assert (await browser.sign_in("eva@acme.test")).status_code == 303


async def test_a_session_ends(eva: Browser, clock: Clock) -> None:
    clock.now += SESSION_FOR + timedelta(seconds=1)
    assert (await eva.get("/tickets")).status_code == 303


async def test_signing_out_ends_the_session_for_good(eva: Browser) -> None:
    cookie = eva.http.cookies["postroom_session"]
    assert (await eva.post("/sign-out")).headers["location"] == "/sign-in"
    eva.http.cookies.set("postroom_session", cookie)
    assert (await eva.get("/tickets")).status_code == 303


async def test_no_form_counts_without_its_token(eva: Browser) -> None:
    """Every form that there is, and every one that will be."""
    routes = [route for room in ROOMS for route in room.router.routes if isinstance(route, APIRoute)]
    forms = [route.path for route in routes if (route.methods or set()) & {"POST", "PUT", "PATCH", "DELETE"}]
    assert len(forms) > 10
    for path in forms:
        filled = re.sub(r"\{[a-z_]+\}", "00000000-0000-4000-8000-000000000000", path.replace("{number}", "1"))
        answer = await eva.http.post(filled, data={"csrf": "wrong", "password": PASSWORD})
        assert answer.status_code == 403, path


async def test_the_way_onward_stays_in_the_house(house: House, http: httpx.AsyncClient) -> None:
    await house.user("eva@acme.test")
    for elsewhere in ("https://evil.test/", "//evil.test", "/\\evil.test", "javascript:alert(1)"):
        page = await http.get("/sign-in")
        form = {"csrf": token_in(page), "address": "eva@acme.test", "password": PASSWORD, "next": elsewhere}
        answer = await http.post("/sign-in", data=form)
        assert answer.headers["location"] == "/"


async def test_an_agent_does_not_see_what_is_for_administrators(
    house: House, http: httpx.AsyncClient
) -> None:
    await house.user("tom@acme.test")
    browser = Browser(http)
    await browser.sign_in("tom@acme.test")
    for path in ("/settings", "/mailboxes", "/operations"):
        assert (await browser.get(path)).status_code == 403
    assert "/settings" not in (await browser.get("/tickets")).text


async def test_health_needs_nobody(http: httpx.AsyncClient) -> None:
    assert (await http.get("/health")).json() == {"status": "ok"}
    assert (await http.get("/ready")).status_code == 200
