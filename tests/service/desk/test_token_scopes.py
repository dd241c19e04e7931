"""How far a token goes: each operation of the API with a token of each scope, and what a role takes away."""

from uuid import uuid4

import httpx
import pytest

from services.desk.queries.people import Scope
from tests.service.desk.api_cases import OPERATIONS
from tests.service.desk.conftest import House

OTHERWISE = {"decision": "retry", "number": "7", "to": "8", "domain": "firm.test", "address": "a@firm.test"}


@pytest.fixture
async def bearers(house: House) -> dict[Scope, dict[str, str]]:
    boss = await house.user("eva@acme.test", role="operator")
    return {
        scope: {"Authorization": f"Bearer {await house.token(boss, scope=scope)}"}
        for scope in ("read", "write", "admin")
    }


async def status_of(
    http: httpx.AsyncClient, bearer: dict[str, str], method: str, path: str
) -> tuple[int, str]:
    names = {name: OTHERWISE.get(name, str(uuid4())) for name in _names(path)}
    answer = await http.request(method, path.format(**names), headers=bearer)
    detail = answer.json().get("detail", "") if answer.status_code >= 400 else ""
    return answer.status_code, detail


def _names(path: str) -> list[str]:
    return [part[1:-1] for part in path.split("/") if part.startswith("{")]


async def test_a_token_that_reads_changes_nothing(
    http: httpx.AsyncClient, bearers: dict[Scope, dict[str, str]]
) -> None:
    writing = [(method, path) for method, path in OPERATIONS if method != "GET"]
    assert len(writing) > 30
    for method, path in writing:
        status, detail = await status_of(http, bearers["read"], method, path)
        assert (status, detail) == (403, "This token only reads."), (method, path)


async def test_what_is_for_administrators_needs_a_token_of_theirs_of_the_scope_admin(
    http: httpx.AsyncClient, bearers: dict[Scope, dict[str, str]]
) -> None:
    for (method, path), case in OPERATIONS.items():
        status, detail = await status_of(http, bearers["write"], method, path)
        if case == "administrators":
            assert (status, "scope admin" in detail) == (403, True), (method, path)
        else:
            assert status != 403, (method, path)
        assert (await status_of(http, bearers["admin"], method, path))[0] != 403, (method, path)


async def test_a_token_never_does_more_than_the_role_of_its_person_gives(
    house: House, http: httpx.AsyncClient
) -> None:
    reader = await house.user("ria@acme.test", role="reader")
    bearer = {"Authorization": f"Bearer {await house.token(reader, scope='admin')}"}
    assert (await http.get("/api/v1/settings", headers=bearer)).status_code == 403
    answer = await http.post("/api/v1/tickets/7/notes", json={"text": "x"}, headers=bearer)
    assert (answer.status_code, answer.json()["detail"]) == (403, "You may read here, and change nothing.")


async def test_a_token_that_writes_sees_the_tickets_that_its_administrator_sees(
    house: House, http: httpx.AsyncClient, bearers: dict[Scope, dict[str, str]]
) -> None:
    department = await house.department("people", await house.user("mia@acme.test"))
    await house.ticket(7, department=department)
    for bearer in bearers.values():
        assert (await http.get("/api/v1/tickets/7", headers=bearer)).status_code == 200


async def test_every_token_learns_who_it_is_and_the_ids_that_it_may_send(
    house: House, http: httpx.AsyncClient
) -> None:
    tom = await house.user("tom@acme.test")
    await house.user("ria@acme.test", role="reader")
    room, box = await house.department("people"), await house.mailbox("help@acme.test")
    scopes: tuple[Scope, ...] = ("read", "write")
    for scope in scopes:
        http.headers["Authorization"] = f"Bearer {await house.token(tom, scope=scope)}"
        me = (await http.get("/api/v1/me")).json()
        assert (me["id"], me["scope"], me["role"]) == (str(tom), scope, "agent")
        offered = (await http.get("/api/v1/choices")).json()
        assert offered["assignees"] == [{"id": str(tom), "name": "Tom"}]
        assert [one["id"] for one in offered["departments"]] == [str(room)]
        assert offered["mailboxes"] == [{"id": str(box), "name": "help@acme.test"}]


async def test_a_token_that_writes_makes_no_saved_reply_for_everybody(
    http: httpx.AsyncClient, bearers: dict[Scope, dict[str, str]]
) -> None:
    wanted = {"name": "Hello", "text": "Hello", "scope": "shared"}
    answer = await http.post("/api/v1/saved-replies", json=wanted, headers=bearers["write"])
    assert answer.status_code == 403
    answer = await http.post("/api/v1/saved-replies", json=wanted, headers=bearers["admin"])
    assert answer.status_code == 201
