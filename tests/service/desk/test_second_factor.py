"""Codes after the password: set up, asked once each, replaced by recovery codes, required, taken away."""

import re
from datetime import timedelta
from urllib.parse import unquote

import httpx
import pyotp

from services.desk.desk import Desk
from shared.storage import config
from shared.storage import desk as tables
from tests.service.desk.applications import app_of
from tests.service.desk.conftest import PASSWORD, Browser, Clock, House, token_in

KEY = re.compile(r'class="key"><code>([A-Z2-7 ]+)</code>')
CODE = re.compile(r"<li><code>([a-z0-9-]+)</code></li>")
HERE = "/me/security/second-factor"


async def set_up(browser: Browser, clock: Clock) -> tuple[pyotp.TOTP, list[str]]:
    assert (await browser.post(HERE, password=PASSWORD)).status_code == 303
    found = KEY.search((await browser.get(HERE)).text)
    assert found
    app = pyotp.TOTP(found[1].replace(" ", ""))
    done = await browser.post(f"{HERE}/confirm", code=app.at(clock.now))
    assert done.status_code == 200, done.text
    browser.csrf = token_in(await browser.get("/tickets"))
    return app, CODE.findall(done.text)


async def password_alone(browser: Browser, onward: str = "/") -> httpx.Response:
    page = await browser.http.get("/sign-in")
    form = {"csrf": token_in(page), "address": "eva@acme.test", "password": PASSWORD, "next": onward}
    return await browser.http.post("/sign-in", data=form)


async def with_code(browser: Browser, code: str, onward: str = "/") -> httpx.Response:
    page = await browser.http.get("/sign-in/code")
    form = {"csrf": token_in(page), "code": code, "next": onward}
    return await browser.http.post("/sign-in/code", data=form)


async def acts(house: House) -> list[str]:
    return [row["act"] for row in sorted(await house.rows(tables.audit), key=lambda row: row["id"])]


async def test_after_the_password_a_code_is_asked_for_and_nothing_is_shown_before_it(
    house: House, eva: Browser, clock: Clock
) -> None:
    app, codes = await set_up(eva, clock)
    assert len(codes) == 10
    await eva.post("/sign-out")
    clock.now += timedelta(minutes=1)
    asked = await password_alone(eva, "/tickets?view=mine")
    assert unquote(asked.headers["location"]) == "/sign-in/code?next=/tickets?view=mine"
    for path in ("/tickets", "/me/security", HERE):
        assert (await eva.get(path)).status_code == 303
    assert (await with_code(eva, "000000")).status_code == 401
    onward = await with_code(eva, app.at(clock.now), "/tickets?view=mine")
    assert onward.headers["location"] == "/tickets?view=mine"
    assert (await eva.get("/tickets")).status_code == 200
    assert {"second_factor_on", "sign_in_failed", "signed_in"} <= set(await acts(house))


async def test_a_code_counts_once_and_so_does_none_before_it(eva: Browser, clock: Clock) -> None:
    app, _ = await set_up(eva, clock)
    clock.now += timedelta(minutes=5)
    before, code = app.at(clock.now - timedelta(seconds=30)), app.at(clock.now)
    await password_alone(eva)
    assert (await with_code(eva, code)).status_code == 303
    await password_alone(eva)
    for used in (code, before):
        assert (await with_code(eva, used)).status_code == 401
    clock.now += timedelta(seconds=30)
    assert (await with_code(eva, app.at(clock.now))).status_code == 303


async def test_a_clock_may_be_off_by_half_a_minute_and_not_by_more(eva: Browser, clock: Clock) -> None:
    app, _ = await set_up(eva, clock)
    clock.now += timedelta(minutes=5)
    await password_alone(eva)
    assert (await with_code(eva, app.at(clock.now - timedelta(seconds=60)))).status_code == 401
    assert (await with_code(eva, app.at(clock.now + timedelta(seconds=30)))).status_code == 303


async def test_a_recovery_code_counts_once_in_place_of_the_app(
    house: House, eva: Browser, clock: Clock
) -> None:
    _, codes = await set_up(eva, clock)
    await password_alone(eva)
    assert (await with_code(eva, codes[0].upper().replace("-", " "))).status_code == 303
    await password_alone(eva)
    assert (await with_code(eva, codes[0])).status_code == 401
    assert (await with_code(eva, codes[1])).status_code == 303
    assert (await acts(house)).count("recovery_code_used") == 2
    assert "8 recovery codes left" in (await eva.get("/me/security")).text


async def test_codes_are_guessed_as_slowly_as_passwords(eva: Browser, clock: Clock) -> None:
    app, _ = await set_up(eva, clock)
    clock.now += timedelta(minutes=2)
    await password_alone(eva)
    for _ in range(5):
        assert (await with_code(eva, "000000")).status_code == 401
    assert (await with_code(eva, app.at(clock.now))).status_code == 429


async def test_neither_the_key_nor_a_recovery_code_can_be_read_from_the_database(
    house: House, eva: Browser, clock: Clock
) -> None:
    app, codes = await set_up(eva, clock)
    for table in (tables.second_factors, tables.recovery_codes, tables.audit, config.option_history):
        rows = str(await house.rows(table))
        assert app.secret not in rows
        assert not any(code in rows for code in codes)


async def test_setting_up_and_removing_ask_for_the_password_and_give_another_session(
    house: House, eva: Browser, clock: Clock
) -> None:
    assert "This is not your password now." in (await eva.post(HERE, password="guess")).text
    before = eva.http.cookies["postroom_session"]
    await set_up(eva, clock)
    assert eva.http.cookies["postroom_session"] != before
    assert "This is not your password now." in (await eva.post(f"{HERE}/off", password="guess")).text
    assert (await eva.post(f"{HERE}/off", password=PASSWORD)).status_code == 303
    assert await house.rows(tables.recovery_codes) == []
    assert (await password_alone(eva)).headers["location"] == "/"


async def test_new_recovery_codes_replace_the_old_ones(eva: Browser, clock: Clock) -> None:
    _, old = await set_up(eva, clock)
    new = CODE.findall((await eva.post(f"{HERE}/codes", password=PASSWORD)).text)
    await password_alone(eva)
    assert (await with_code(eva, old[0])).status_code == 401
    assert (await with_code(eva, new[0])).status_code == 303


async def test_a_wrong_code_sets_nothing_up(eva: Browser) -> None:
    await eva.post(HERE, password=PASSWORD)
    assert (await eva.post(f"{HERE}/confirm", code="000000")).status_code == 422
    assert (await password_alone(eva)).headers["location"] == "/"


async def test_the_picture_is_an_svg_of_our_own_without_script(eva: Browser) -> None:
    assert (await eva.get(f"{HERE}/qr.svg")).status_code == 404
    await eva.post(HERE, password=PASSWORD)
    picture = await eva.get(f"{HERE}/qr.svg")
    assert picture.headers["content-type"] == "image/svg+xml"
    assert "<script" not in picture.text
    assert "no-store" in picture.headers["cache-control"]


async def test_where_it_is_required_it_is_set_up_before_anything_is_shown(
    house: House, eva: Browser, clock: Clock
) -> None:
    await house.add(config.sign_in, tenant="default", second_factor=True)
    asked = await password_alone(eva)
    assert asked.headers["location"] == "/sign-in/second-factor"
    assert (await eva.get("/tickets")).status_code == 303
    page = await eva.get("/sign-in/second-factor")
    found = KEY.search(page.text)
    assert found
    assert (await eva.get("/sign-in/second-factor/qr.svg")).status_code == 200
    app = pyotp.TOTP(found[1].replace(" ", ""))
    form = {"csrf": token_in(page), "code": app.at(clock.now), "next": "/"}
    done = await eva.http.post("/sign-in/second-factor", data=form)
    assert len(CODE.findall(done.text)) == 10
    eva.csrf = token_in(await eva.get("/tickets"))
    kept = await eva.post(f"{HERE}/off", password=PASSWORD)
    assert "so it stays" in kept.text


async def test_who_began_before_with_the_password_has_another_secret_and_no_session_any_more(
    house: House, desk: Desk, eva: Browser
) -> None:
    await house.add(config.sign_in, tenant="default", second_factor=True)
    transport = httpx.ASGITransport(app=app_of(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as elsewhere:
        thief = Browser(elsewhere)
        read = []
        for browser in (thief, eva):
            await password_alone(browser)
            read += KEY.findall((await browser.get("/sign-in/second-factor")).text)
        assert len(set(read)) == 2
        assert (await thief.get("/sign-in/second-factor")).status_code == 303


async def test_each_beginning_has_another_secret(eva: Browser) -> None:
    read = []
    for _ in range(2):
        await eva.post(HERE, password=PASSWORD)
        read += KEY.findall((await eva.get(HERE)).text)
    assert len(set(read)) == 2


async def test_half_a_session_does_not_last(eva: Browser, clock: Clock) -> None:
    app, _ = await set_up(eva, clock)
    await password_alone(eva)
    clock.now += timedelta(minutes=16)
    assert (await eva.get("/sign-in/code")).headers["location"].startswith("/sign-in")
    late = await eva.http.post("/sign-in/code", data={"csrf": "x", "code": app.at(clock.now)})
    assert late.status_code == 403


async def test_an_administrator_removes_the_factor_of_who_lost_their_phone(
    house: House, eva: Browser, clock: Clock
) -> None:
    await set_up(eva, clock)
    await house.user("ada@acme.test", role="admin")
    await eva.post("/sign-out")
    ada = Browser(eva.http)
    await ada.sign_in("ada@acme.test")
    path = f"/settings/users/{house.users['eva']}"
    assert "Remove the second factor" in (await ada.get(path)).text
    assert (await ada.post(f"{path}/second-factor/remove")).status_code == 303
    assert "removed their second factor" in (await ada.get(path)).text
    assert (await password_alone(eva)).headers["location"] == "/"
