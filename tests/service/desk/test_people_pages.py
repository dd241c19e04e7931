"""Organizations and contacts: listed, read, changed by command; what a domain would move is shown before."""

import json
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from services.desk.once import id_of
from shared.storage import messages
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House

API = "/api/v1"


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    user = await house.user("max@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    return http


async def organization(house: House, name: str, *domains: str, tenant: str = "default", **facts: Any) -> UUID:
    made = uuid4()
    await house.add(tables.organizations, id=made, tenant=tenant, name=name, created_at=NOW, **facts)
    for domain in domains:
        await house.add(tables.organization_domains, tenant=tenant, domain=domain, organization=made)
    return made


async def command(house: House) -> dict[str, Any]:
    """The last command that was sent."""
    rows = await house.rows(messages.outbox)
    body: dict[str, Any] = json.loads(rows[-1]["body"])
    return {name: value for name, value in body.items() if name not in {"actor", "id", "occurred_at"}} | {
        "contract": rows[-1]["contract"]
    }


async def test_organizations_are_listed_by_name_and_found_by_a_domain(
    house: House, api: httpx.AsyncClient
) -> None:
    acme = await organization(house, "Acme", "acme.example", "acme.co.uk")
    for name in ("Beta", "Acme", "Gamma"):
        await organization(house, name)
    await organization(house, "Theirs", "theirs.example", tenant="other")
    names, after = [], ""
    while after is not None:
        page = (await api.get(f"{API}/organizations?limit=1{after and f'&after={after}'}")).json()
        names += [one["name"] for one in page["items"]]
        after = page["next"]
    assert names == ["Acme", "Acme", "Beta", "Gamma"]
    found = (await api.get(f"{API}/organizations?q=ACME.example")).json()["items"]
    assert [(one["id"], one["domains"]) for one in found] == [(str(acme), ["acme.co.uk", "acme.example"])]
    assert len((await api.get(f"{API}/organizations?q=ac")).json()["items"]) == 2
    assert (await api.get(f"{API}/organizations/{acme}")).json()["name"] == "Acme"
    assert (await api.get(f"{API}/organizations/{uuid4()}")).status_code == 404


async def test_changes_of_organizations_become_commands(house: House, api: httpx.AsyncClient) -> None:
    acme = await organization(house, "Acme", "acme.example")
    at = f"{API}/organizations"
    assert (await api.post(at, json={"name": "New", "domains": ["new.example"]})).status_code == 202
    assert (await command(house))["domains"] == ["new.example"]
    await api.patch(f"{at}/{acme}", json={"name": "Acme Ltd"})
    assert (await command(house))["called"] == "Acme Ltd"
    await api.post(f"{at}/{acme}/domains", json={"domains": ["acme.co.uk"]})
    assert (await command(house))["add"] == ["acme.co.uk"]
    await api.delete(f"{at}/{acme}/domains/acme.example")
    assert (await command(house))["remove"] == ["acme.example"]
    await api.post(f"{at}/domains/acme.example")
    sent = await command(house)
    assert (sent["contract"], sent["domain"]) == ("organization.domain.apply.v1", "acme.example")


async def test_refused_domain_is_a_conflict_that_says_why(house: House, api: httpx.AsyncClient) -> None:
    acme, key = await organization(house, "Acme"), uuid4()
    told = {"refused": "taken.example belongs to Other: take it away there first"}
    ours = id_of(key, api.headers["Authorization"])
    await house.answers("ticketing.organization.change.v1", ours, told)
    answer = await api.post(
        f"{API}/organizations/{acme}/domains",
        json={"domains": ["taken.example"]},
        headers={"Idempotency-Key": str(key)},
    )
    assert answer.status_code == 409
    assert "belongs to Other" in answer.json()["detail"]


async def test_agents_read_organizations_and_change_contacts_only(
    house: House, http: httpx.AsyncClient
) -> None:
    user = await house.user("ann@acme.test")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    acme = await organization(house, "Acme")
    contact = await house.contact("anna@example.test", "default")
    assert (await http.get(f"{API}/organizations")).status_code == 200
    assert (await http.post(f"{API}/organizations", json={"name": "X"})).status_code == 403
    assert (await http.patch(f"{API}/organizations/{acme}", json={"name": "X"})).status_code == 403
    assert (await http.post(f"{API}/organizations/domains/acme.example")).status_code == 403
    assert (await http.patch(f"{API}/contacts/{contact}", json={"name": "X"})).status_code == 202


async def test_preview_counts_what_would_move_and_names_the_first(
    house: House, api: httpx.AsyncClient
) -> None:
    acme = await organization(house, "Acme", "acme.example")
    await organization(house, "Labs", "labs.acme.example")
    for number in range(1, 13):
        await house.ticket(number, f"Ticket {number}", contact="ada@acme.example")
    await house.ticket(20, contact="bo@labs.acme.example")
    await house.ticket(21, contact="eve@notacme.example")
    shown = (await api.get(f"{API}/organizations/domains/Acme.example")).json()
    assert (shown["organization"], shown["tickets"], shown["contacts"]) == (str(acme), 13, 2)
    assert [one["number"] for one in shown["first"]] == [20, *range(12, 3, -1)]
    assert [(one["was"], one["becomes"]) for one in shown["first"][:2]] == [(None, "Labs"), (None, "Acme")]
    assert shown["last"] is None
    problem = await api.get(f"{API}/organizations/domains/gmail.com")
    assert problem.status_code == 422
    assert "Anybody can have an address" in problem.json()["detail"]


async def test_contacts_are_found_by_name_and_by_domain(house: House, api: httpx.AsyncClient) -> None:
    for address in ("ada@a.example", "adam@b.example", "bo@sub.a.example", "bo@nota.example"):
        await house.contact(address, "default")
    await house.contact("zoe@a.example", "other")
    called = update(tables.contacts).where(tables.contacts.c.address == "adam@b.example")
    await house.change(called.values(name="Zoe Stone"))

    async def found(q: str) -> list[str]:
        page = (await api.get(f"{API}/contacts", params={"q": q})).json()
        return [one["address"] for one in page["items"]]

    assert await found("zOE s") == ["adam@b.example"]
    assert await found("A.example") == ["ada@a.example", "bo@sub.a.example"]
    assert await found("@b.example") == ["adam@b.example"]
    assert await found("stone") == []


async def test_contacts_are_listed_by_the_beginning_of_their_address_and_read_with_their_tickets(
    house: House, api: httpx.AsyncClient
) -> None:
    for number, address in enumerate(("ada@a.example", "adam@b.example", "bo@a.example"), start=1):
        await house.ticket(number, contact=address)
    await house.contact("ada@theirs.example", "other")
    first = (await api.get(f"{API}/contacts?q=AD&limit=1")).json()
    second = (await api.get(f"{API}/contacts?q=AD&limit=1&after={first['next']}")).json()
    assert [page["items"][0]["address"] for page in (first, second)] == ["ada@a.example", "adam@b.example"]
    assert second["next"] is None
    assert len((await api.get(f"{API}/contacts")).json()["items"]) == 3
    read = (await api.get(f"{API}/contacts/{first['items'][0]['id']}")).json()
    assert [ticket["number"] for ticket in read["tickets"]] == [1]
    assert (await api.get(f"{API}/contacts/{uuid4()}")).status_code == 404


async def test_change_of_a_contact_becomes_a_command(house: House, api: httpx.AsyncClient) -> None:
    contact, acme = await house.contact("ada@a.example", "default"), await organization(house, "Acme")
    await api.patch(f"{API}/contacts/{contact}", json={"name": "Ada", "organization": str(acme)})
    sent = await command(house)
    assert (sent["called"], sent["organization"], sent["by_domain"]) == ("Ada", str(acme), False)
    await api.patch(f"{API}/contacts/{contact}", json={"organization": None})
    sent = await command(house)
    assert (sent["called"], sent["organization"], sent["by_domain"]) == (None, None, True)
    assert (await api.patch(f"{API}/contacts/{contact}", json={})).status_code == 422


async def test_pages_show_organizations_a_preview_and_why_something_was_refused(
    house: House, eva: Browser
) -> None:
    acme, key = await organization(house, "Acme <Ltd>", "acme.example"), uuid4()
    await house.ticket(7, contact="ada@acme.example")
    assert "Acme &lt;Ltd&gt;" in (await eva.get("/organizations")).text
    page = (await eva.get(f"/organizations/{acme}?domain=acme.example")).text
    assert "1 ticket and 1 contact of acme.example would move" in page
    await house.answers("ticketing.organization.change.v1", key, {"refused": "gmail.com is shared"})
    answer = await eva.post(f"/organizations/{acme}", key=str(key), domains="gmail.com")
    assert (answer.status_code, "Gmail.com is shared" in answer.text) == (409, True)
    done = uuid4()
    await house.answers("ticketing.organization.create.v1", done, {"ok": True, "organization": str(acme)})
    answer = await eva.post("/organizations", key=str(done), name="Acme", domains="a.example, b.example,")
    assert answer.headers["location"] == f"/organizations/{acme}?said=organized"
    answer = await eva.post(f"/organizations/{acme}/apply", domain="acme.example")
    assert answer.headers["location"] == f"/organizations/{acme}?domain=acme.example&said=working"
    assert (await command(house))["domain"] == "acme.example"


async def test_contact_is_found_named_and_placed_on_its_page(house: House, eva: Browser) -> None:
    acme = await organization(house, "Acme")
    await house.ticket(7, "Printer <on> fire", contact="ada@a.example")
    contact = house.contacts["default", "ada@a.example"]
    for path, many in (("/contacts?find=ad", 1), ("/contacts?find=x", 0)):
        assert (await eva.get(path)).text.count(f'href="/contacts/{contact}"') == many
    page = await eva.get(f"/contacts/{contact}")
    assert "Printer &lt;on&gt; fire" in page.text
    answer = await eva.post(f"/contacts/{contact}", name="Ada L", organization=str(acme))
    assert answer.headers["location"] == f"/contacts/{contact}?said=working"
    sent = await command(house)
    assert (sent["called"], sent["organization"], sent["by_domain"]) == ("Ada L", str(acme), False)
    await house.change(tables.contacts.update().values(organization=acme, chosen=["organization"]))
    await eva.post(f"/contacts/{contact}", name="Ada", organization="")
    sent = await command(house)
    assert (sent["called"], sent["organization"], sent["by_domain"]) == (None, None, True)
    assert (await eva.get(f"/contacts/{uuid4()}")).status_code == 404
