"""Departments by API: added once, renamed, archived, never deleted; for administrators."""

from uuid import uuid4

import httpx
import pytest

from shared.storage import config
from tests.service.desk.conftest import House

AT = "/api/v1/departments"


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    user = await house.user("ada@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    return http


async def test_a_department_is_added_renamed_and_archived(house: House, api: httpx.AsyncClient) -> None:
    made = await api.post(AT, json={"key": "backend", "name": "Backend"})
    assert (made.status_code, made.json()["key"]) == (201, "backend")
    backend = f"{AT}/{made.json()['id']}"
    again = await api.post(AT, json={"key": "backend", "name": "Other"})
    assert (again.status_code, again.json()["detail"]) == (409, "There is a department backend already.")
    await api.post(AT, json={"key": "sales", "name": "Sales"})
    assert (await api.patch(backend, json={"name": "Engine room"})).json()["name"] == "Engine room"
    await api.patch(backend, json={"archived": True})
    listed = (await api.get(AT)).json()["items"]
    shown = [(one["key"], one["archived_at"] is None) for one in listed]
    assert shown == [("sales", True), ("backend", False)]
    assert (await api.patch(backend, json={"archived": False})).json()["archived_at"] is None
    assert len(await house.rows(config.departments)) == 2
    assert (await api.patch(f"{AT}/{uuid4()}", json={"name": "x"})).status_code == 404
    assert (await api.patch(backend, json={})).status_code == 422
    assert (await api.post(AT, json={"key": "No Key", "name": "x"})).status_code == 422


async def test_who_is_in_a_department_is_said_as_a_whole(house: House, api: httpx.AsyncClient) -> None:
    bob, cy = [await house.user(f"{name}@acme.test") for name in ("bob", "cy")]
    made = (await api.post(AT, json={"key": "sales", "name": "Sales"})).json()
    for members in ([bob, cy], [cy], []):
        wanted = {"members": [str(user) for user in members]}
        assert (await api.patch(f"{AT}/{made['id']}", json=wanted)).json()["members"] == wanted["members"]
    wrong = await api.patch(f"{AT}/{made['id']}", json={"name": "Other", "members": [str(uuid4())]})
    assert (wrong.status_code, (await api.get(AT)).json()["items"][0]["name"]) == (422, "Sales")


async def test_departments_are_for_administrators(house: House, http: httpx.AsyncClient) -> None:
    token = await house.token(await house.user("bob@acme.test"))
    assert (await http.get(AT, headers={"Authorization": f"Bearer {token}"})).status_code == 403
