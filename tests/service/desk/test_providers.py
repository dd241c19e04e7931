"""Signing in by an OpenID provider, against one that is served here: whom it lets in, and whom not."""

from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from services.desk.desk import Desk
from services.desk.signin.published import why_no_issuer
from shared.storage import config
from shared.storage import desk as tables
from tests.service.desk.conftest import Browser, Clock, House
from tests.service.desk.vouching import CLIENT, SECRET, Someone, Vouching, going, vouching

SETTINGS = "/settings/sign-in"


@pytest.fixture
async def provider(eva: Browser) -> AsyncIterator[Vouching]:
    """A provider that is entered on the page, and nobody is signed in."""
    async with vouching() as one:
        form = {"issuer": one.issuer, "client_id": CLIENT, "secret": SECRET, "called": "Acme ID"}
        answer = await eva.post(SETTINGS, **form)
        assert answer.status_code == 303, answer.text
        await eva.post("/sign-out")
        yield one


async def acts(house: House) -> list[str]:
    return [row["act"] for row in sorted(await house.rows(tables.audit), key=lambda row: row["id"])]


async def test_whom_the_provider_vouches_for_is_signed_in_and_known_by_its_name_of_them(
    house: House, eva: Browser, provider: Vouching
) -> None:
    page = (await eva.get("/sign-in")).text
    assert page.index("Sign in with Acme ID") < page.index('name="password"')
    answer = await going(eva, "/tickets?view=mine")
    assert answer.headers["location"] == "/tickets?view=mine"
    assert (await eva.get("/tickets")).status_code == 200
    provider.who.email = "eva.new@acme.test"
    assert (await going(eva)).headers["location"] == "/tickets"
    [row] = await house.rows(config.identities)
    assert (row["subject"], row["user"]) == ("0815", house.users["eva"])
    assert (await acts(house)).count("signed_in") == 3
    asked = provider.asked[0]
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://desk.test/sign-in/provider/back"


@pytest.mark.parametrize(
    "forged",
    [
        {"iss": "https://other.test"},
        {"aud": "another program"},
        {"exp": 1_000_000_000},
        {"nonce": "of another sign-in"},
        {"azp": "another program"},
        {"sub": None},
    ],
    ids=lambda forged: next(iter(forged)),
)
async def test_a_word_that_is_not_for_this_sign_in_counts_for_nobody(
    house: House, eva: Browser, provider: Vouching, forged: dict[str, object]
) -> None:
    provider.forged = forged
    answer = await going(eva)
    assert answer.status_code == 401
    assert (await eva.get("/tickets")).status_code == 303
    assert (await acts(house))[-1] == "sign_in_failed"


async def test_a_word_signed_by_a_key_of_somebody_else_or_by_the_shared_secret_counts_for_nobody(
    eva: Browser, provider: Vouching
) -> None:
    provider.signs_with = rsa.generate_private_key(65537, 2048)
    assert (await going(eva)).status_code == 401
    provider.signs_with, provider.algorithm = SECRET * 4, "HS256"
    assert (await going(eva)).status_code == 401
    assert (await eva.get("/tickets")).status_code == 303


@pytest.mark.usefixtures("provider")
async def test_an_answer_counts_once_in_the_browser_that_asked_and_for_ten_minutes(
    eva: Browser, clock: Clock
) -> None:
    there = await eva.get("/sign-in/provider")
    async with httpx.AsyncClient() as elsewhere:
        back = (await elsewhere.get(there.headers["location"])).headers["location"]
    assert (await eva.get(back.replace("state=", "state=x"))).status_code == 403
    clock.now += timedelta(minutes=11)
    assert (await eva.get(back)).status_code == 403
    clock.now -= timedelta(minutes=11)
    kept = eva.http.cookies["postroom_provider"]
    assert (await eva.get(back)).status_code == 303
    assert (await eva.get(back)).status_code == 403
    await eva.post("/sign-out")
    eva.http.cookies.set("postroom_provider", kept, path="/sign-in/provider/back")
    assert (await eva.get(back)).status_code == 401
    other = Browser(httpx.AsyncClient(transport=eva.http._transport, base_url="http://desk.test"))  # noqa: SLF001 - another browser on the same desk
    assert (await other.get(back)).status_code == 403
    await other.http.aclose()


async def test_an_address_that_the_provider_has_not_verified_opens_nothing(
    eva: Browser, provider: Vouching
) -> None:
    for verified in (False, None):
        provider.who.verified = verified
        answer = await going(eva)
        assert answer.status_code == 401
        assert "no address of yours that it has verified" in answer.text


async def test_who_is_no_user_gets_in_only_where_the_tenant_adds_them_as_agents(
    house: House, eva: Browser, provider: Vouching
) -> None:
    provider.who = Someone("4711", "new@acme.test", "Nina New")
    answer = await going(eva)
    assert answer.status_code == 401
    assert "You are no user here yet." in answer.text
    await house.change(config.sign_in.update().values(adds_users=True))
    assert (await going(eva)).status_code == 303
    [row] = [row for row in await house.rows(config.users) if row["address"] == "new@acme.test"]
    assert (row["role"], row["name"], row["password_hash"]) == ("agent", "Nina New", None)
    assert "You have none here" in (await eva.get("/me/security")).text


async def test_an_address_that_went_to_another_person_there_does_not_open_the_account_here(
    eva: Browser, provider: Vouching
) -> None:
    assert (await going(eva)).status_code == 303
    provider.who.sub = "another person"
    answer = await going(eva)
    assert answer.status_code == 401
    assert "belongs to another account of the provider" in answer.text


@pytest.mark.usefixtures("provider")
async def test_an_archived_user_stays_out(house: House, eva: Browser) -> None:
    assert (await going(eva)).status_code == 303
    await house.change(config.users.update().values(archived_at=house.clock.now))
    assert (await going(eva)).status_code == 401


async def test_a_provider_that_refuses_or_is_away_is_told_on_the_page(
    eva: Browser, provider: Vouching
) -> None:
    provider.denies = True
    answer = await going(eva)
    assert answer.status_code == 401
    assert "The provider did not sign you in." in answer.text


async def test_a_provider_vouches_for_no_operator_neither_by_address_nor_for_who_became_one(
    house: House, eva: Browser, provider: Vouching
) -> None:
    boss = await house.user("boss@acme.test", role="operator")
    provider.who = Someone("4711", "boss@acme.test", "Boss")
    answer = await going(eva)
    assert answer.status_code == 401
    assert "Operators of the installation sign in by password" in answer.text
    assert await house.rows(config.identities) == []
    row = {"tenant": "default", "issuer": provider.issuer, "subject": "4711", "user": boss}
    await house.add(config.identities, **row)
    assert (await going(eva)).status_code == 401
    assert (await eva.get("/tickets")).status_code == 303


async def test_the_settings_ask_the_provider_before_they_are_kept(house: House, eva: Browser) -> None:
    for form, says in (
        ({"issuer": "http://acme.test", "client_id": "x"}, "begins with https://"),
        ({"issuer": "http://127.0.0.1:9", "client_id": "x"}, "does not answer"),
        ({"issuer": f"https://{'a' * 70}.test", "client_id": "x"}, "does not answer"),
        ({"issuer": "https://acme.test", "client_id": ""}, "Enter the client id too"),
        ({"issuer": "", "client_id": "x"}, "Enter the issuer too"),
    ):
        answer = await eva.post(SETTINGS, **form)
        assert answer.status_code == 422
        assert says in answer.text
    assert await house.rows(config.sign_in) == []


@pytest.mark.parametrize(
    "issuer",
    [
        "http://localhost:1",
        "http://[::1]:1",
        "https://10.0.0.1",
        "https://169.254.169.254/latest",
        "https://[::ffff:10.0.0.1]",
        "https://2130706433",
        "https://localhost",
    ],
)
async def test_no_issuer_leads_into_our_own_network_and_none_tells_what_answers_there(
    house: House, desk: Desk, eva: Browser, issuer: str
) -> None:
    desk.published.private = False
    async with vouching() as one:
        for address in (issuer, one.issuer):
            answer = await eva.post(SETTINGS, issuer=address, client_id="x")
            assert answer.status_code == 422
            assert "is in a network of our own" in answer.text
        assert not one.answered
    assert await house.rows(config.sign_in) == []


async def test_the_secret_is_sealed_and_stays_until_another_is_typed(
    house: House, desk: Desk, eva: Browser, provider: Vouching
) -> None:
    await eva.sign_in("eva@acme.test")
    await eva.post(SETTINGS, issuer=provider.issuer, client_id=CLIENT, called="Other name")
    [row] = await house.rows(config.sign_in)
    assert desk.sign_in is not None
    assert desk.sign_in.open(row["secret"]) == SECRET
    page = (await eva.get(SETTINGS)).text
    for told in (page, str(await house.rows(config.option_history)), str(await house.rows(tables.audit))):
        assert SECRET not in told
    assert "Other name" in page
    await eva.post(SETTINGS, without="yes")
    [row] = await house.rows(config.sign_in)
    assert (row["issuer"], row["secret"]) == (None, None)
    assert (await eva.get("/sign-in/provider")).status_code == 404


@pytest.mark.parametrize(
    ("issuer", "may"),
    [
        ("https://id.acme.test/realms/x", True),
        ("http://127.0.0.1:8000", True),
        ("http://id.acme.test", False),
        ("https://", False),
        ("https://id.acme.test?x=1", False),
        ("https://[::1", False),
        ("file:///etc/passwd", False),
    ],
)
def test_an_issuer_is_an_address_by_https(issuer: str, *, may: bool) -> None:
    assert (why_no_issuer(issuer) is None) is may
