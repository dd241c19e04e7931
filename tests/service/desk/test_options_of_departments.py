"""Options of departments: checked together with those of the tenant, with a history, by API and page."""

from uuid import UUID, uuid4

import httpx
import pytest

from shared.storage import config
from tests.service.desk.conftest import Browser, House

SETTINGS = "/api/v1/settings"
BACKEND = f"{SETTINGS}?department=backend"


@pytest.fixture
async def backend(house: House) -> UUID:
    department = uuid4()
    await house.add(config.departments, id=department, tenant="default", key="backend", name="Backend")
    return department


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient, backend: UUID) -> httpx.AsyncClient:
    del backend
    user = await house.user("ada@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    return http


async def test_a_department_has_what_it_set_and_else_what_its_tenant_has(api: httpx.AsyncClient) -> None:
    await api.put(SETTINGS, json={"close_ticket_after_days": 30, "close_inactive_tickets": True})
    answer = await api.put(BACKEND, json={"close_ticket_after_days": 7})
    assert (answer.json()["close_ticket_after_days"], answer.json()["close_inactive_tickets"]) == (7, True)
    assert (await api.get(SETTINGS)).json()["close_ticket_after_days"] == 30
    back = await api.put(BACKEND, json={"close_ticket_after_days": None})
    assert back.json()["close_ticket_after_days"] == 30
    history = (await api.get(f"{SETTINGS}/history?department=backend")).json()["items"]
    assert [(one["name"], one["department"], one["old"], one["new"]) for one in history] == [
        ("close_ticket_after_days", "backend", 7, None),
        ("close_ticket_after_days", "backend", None, 7),
    ]
    whole = (await api.get(f"{SETTINGS}/history?name=close_inactive_tickets")).json()["items"]
    assert [(one["department"], one["new"], one["changed_by"]) for one in whole] == [(None, True, "Ada")]


@pytest.mark.parametrize(
    ("wanted", "field", "words"),
    [
        ({"mail_scan_frequency": 9}, "mail_scan_frequency", "for the whole tenant"),
        ({"nonsense": 9}, "nonsense", "no option of this name"),
        ({"close_ticket_after_days": "soon"}, "close_ticket_after_days", "whole number"),
        (
            {"send_ticket_close_reminder": True, "close_ticket_after_days": 2},
            "reminder_before_ticket_close_days",
            "must be less than",
        ),
    ],
    ids=["tenant only", "unknown", "type", "together"],
)
async def test_what_is_not_valid_for_a_department_changes_nothing(
    house: House, api: httpx.AsyncClient, wanted: dict[str, object], field: str, words: str
) -> None:
    answer = await api.put(BACKEND, json=wanted)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert (error["field"], words in error["message"]) == (field, True)
    assert await house.rows(config.department_options) == await house.rows(config.option_history) == []
    assert (await api.get(f"{SETTINGS}?department=nowhere")).status_code == 404


async def test_what_a_department_makes_impossible_is_refused_for_the_tenant_too(
    house: House, api: httpx.AsyncClient
) -> None:
    await api.put(BACKEND, json={"close_ticket_after_days": 2})
    answer = await api.put(SETTINGS, json={"send_ticket_close_reminder": True})
    assert answer.status_code == 422
    assert "In the department Backend: " in answer.json()["detail"]
    assert await house.rows(config.options) == []


async def test_the_page_of_a_department_shows_and_sets_its_own(
    house: House, eva: Browser, backend: UUID
) -> None:
    page = await eva.get("/settings?department=backend")
    assert "close_ticket_after_days" in page.text
    assert "max_file_size" not in page.text
    form = {"department": "backend", "close_ticket_after_days": "7", "was.close_ticket_after_days": "14"}
    answer = await eva.post("/settings", **form)
    assert answer.headers["location"] == "/settings?department=backend&said=saved"
    (row,) = await house.rows(config.department_options)
    assert (row["department"], row["name"], row["value"]) == (backend, "close_ticket_after_days", 7)
    assert "All departments: 14 days" in (await eva.get("/settings?department=backend")).text
    await eva.post("/settings", department="backend", reset="close_ticket_after_days")
    (row,) = await house.rows(config.department_options)
    assert row["value"] is None
