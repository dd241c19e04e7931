"""What a search finds in the list and the API, whoever says it in whichever language; and what it tells."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.desk.queries import search
from shared.contracts.mail import Address
from shared.storage import config
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_ticket_list import numbers

Find = Callable[..., Awaitable[list[int]]]


@pytest.fixture
def find(eva: Browser) -> Find:
    async def find(typed: str, view: str = "all") -> list[int]:
        answer = await eva.http.get("/tickets", params={"view": view, "q": typed})
        assert answer.status_code == 200
        return sorted(await numbers(eva, str(answer.url)))

    return find


@pytest.fixture
async def letters(house: House, eva: Browser) -> House:
    """Five tickets of mail in several languages."""
    del eva
    firm, department = uuid4(), uuid4()
    await house.add(tables.organizations, id=firm, tenant="default", name="Acme Inc", created_at=NOW)
    await house.add(config.departments, id=department, tenant="default", key="sales", name="Sales")
    mailbox = await house.mailbox("help@acme.test")
    one = await house.ticket(
        1, "Printer on fire", organization=firm, department=department, mailbox=mailbox, tags=["vip", "hot"]
    )
    await house.mail_in(one, "The invoices for the printer are wrong. Please call O'Neil, and cry.")
    two = await house.ticket(
        2, "Rechnungen", status="closed", contact="bob@mail.acme.example", kind="internal"
    )
    await house.mail_in(
        two,
        "Die Rechnung für das Café ist nicht da, bitte senden Sie die zwei Häuser mit.",
        author_address="bob@mail.acme.example",
        author_name="Bob Müller",
        details={"to": [{"address": "help@acme.test", "name": "Help"}], "cc": []},
        files=(await house.file("Quittung_2026.pdf"),),
        has_files=True,
    )
    three = await house.ticket(3, "東京都の請求書", status="pending", changed_at=NOW - timedelta(days=60))
    await house.mail_in(
        three, "プリンターが壊れました", author_name="佐藤", author_address="sato@tokyo.example"
    )
    four = await house.ticket(4711, "Seven", status="new", assignee=house.users["eva"])
    await house.mail_in(four, "on wire the fire went out", author_name="Zoë")
    five = await house.ticket(5, "About 4711")
    await house.mail_in(five, "nothing else")
    return house


CASES = [
    ("printer", [1]),
    ("PRINT", [1]),
    ("invoice", [1]),
    ("invoicing", [1]),
    ("printers wrong", [1]),
    ("printer nothing", []),
    ("rechnung", [2]),
    ("rechnungen", [2]),
    ("haus", [2]),
    ("cafe muller", [2]),
    ('"printer on fire"', [1]),
    ('"on fire"', [1]),
    ('"fire on"', []),
    ("fire -printer", [4711]),
    ("-fire", [2, 3, 5]),
    ("o'neil", [1]),
    ("東京", [3]),
    ("都", [3]),
    ("請求書", [3]),
    ("京東", []),
    ("プリンター", [3]),
    ("#4711", [4711]),
    ("4711", [5, 4711]),
    ("#4711 nothing", []),
    ("zoe", [4711]),
    ("bob@mail.acme.example", [2]),
    ("bob@mail.ac", [2]),
    ("from:acme.example", [2]),
    ("from:bob", [2]),
    ("from:bob@mail.acme.example rechnung", [2]),
    ("to:help@acme.test", [2]),
    ("-from:acme.example", [1, 3, 5, 4711]),
    ("subject:fire", [1]),
    ("file:quittung", [2]),
    ("quittung", [2]),
    ("has:file", [2]),
    ("-has:file fire", [1, 4711]),
    ("status:pending", [3]),
    ("-status:pending is:open", [1, 5, 4711]),
    ("is:closed", [2]),
    ("is:waiting", [3]),
    ("is:unassigned", [1, 3, 5]),
    ("assignee:me", [4711]),
    ("assignee:eva@acme.test", [4711]),
    ("assignee:none is:open", [1, 3, 5]),
    ("-assignee:me", [1, 2, 3, 5]),
    ("tag:vip", [1]),
    ("tag:vip fire", [1]),
    ("-tag:vip fire", [4711]),
    ("department:sales", [1]),
    ("-department:sales", [2, 3, 5, 4711]),
    ("organization:acme", [1]),
    ("mailbox:help", [1]),
    ("kind:internal", [2]),
    ("before:2026-10-31", [3]),
    ("after:2026-10-31 fire", [1, 4711]),
    ("?!", []),
    ("'", []),
    ("\\ printer", [1]),
]


@pytest.mark.usefixtures("letters")
@pytest.mark.parametrize("few", [search.FEW, 0], ids=["by ids", "walked"])
async def test_each_way_of_asking_finds_what_it_says(
    find: Find, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FEW", few)
    wrong = {typed: found for typed, expected in CASES if (found := await find(typed)) != expected}
    assert wrong == {}


@pytest.mark.usefixtures("letters")
async def test_what_cannot_be_looked_for_is_told_and_finds_nothing(eva: Browser, find: Find) -> None:
    page = (await eva.get("/tickets?q=before:soon+department:moon")).text
    assert "“before:soon” is no day. Write it as before:2026-01-31." in page
    assert "There is no department “moon”." in page
    assert await find("before:soon printer") == []
    assert "“color:” is no filter" in (await eva.get("/tickets?q=color:red")).text


async def test_the_api_finds_the_same_and_refuses_with_the_remedy(
    letters: House, http: httpx.AsyncClient
) -> None:
    token = await letters.token(letters.users["eva"])
    headers = {"authorization": f"Bearer {token}"}

    async def ask(**params: Any) -> httpx.Response:
        return await http.get("/api/v1/tickets", params=params, headers=headers)

    found = (await ask(view="all", q="fire", limit=1)).json()
    assert [line["number"] for line in found["items"]] in ([1], [4711])
    rest = (await ask(view="all", q="fire", limit=1, after=found["next"])).json()
    assert {found["items"][0]["number"], rest["items"][0]["number"]} == {1, 4711}
    refused = await ask(q="is:odd")
    assert refused.status_code == 422
    assert "docs/search.md" in refused.text


@pytest.mark.usefixtures("letters")
async def test_words_of_another_tenant_are_not_found(house: House, find: Find) -> None:
    await house.tenant("other")
    theirs = await house.ticket(1, "Printer elsewhere", tenant="other", tags=["theirs"])
    await house.mail_in(theirs, "unheard-of words", tenant="other")
    assert await find("printer") == [1]
    assert await find("unheard") == []
    assert await find("tag:theirs") == []


async def test_searches_that_find_very_many_say_so_and_are_not_counted(
    letters: House, eva: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    del letters
    monkeypatch.setattr(search, "FEW", 1)
    monkeypatch.setattr("services.desk.queries.tickets.LOOKED_AT", 2)
    assert "of many" in (await eva.get("/tickets?view=all&q=fire")).text
    assert "1 of 1" in (await eva.get("/tickets?view=all&q=rechnung")).text


async def test_a_person_is_found_by_any_address_of_a_mail(house: House, find: Find) -> None:
    ticket = await house.ticket(9)
    cc = Address(address="colleague@branch.example", name="Dora Colleague")
    await house.mail_in(ticket, details={"to": [], "cc": [cc.model_dump()]})
    assert await find("dora") == [9]
    assert await find("to:branch.example") == [9]
    assert await find("from:branch.example") == []


async def test_a_long_walk_goes_on_with_the_next_page(
    letters: House, http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.desk.queries.tickets.WALKED", 2)
    headers = {"authorization": f"Bearer {await letters.token(letters.users['eva'])}"}
    found, after = [], ""
    for _ in range(3):
        params = {"view": "all", "q": "-printer -fire", "after": after}
        page = (await http.get("/api/v1/tickets", params=params, headers=headers)).json()
        found += [line["number"] for line in page["items"]]
        after = page["next"]
    assert after is None
    assert sorted(found) == [2, 3, 5]


async def test_a_status_that_is_not_there_and_what_has_no_letter_are_named(
    eva: Browser, house: House
) -> None:
    own = {"key": "on_the_shelf", "name": "On the Shelf", "category": "pending", "position": 0}
    await house.add(config.statuses, tenant="default", **own)
    await house.ticket(7, status="on_the_shelf", category="pending")
    for typed, said in (
        ("status:banana", "There is no status “banana”."),
        ("🎉", "“🎉” has no letter and no digit"),
        ('status:"on the shelf"', 'id="t-7"'),
    ):
        assert said in (await eva.http.get("/tickets", params={"view": "all", "q": typed})).text
