"""What inactivity will do is told before, and setting what would close tickets at once is asked about."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from shared.storage import config
from tests.service.desk.conftest import NOW, Browser, House

ON = {"close_inactive_tickets": True}


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    user = await house.user("ada@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    return http


# Any: the columns of a ticket
async def silent(house: House, number: int, days: float, **values: Any) -> None:
    await house.ticket(number, last_person_post_at=NOW - timedelta(days=days), **values)


async def test_switching_on_says_what_it_would_close_and_asks(house: House, api: httpx.AsyncClient) -> None:
    await silent(house, 1, 20)
    await silent(house, 2, 15)
    await silent(house, 3, 2)
    await silent(house, 4, 40, imported_at=NOW)
    asked = await api.put("/api/v1/settings", json=ON)
    assert asked.status_code == 409
    assert asked.json()["detail"] == "It would mean: 2 tickets closed at once (#1, #2)."
    assert await house.rows(config.options) == await house.rows(config.option_history) == []
    reminding = await api.put("/api/v1/settings", json=ON | {"send_ticket_close_reminder": True})
    assert "2 tickets reminded at once" in reminding.json()["detail"]
    assert (await api.put("/api/v1/settings?confirm=true", json=ON)).status_code == 200
    assert (await api.put("/api/v1/settings", json={"close_ticket_after_days": 30})).status_code == 200
    assert (await api.put("/api/v1/settings", json={"max_file_size": 5})).status_code == 200


async def test_the_page_asks_and_saves_what_was_typed_when_confirmed(house: House, eva: Browser) -> None:
    await silent(house, 7, 20)
    form = {"close_inactive_tickets": "on", "was.close_inactive_tickets": ""}
    page = await eva.post("/settings", **form)
    assert page.status_code == 409
    assert "1 ticket closed at once (#7)" in page.text
    assert 'name="close_inactive_tickets" value="on" checked' in page.text
    assert await house.rows(config.options) == []
    saved = await eva.post("/settings", **form, confirm="yes")
    assert saved.headers["location"] == "/settings?said=saved"


async def test_the_forecast_goes_by_department_and_in_pages(house: House, api: httpx.AsyncClient) -> None:
    quick = uuid4()
    await house.add(config.departments, id=quick, tenant="default", key="quick", name="Quick")
    await silent(house, 1, 13)
    await silent(house, 2, 1)
    await silent(house, 3, 0.5, department=quick)
    await silent(house, 4, 90, status="closed")
    await silent(house, 5, 20, tenant="other")
    assert (await api.get("/api/v1/inactivity/forecast")).json() == {"items": [], "next": None}
    await api.put("/api/v1/settings?confirm=true", json=ON)
    await api.put("/api/v1/settings?department=quick", json={"close_ticket_after_days": 3})
    found = []
    after: str | None = ""
    while after is not None:
        page = (await api.get(f"/api/v1/inactivity/forecast?limit=1&days=7&after={after}")).json()
        found += [(one["number"], [each["what"] for each in one["foreseen"]]) for one in page["items"]]
        after = page["next"]
    assert found == [(1, ["closing"]), (3, ["closing"])]
