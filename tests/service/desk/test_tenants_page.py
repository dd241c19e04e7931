"""The page of tenants: for operators of the installation alone; how each stands, and a new one."""

import re

import httpx
import pytest

from shared.storage import config
from tests.service.desk.conftest import NOW, PASSWORD, Browser, House


@pytest.fixture
async def ola(house: House, http: httpx.AsyncClient) -> Browser:
    await house.user("ola@acme.test", role="operator")
    browser = Browser(http)
    assert (await browser.sign_in("ola@acme.test")).status_code == 303
    return browser


def words(page: httpx.Response) -> str:
    return " ".join(re.sub("<[^>]+>", " ", page.text).split())


async def test_an_administrator_of_one_tenant_hears_of_no_other(house: House, eva: Browser) -> None:
    await house.tenant("zeta")
    assert (await eva.get("/settings/tenants")).status_code == 403
    assert (await eva.post("/settings/tenants", tenant="mine")).status_code == 403
    assert "/settings/tenants" not in (await eva.get("/settings")).text
    assert {row["id"] for row in await house.rows(config.tenants)} == {"default", "zeta"}


async def test_each_tenant_tells_how_it_stands_and_how_much_it_has(house: House, ola: Browser) -> None:
    await house.tenant("zeta")
    await house.mailbox("help@zeta.test", tenant="zeta")
    await house.ticket(1, "Secret of Zeta", tenant="zeta")
    await house.add(config.tenants, id="gone", name="", created_at=NOW, suspended=True, erased_at=NOW)
    await house.add(config.tenants, id="rests", name="Rests", created_at=NOW, suspended=True)
    assert 'href="/settings/tenants"' in (await ola.get("/settings")).text
    page = await ola.get("/settings/tenants")
    told = words(page)
    assert "default yours default Active Mailboxes: 0 Users: 1" in told
    assert "zeta zeta Active Mailboxes: 1 Users: 0" in told
    assert "gone Erased" in told
    assert "Rests rests Suspended" in told
    assert "Secret of Zeta" not in page.text
    assert "help@zeta.test" not in page.text


async def test_a_new_tenant_with_its_first_administrator_who_signs_in(
    house: House, ola: Browser, http: httpx.AsyncClient
) -> None:
    form = {"tenant": "zeta", "name": "Zeta & Co", "address": "Zoe@zeta.test", "password": PASSWORD}
    answer = await ola.post("/settings/tenants", **form)
    assert answer.headers["location"] == "/settings/tenants?said=tenant"
    [zoe] = [row for row in await house.rows(config.users) if row["tenant"] == "zeta"]
    assert (zoe["address"], zoe["role"]) == ("zoe@zeta.test", "admin")
    http.cookies.clear()
    assert (await Browser(http).sign_in("zoe@zeta.test", "zeta")).status_code == 303


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ({"tenant": "default"}, "is there already"),
        ({"tenant": "a/b"}, "cannot name a tenant"),
        ({"tenant": ""}, "cannot name a tenant"),
        ({"tenant": "zeta", "address": "nobody"}, "An address has a name"),
        ({"tenant": "zeta", "address": "zoe@zeta.test", "password": "short"}, "characters"),
    ],
)
async def test_what_cannot_be_made_says_why_and_makes_nothing(
    house: House, ola: Browser, form: dict[str, str], why: str
) -> None:
    answer = await ola.post("/settings/tenants", **form)
    assert answer.status_code == 422
    assert why in answer.text
    assert [row["id"] for row in await house.rows(config.tenants)] == ["default"]
