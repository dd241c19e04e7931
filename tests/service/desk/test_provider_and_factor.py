"""A provider's own second factors count, unless the tenant asks for ours as well: then nobody is past it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from urllib.parse import unquote

import httpx
import pyotp
import pytest

from shared.storage import config
from shared.storage import desk as tables
from tests.service.desk.conftest import Browser, Clock, House, token_in
from tests.service.desk.test_second_factor import CODE, KEY, set_up, with_code
from tests.service.desk.vouching import CLIENT, SECRET, Someone, Vouching, going, vouching

SETTINGS = "/settings/sign-in"


@pytest.fixture
async def provider(eva: Browser) -> AsyncIterator[Vouching]:
    async with vouching() as one:
        form = {"issuer": one.issuer, "client_id": CLIENT, "secret": SECRET, "called": "Acme ID"}
        assert (await eva.post(SETTINGS, **form)).status_code == 303
        yield one


async def ask_both(eva: Browser, provider: Vouching) -> None:
    form = {"issuer": provider.issuer, "client_id": CLIENT, "called": "Acme ID", "own_factor": "on"}
    assert (await eva.post(SETTINGS, **form)).status_code == 303


async def how_last(house: House) -> str:
    acts = sorted(await house.rows(tables.audit), key=lambda row: row["id"])
    return str([row["facts"] for row in acts if row["act"] == "signed_in"][-1]["how"])


@pytest.mark.usefixtures("provider")
async def test_unless_it_is_asked_for_the_code_of_who_has_one_is_not(eva: Browser, clock: Clock) -> None:
    await set_up(eva, clock)
    await eva.post("/sign-out")
    assert (await going(eva)).headers["location"] == "/tickets"
    assert (await eva.get("/tickets")).status_code == 200


async def test_where_it_is_asked_for_nothing_is_shown_before_the_code(
    house: House, eva: Browser, provider: Vouching, clock: Clock
) -> None:
    app, _ = await set_up(eva, clock)
    await ask_both(eva, provider)
    await eva.post("/sign-out")
    clock.now += timedelta(minutes=1)
    answer = await going(eva, "/tickets?view=mine")
    assert unquote(answer.headers["location"]) == "/sign-in/code?next=/tickets?view=mine"
    for path in ("/tickets", "/me/security", "/settings"):
        assert (await eva.get(path)).status_code == 303
    assert (await with_code(eva, "000000")).status_code == 401
    assert (await eva.get("/tickets")).status_code == 303
    onward = await with_code(eva, app.at(clock.now), "/tickets?view=mine")
    assert onward.headers["location"] == "/tickets?view=mine"
    assert (await eva.get("/tickets")).status_code == 200
    assert await how_last(house) == "Acme ID and code"


async def test_who_has_none_sets_it_up_before_anything_is_shown_also_who_was_added_just_now(
    house: House, eva: Browser, provider: Vouching, clock: Clock
) -> None:
    await ask_both(eva, provider)
    await house.change(config.sign_in.update().values(adds_users=True))
    await eva.post("/sign-out")
    provider.who = Someone("4711", "new@acme.test", "Nina New")
    answer = await going(eva)
    assert unquote(answer.headers["location"]) == "/sign-in/second-factor?next=/tickets"
    assert (await eva.get("/tickets")).status_code == 303
    page = await eva.get("/sign-in/second-factor")
    found = KEY.search(page.text)
    assert found
    app = pyotp.TOTP(found[1].replace(" ", ""))
    form = {"csrf": token_in(page), "code": app.at(clock.now), "next": "/tickets"}
    done = await eva.http.post("/sign-in/second-factor", data=form)
    assert len(CODE.findall(done.text)) == 10
    assert (await eva.get("/tickets")).status_code == 200
    assert await how_last(house) == "Acme ID and new second factor"


async def test_half_way_in_by_the_provider_lasts_as_short_as_by_password(
    eva: Browser, provider: Vouching, clock: Clock
) -> None:
    await set_up(eva, clock)
    await ask_both(eva, provider)
    await eva.post("/sign-out")
    await going(eva)
    clock.now += timedelta(minutes=16)
    assert (await eva.get("/sign-in/code")).headers["location"].startswith("/sign-in?")


async def test_it_is_set_told_in_the_history_and_gone_with_the_provider(
    house: House, eva: Browser, provider: Vouching
) -> None:
    def box(page: httpx.Response) -> str:
        return page.text.partition('name="own_factor"')[2][:20]

    assert "checked" not in box(await eva.get(SETTINGS))
    await ask_both(eva, provider)
    page = await eva.get(SETTINGS)
    assert "checked" in box(page)
    assert "own_factor" in page.text.partition("History")[2]
    await eva.post(SETTINGS, without="yes")
    assert [row["own_factor"] for row in await house.rows(config.sign_in)] == [False]
