"""A request that is understood only in part is refused, with what was not understood."""

import httpx
import pytest

from shared.storage import config, messages
from tests.service.desk.conftest import NOW, Browser, House

NOT_JSON = (
    {"content": b"text=Hello", "headers": {"Content-Type": "application/x-www-form-urlencoded"}},
    {"content": b'{"text": "Hello"}', "headers": {"Content-Type": "text/plain"}},
    {"content": b'{"text": "Hello"}'},
    {"files": {"text": b"Hello"}},
)


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    user = await house.user("ada@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    await house.ticket(7)
    return http


@pytest.mark.parametrize("sent", NOT_JSON, ids=["form", "text", "nothing", "multipart"])
async def test_a_body_that_is_not_sent_as_json_is_of_the_wrong_type(
    house: House,
    api: httpx.AsyncClient,
    sent: dict[str, object],
) -> None:
    answer = await api.request("POST", "/api/v1/tickets/7/notes", **sent)  # type: ignore[arg-type]  # by name
    told = answer.json()
    assert (answer.status_code, told["status"]) == (415, 415)
    assert "application/json" in told["remedy"]
    assert await house.rows(messages.outbox) == []


async def test_json_by_another_name_of_its_own_is_json(api: httpx.AsyncClient) -> None:
    for kind in ("application/json; charset=utf-8", "Application/JSON", "application/vnd.acme+json"):
        answer = await api.post(
            "/api/v1/tickets/7/notes", content=b'{"text": "Hello"}', headers={"Content-Type": kind}
        )
        assert answer.status_code == 202, kind


async def test_a_body_that_is_too_large_is_told_with_the_limit(api: httpx.AsyncClient) -> None:
    answer = await api.post("/api/v1/tickets/7/notes", json={"text": "x" * 2_100_000})
    told = answer.json()
    assert (answer.status_code, told["detail"]) == (413, "The request is larger than 2 MB.")
    assert told["remedy"] == "Send less at once."


async def test_a_form_that_is_too_large_is_told_with_the_limit(house: House, eva: Browser) -> None:
    await house.ticket(7)
    for path in ("/tickets/7/note", "/tickets/7/change"):
        answer = await eva.post(path, text="x" * 2_100_000)
        assert answer.status_code == 413, path
        assert "larger than 2 MB" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "tickets?statuss=closed",
        "tickets/7?view=all",
        "contacts?name=a",
        "settings?nosuch=",
        "tickets?view=open&Q=a",
    ],
)
async def test_a_parameter_that_an_operation_does_not_have_is_refused_by_name(
    api: httpx.AsyncClient, path: str
) -> None:
    answer = await api.get(f"/api/v1/{path}")
    (error,) = answer.json()["errors"]
    assert answer.status_code == 422
    assert error["field"] == path.partition("?")[2].rpartition("&")[2].partition("=")[0]
    assert "no such parameter" in error["message"] or "has no parameters" in error["message"]


async def test_nothing_is_done_by_a_command_with_a_parameter_that_is_not_known(
    house: House, api: httpx.AsyncClient
) -> None:
    answer = await api.post("/api/v1/tickets/7/notes?dry_run=true", json={"text": "Hello"})
    assert (answer.status_code, await house.rows(messages.outbox)) == (422, [])


async def test_a_status_that_nobody_defined_is_refused_and_an_archived_one_is_not(
    house: House, api: httpx.AsyncClient
) -> None:
    facts = {"tenant": "default", "category": "pending", "position": 0, "archived_at": NOW}
    await house.add(config.statuses, key="parts", name="Parts", **facts)
    answer = await api.get("/api/v1/tickets?status=nosuch")
    (error,) = answer.json()["errors"]
    assert (answer.status_code, error["field"]) == (422, "status")
    assert "there are: new, open" in error["message"]
    for status in ("open", "parts", ""):
        assert (await api.get(f"/api/v1/tickets?status={status}")).status_code == 200, status


async def test_a_query_with_the_character_0_is_refused(api: httpx.AsyncClient) -> None:
    for path in ("tickets?q=%00", "tickets?tag=a%00", "contacts?q=a%00b", "settings/history?name=%00"):
        answer = await api.get(f"/api/v1/{path}")
        assert answer.status_code == 422, path
        assert "the number 0" in answer.json()["detail"]
