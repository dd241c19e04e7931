"""Own statuses and custom fields at the desk: kept by the API, chosen on the page, shown by name."""

from typing import Any

import httpx
from sqlalchemy import update

from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent


async def calling(house: House, eva: Browser) -> Any:  # Any: a function of method, path and body
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}

    async def call(method: str, path: str, body: object = None) -> httpx.Response:
        return await eva.http.request(method, f"/api/v1{path}", json=body, headers=headers)

    return call


async def test_statuses_are_added_renamed_and_archived_and_the_built_in_ones_stay(
    house: House, eva: Browser
) -> None:
    call = await calling(house, eva)
    own = {"key": "with_vendor", "name": "With the vendor", "category": "pending"}
    assert (await call("POST", "/statuses", own)).status_code == 201
    assert (await call("POST", "/statuses", own | {"name": "At the vendor's"})).status_code == 201
    listed = {one["key"]: one for one in (await call("GET", "/statuses")).json()["items"]}
    assert list(listed) == ["new", "open", "pending", "resolved", "closed", "with_vendor"]
    assert listed["with_vendor"]["name"] == "At the vendor's"
    other = await call("POST", "/statuses", own | {"category": "closed"})
    assert (other.status_code, "is of the category pending" in other.json()["detail"]) == (409, True)
    assert (await call("POST", "/statuses", own | {"key": "open"})).status_code == 409
    assert (await call("POST", "/statuses", own | {"key": "No Key"})).status_code == 422
    assert (await call("DELETE", "/statuses/with_vendor")).status_code == 204
    assert "with_vendor" not in {one["key"] for one in (await call("GET", "/statuses")).json()["items"]}
    assert [(await call("DELETE", f"/statuses/{key}")).status_code for key in ("with_vendor", "open")] == [
        404
    ] * 2


async def test_custom_fields_are_added_with_what_their_type_asks_for(house: House, eva: Browser) -> None:
    call = await calling(house, eva)
    colour = {"key": "colour", "name": "Colour", "type": "choice", "choices": ["red", "blue"]}
    assert (await call("POST", "/custom-fields", colour)).status_code == 201
    assert (await call("POST", "/custom-fields", colour | {"choices": []})).status_code == 422
    assert (await call("POST", "/custom-fields", colour | {"type": "text"})).status_code == 422
    other = await call("POST", "/custom-fields", colour | {"type": "multi"})
    assert (other.status_code, "is of the type choice" in other.json()["detail"]) == (409, True)
    (kept,) = (await call("GET", "/custom-fields")).json()["items"]
    assert kept["choices"] == ["red", "blue"]
    assert (await call("DELETE", "/custom-fields/colour")).status_code == 204
    assert (await call("GET", "/custom-fields")).json()["items"] == []


async def test_the_page_offers_them_and_a_form_becomes_typed_changes(house: House, eva: Browser) -> None:
    call = await calling(house, eva)
    own = {"key": "with_vendor", "name": "At the vendor's", "category": "pending"}
    await call("POST", "/statuses", own)
    await call("POST", "/custom-fields", {"key": "floor", "name": "Floor", "type": "number"})
    await call("POST", "/custom-fields", {"key": "paid", "name": "Paid", "type": "boolean"})
    ticket = await house.ticket(
        7, status="with_vendor", category="pending", fields={"floor": 2, "paid": True}
    )
    facts = {"version": 2, "actor": {"name": "Eva"}, "at": NOW}
    for field, old, new in (("fields.floor", None, 2), ("status", "open", "with_vendor")):
        row = {"tenant": "default", "ticket": ticket, "field": field, "old": old, "new": new}
        await house.add(tables.history, **row | facts)
    page = (await eva.get("/tickets/7")).text
    assert "At the vendor&#39;s" in page
    assert "Eva set Floor nothing → 2" in page
    assert "Eva set status Open → At the vendor&#39;s" in page
    assert "At the vendor&#39;s" in (await eva.get("/tickets?view=waiting")).text
    await eva.post("/tickets/7/change", version="1", **{"fields.floor": "3,5", "fields.paid": "true"})
    await call("PATCH", "/tickets/7", {"fields": {"paid": None}, "priority": "high"})
    by_page, by_program = [change["changes"] for change in await sent(house, "ticket.change.v1")]
    assert by_page == {"fields.floor": 3.5}
    assert by_program == {"priority": "high", "fields.paid": None}
    read = (await call("GET", "/tickets/7")).json()
    assert (read["category"], read["fields"]) == ("pending", {"floor": 2, "paid": True})


async def test_lists_and_counts_go_by_the_category(house: House, eva: Browser) -> None:
    for number, category in enumerate(("new", "open", "pending", "closed"), start=1):
        await house.ticket(number, f"Case {category}", status="own", category=category)
    await house.change(
        update(tables.tickets).where(tables.tickets.c.number == 2).values(assignee=house.users["eva"])
    )
    views = {"new": [1], "waiting": [3], "open": [1, 2, 3], "unassigned": [1, 3], "mine": [2]}
    call = await calling(house, eva)
    for view, numbers in views.items():
        found = (await call("GET", f"/tickets?view={view}")).json()["items"]
        assert sorted(one["number"] for one in found) == numbers, view
