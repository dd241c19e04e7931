"""Saved replies: whose they are, what they may name, and putting one into a reply."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from shared.storage.desk import saved_replies, uploads
from tests.service.desk.conftest import Browser, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


@pytest.fixture(autouse=True)
async def ticket(house: House) -> UUID:
    return await house.ticket(7)


async def saved(eva: Browser, **form: Any) -> httpx.Response:  # Any: fields of the form
    told = {"name": "Greeting", "text": "Hello {{ contact.name }},", "scope": "personal"} | form
    return await eva.post("/settings/saved-replies/new", **told)


async def put_in(eva: Browser, house: House) -> Any:  # Any: JSON
    (row,) = await house.rows(saved_replies)
    return (await eva.post(f"/tickets/7/saved-replies/{row['id']}")).json()


async def test_one_is_filled_from_the_ticket(house: House, eva: Browser) -> None:
    assert (await saved(eva, html="<div>Hello <b>{{ contact.name }}</b></div>")).status_code == 303
    told = await put_in(eva, house)
    assert told == {"text": "Hello Anna", "html": "<div>Hello <b>Anna</b></div>", "files": []}


async def test_a_fact_in_rich_words_is_never_markup(house: House, eva: Browser) -> None:
    await house.ticket(8, "<img src=x onerror=alert(1)>")
    await saved(eva, html="<div>About <b>{{ ticket.subject }}</b></div>")
    (row,) = await house.rows(saved_replies)
    told = (await eva.post(f"/tickets/8/saved-replies/{row['id']}")).json()
    assert told["html"] == "<div>About <b>&lt;img src=x onerror=alert(1)&gt;</b></div>"


async def test_a_fact_that_no_ticket_has_is_named_when_it_is_saved(house: House, eva: Browser) -> None:
    page = await saved(eva, text="Hello {{ contact.nme }}")
    assert page.status_code == 422
    assert "contact.nme" in page.text
    assert "Hello {{ contact.nme }}</textarea>" in page.text
    assert await house.rows(saved_replies) == []


async def test_its_files_go_along_as_ones_own(house: House, eva: Browser) -> None:
    form = {"csrf": eva.csrf, "name": "Plan", "text": "Here is the plan.", "scope": "shared"}
    await eva.http.post("/settings/saved-replies/new", data=form, files={"files": ("plan.png", PNG)})
    (file,) = (await put_in(eva, house))["files"]
    assert file["name"] == "plan.png"
    assert file["id"] in {str(row["id"]) for row in await house.rows(uploads)}


async def test_a_personal_one_is_nobody_elses(house: House, eva: Browser) -> None:
    await saved(eva)
    (row,) = await house.rows(saved_replies)
    await house.user("bob@acme.test")
    await eva.post("/sign-out")
    await eva.sign_in("bob@acme.test")
    assert "Greeting" not in (await eva.get("/settings/saved-replies")).text
    assert (await eva.get(f"/settings/saved-replies/{row['id']}")).status_code == 404
    assert (await eva.post(f"/tickets/7/saved-replies/{row['id']}")).status_code == 404
    assert (await eva.post(f"/settings/saved-replies/{row['id']}/remove")).status_code == 404


async def test_shared_ones_are_for_administrators_to_change(house: House, eva: Browser) -> None:
    await saved(eva, scope="shared")
    (row,) = await house.rows(saved_replies)
    await house.user("bob@acme.test")
    await eva.post("/sign-out")
    await eva.sign_in("bob@acme.test")
    assert "Greeting" in (await eva.get("/settings/saved-replies")).text
    assert (await saved(eva, scope="shared", name="Mine")).status_code == 403
    assert (await eva.post(f"/settings/saved-replies/{row['id']}/remove")).status_code == 403


async def test_one_of_a_department_is_offered_on_its_tickets(house: House, eva: Browser) -> None:
    sales = await house.department("sales")
    await house.ticket(8, department=sales)
    await saved(eva, scope="department", department=str(sales))
    await saved(eva, name="Bye")
    assert [one["name"] for one in (await eva.get("/tickets/7/saved-replies")).json()] == ["Bye"]
    both = (await eva.get("/tickets/8/saved-replies")).json()
    assert [(one["name"], one["scope"]) for one in both] == [("Bye", "personal"), ("Greeting", "department")]
    assert [one["name"] for one in (await eva.get("/tickets/8/saved-replies?q=gree")).json()] == ["Greeting"]


async def test_programs_add_change_and_remove(house: House, eva: Browser) -> None:
    token = await house.token(house.users["eva"])
    eva.http.headers["Authorization"] = f"Bearer {token}"
    place = "/api/v1/saved-replies"
    made = await eva.http.post(place, json={"name": "Hi", "text": "Hi {{ contact.name }}", "scope": "shared"})
    assert made.status_code == 201, made.text
    one = f"{place}/{made.json()['id']}"
    assert (await eva.http.put(one, json={"name": "Ho", "text": "{{ x }}"})).status_code == 422
    changed = await eva.http.put(one, json={"name": "Ho", "text": "Ho"})
    assert (changed.json()["name"], changed.json()["scope"]) == ("Ho", "personal")
    assert [each["name"] for each in (await eva.http.get(place)).json()["items"]] == ["Ho"]
    assert (await eva.http.delete(one)).status_code == 204
    assert (await eva.http.get(one)).status_code == 404


async def test_people_are_suggested_and_we_ourselves_never(house: House, eva: Browser) -> None:
    await house.mailbox("anna-help@acme.test")
    found = (await eva.get("/people?q=ann")).json()
    assert found == [{"address": "anna@example.test", "name": "Anna"}]
    assert [one["address"] for one in (await eva.get("/people?q=ev")).json()] == ["eva@acme.test"]
    assert (await eva.get("/people?q=")).json() == []


async def test_only_colleagues_who_see_the_ticket_are_named(house: House, eva: Browser) -> None:
    await house.user("bob@acme.test")
    await house.user("ola@acme.test", role="operator")
    mia = await house.user("mia@acme.test")
    await house.ticket(8, department=await house.department("people", mia))
    everybody = [one["name"] for one in (await eva.get("/tickets/7/colleagues")).json()]
    assert everybody == ["Bob", "Eva", "Mia", "Ola"]
    assert [one["name"] for one in (await eva.get("/tickets/8/colleagues")).json()] == ["Eva", "Mia", "Ola"]
    assert [one["name"] for one in (await eva.get("/tickets/8/colleagues?q=m")).json()] == ["Mia"]
    assert (await eva.get("/tickets/9/colleagues")).status_code == 404
