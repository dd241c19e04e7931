"""What happened to a ticket tells of others, and names only those that its reader sees."""

import re
from datetime import timedelta
from uuid import uuid4

import httpx

from services.desk.queries.unseen import TELLING, UNSEEN
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House


async def test_what_happened_to_a_ticket_names_no_other_that_is_hidden(
    house: House, http: httpx.AsyncClient
) -> None:
    people = {name: await house.user(f"{name}@acme.test") for name in ("mia", "bob")}
    department = await house.department("people", people["mia"])
    await house.ticket(53, "Secret", department=department)
    plain, _ = await house.ticket(2), await house.ticket(7, "Everybody's")
    row = {"tenant": "default", "ticket": plain}
    fact = {"version": 2, "actor": {"name": "Mia"}, "at": NOW - timedelta(minutes=5)}
    said = [("links", "relates #7"), ("links", "relates #53"), *((name, 53) for name in TELLING - {"links"})]
    for field, what in said:
        await house.add(tables.history, field=field, old=None, new=what, **row, **fact)
        await house.add(tables.history, field=field, old=what, new=None, **row, **fact)
    entry = {
        "id": uuid4(),
        "kind": "system",
        "shown_at": NOW,
        "created_at": NOW,
        "preview": "Split off to #53",
    }
    await house.add(tables.posts, details={"event": "split", "other": 53}, **row, **entry)
    told, page = {}, Browser(http)
    for name, user in people.items():
        await page.sign_in(f"{name}@acme.test")
        headers = {"Authorization": f"Bearer {await house.token(user)}"}
        asked = [await page.get("/tickets/2"), await page.get("/tickets/2/history")]
        asked += [
            await http.get(f"/api/v1/tickets/2/{part}", headers=headers) for part in ("history", "timeline")
        ]
        assert all("#7" in each.text for each in asked[:3])
        assert [UNSEEN in each.text for each in asked[:3]] == [name == "bob"] * 3
        told[name] = [bool(re.search(r"(?<![\w-])53(?![\w-])", each.text)) for each in asked]
    assert told == {"mia": [True, True, True, False], "bob": [False] * 4}
