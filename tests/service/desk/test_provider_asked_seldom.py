"""What a provider publishes is kept a while; who asks too often waits; a provider that is away is told."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from services.desk.desk import Desk
from services.desk.signin.attempts import FREE_FOR_A_CLIENT
from services.desk.signin.published import KEPT_FOR, MOST, Published
from shared.storage import config
from shared.storage import desk as tables
from tests.service.desk.conftest import Browser, Clock, House
from tests.service.desk.vouching import CLIENT, SECRET, Vouching, going, vouching

SETTINGS = "/settings/sign-in"
ASK = "/sign-in/provider"


@pytest.fixture
async def provider(eva: Browser) -> AsyncIterator[Vouching]:
    async with vouching() as one:
        form = {"issuer": one.issuer, "client_id": CLIENT, "secret": SECRET, "called": "Acme ID"}
        assert (await eva.post(SETTINGS, **form)).status_code == 303
        await eva.post("/sign-out")
        yield one


async def test_of_many_who_sign_in_one_asks_what_the_provider_publishes(
    eva: Browser, provider: Vouching
) -> None:
    for _ in range(3):
        assert (await going(eva)).status_code == 303
    assert provider.answered == {"description": 1, "keys": 1}


async def test_many_at_once_ask_it_once(eva: Browser, provider: Vouching, clock: Clock) -> None:
    clock.now += KEPT_FOR + timedelta(seconds=1)
    asked = await asyncio.gather(*(eva.get(ASK) for _ in range(5)))
    assert {answer.status_code for answer in asked} == {303}
    # once when it was entered, and once now
    assert provider.answered["description"] == 2


async def test_what_was_published_is_asked_for_anew_after_a_while(
    eva: Browser, provider: Vouching, clock: Clock
) -> None:
    assert (await going(eva)).status_code == 303
    clock.now += KEPT_FOR + timedelta(seconds=1)
    assert (await going(eva)).status_code == 303
    assert provider.answered == {"description": 2, "keys": 2}


@pytest.mark.parametrize("kid", ["two", "one"])
async def test_a_new_key_of_the_provider_counts_at_once(eva: Browser, provider: Vouching, kid: str) -> None:
    assert (await going(eva)).status_code == 303
    provider.key, provider.kid = rsa.generate_private_key(65537, 2048), kid
    assert (await going(eva)).status_code == 303
    assert provider.answered["keys"] == 2


async def test_a_word_of_an_unknown_key_asks_for_the_keys_once_more_and_not_again(
    eva: Browser, provider: Vouching
) -> None:
    assert (await going(eva)).status_code == 303
    provider.signs_with = rsa.generate_private_key(65537, 2048)
    assert (await going(eva)).status_code == 401
    assert provider.answered["keys"] == 2


async def test_what_is_kept_is_bounded(clock: Clock) -> None:
    published = Published(private=True)
    async with vouching() as one:
        for number in range(MOST + 5):
            with pytest.raises(Exception, match="calls itself"):
                await published.metadata(f"{one.issuer}{'/' * (number + 1)}", clock.now)
        await published.metadata(one.issuer, clock.now)
    assert len(published.known) <= MOST


async def test_a_description_of_any_length_is_not_read_to_its_end(eva: Browser, provider: Vouching) -> None:
    provider.floods = True
    await eva.sign_in("eva@acme.test")
    answer = await eva.post(SETTINGS, issuer=provider.issuer + "/", client_id=CLIENT)
    assert answer.status_code == 422
    assert "more than anybody needs" in answer.text


async def test_a_provider_that_is_away_is_told_with_the_remedy_and_asked_no_more_for_a_moment(
    house: House, eva: Browser, provider: Vouching, clock: Clock
) -> None:
    provider.away = True
    clock.now += KEPT_FOR + timedelta(seconds=1)
    asked = provider.answered["description"]
    for _ in range(3):
        answer = await eva.get(f"{ASK}?next=/tickets")
        assert answer.status_code == 502
        assert "Acme ID does not answer" in answer.text
        assert "Try again in a minute, or sign in by password." in answer.text
        assert 'name="password"' in answer.text
    assert provider.answered["description"] == asked + 1
    assert (await eva.sign_in("eva@acme.test")).status_code == 303
    # administrators change what else is set while it is away, and take it out
    assert (
        await eva.post(SETTINGS, issuer=provider.issuer, client_id=CLIENT, second_factor="on")
    ).status_code == 303
    assert (await house.rows(config.sign_in))[0]["second_factor"]
    provider.away = False
    clock.now += timedelta(minutes=1)
    assert (await eva.get(ASK)).status_code == 303


async def test_why_it_is_away_is_told_to_each_in_their_language(
    eva: Browser, provider: Vouching, clock: Clock
) -> None:
    provider.away = True
    clock.now += KEPT_FOR + timedelta(seconds=1)
    assert "/openid-configuration answers with" in (await eva.get(ASK)).text
    eva.http.headers["Accept-Language"] = "de"
    told = (await eva.get(ASK)).text
    assert "Acme ID antwortet gerade nicht: " in told
    assert "/openid-configuration antwortet mit" in told


async def test_a_provider_that_goes_away_in_between_is_no_failed_sign_in(
    house: House, eva: Browser, provider: Vouching
) -> None:
    there = await eva.get(ASK)
    async with httpx.AsyncClient() as elsewhere:
        back = await elsewhere.get(there.headers["location"])
    provider.away = True
    answer = await eva.get(back.headers["location"])
    assert answer.status_code == 502
    assert "Acme ID does not answer" in answer.text
    assert "sign_in_failed" not in {row["act"] for row in await house.rows(tables.audit)}


async def test_who_asks_too_often_waits_and_passwords_are_not_slowed_down_by_it(
    desk: Desk, eva: Browser, provider: Vouching, clock: Clock
) -> None:
    assert desk.published.known
    for _ in range(FREE_FOR_A_CLIENT):
        assert (await eva.get(ASK)).status_code == 303
    answer = await eva.get(ASK)
    assert answer.status_code == 429
    assert "Too many attempts from here" in answer.text
    assert 'name="password"' in answer.text
    assert (await eva.sign_in("eva@acme.test")).status_code == 303
    await eva.post("/sign-out")
    clock.now += timedelta(minutes=1)
    assert (await eva.get(ASK)).status_code == 303
    assert provider.answered["description"] == 1


async def test_the_way_back_is_counted_as_well_and_who_gets_in_pays_nothing(
    house: House, eva: Browser, provider: Vouching
) -> None:
    for _ in range(3):
        assert (await going(eva)).status_code == 303
    assert {row["count"] for row in await house.rows(tables.sign_in_attempts)} <= {0}
    provider.denies = True
    for _ in range(FREE_FOR_A_CLIENT // 2):
        assert (await going(eva)).status_code == 401
    assert (await eva.get(ASK)).status_code == 429
