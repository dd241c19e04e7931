"""The JSON API: the same facts and commands, problems that name the remedy, nothing without a token."""

from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import update

from services.desk.desk import Desk
from services.desk.once import id_of
from shared.storage import config, messages
from tests.service.desk.applications import app_of
from tests.service.desk.conftest import NOW, House


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    user = await house.user("eva@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    return http


async def test_without_a_token_there_is_nothing(house: House, http: httpx.AsyncClient) -> None:
    user = await house.user("eva@acme.test")
    token = await house.token(user)
    for value in ("", "Bearer x", "Bearer default.x", f"Basic {token}"):
        answer = await http.get("/api/v1/tickets", headers={"Authorization": value})
        assert answer.status_code == 401
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"] == "Bearer"
    bearer = {"Authorization": f"Bearer {token}"}
    assert (await http.get("/api/v1/tickets", headers=bearer)).status_code == 200
    assert (await http.get("/api/v1/settings", headers=bearer)).status_code == 403
    async with house.owner.begin() as db:
        await db.execute(update(config.tokens).values(revoked_at=NOW))
    assert (await http.get("/api/v1/tickets", headers=bearer)).status_code == 401


async def test_tickets_are_listed_page_by_page(house: House, api: httpx.AsyncClient) -> None:
    for number in range(1, 6):
        await house.ticket(number, changed_at=NOW - timedelta(minutes=number))
    first = (await api.get("/api/v1/tickets?limit=3")).json()
    assert [one["number"] for one in first["items"]] == [1, 2, 3]
    second = (await api.get(f"/api/v1/tickets?limit=3&after={first['next']}")).json()
    assert [one["number"] for one in second["items"]] == [4, 5]
    assert second["next"] is None


async def test_a_ticket_and_its_timeline(house: House, api: httpx.AsyncClient) -> None:
    ticket = await house.ticket(7, tags=["a"])
    file = await house.file("a.pdf")
    await house.mail_in(ticket, "It smokes.", body={"quoted_text": "> old"}, files=(file,))
    await house.mail_out(ticket, "held", reason="too many")
    read = (await api.get("/api/v1/tickets/7")).json()
    assert (read["number"], read["version"], read["tags"]) == (7, 1, ["a"])
    assert read["contact"] == {"address": "anna@example.test", "name": "Anna"}
    mail, answer = (await api.get("/api/v1/tickets/7/timeline")).json()["items"]
    assert (mail["text"], mail["quoted"], mail["files"][0]["name"]) == ("It smokes.", "> old", "a.pdf")
    assert (answer["text"], answer["sending"]["state"]) == ("Here it is.", "held")
    problem = await api.get("/api/v1/tickets/8")
    assert problem.status_code == 404
    assert problem.json()["detail"] == "There is no ticket 8."


async def test_a_path_with_a_slash_too_many_is_not_there_and_leads_nowhere(api: httpx.AsyncClient) -> None:
    for path in ("/api/v1/tickets/", "/api/v1/users/", "/tickets/", "/settings/users/", "/static/1"):
        answer = await api.get(path, headers={"Host": "evil.example"})
        assert (answer.status_code, answer.headers.get("location")) == (404, None), path
        is_api = path.startswith("/api/")
        assert answer.headers["content-type"].startswith("application/problem+json") is is_api


async def test_of_mails_with_the_same_date_the_first_to_come_is_first(
    house: House, api: httpx.AsyncClient
) -> None:
    """The date of a mail has whole seconds; the ids of posts say nothing about order."""
    ticket = await house.ticket(7)
    texts = [str(number) for number in range(8)]
    for number, text in enumerate(texts):
        await house.mail_in(ticket, text, created_at=NOW + timedelta(milliseconds=number))
    shown = (await api.get("/api/v1/tickets/7/timeline")).json()["items"]
    assert [post["text"] for post in shown] == texts


async def test_a_change_is_one_command_by_its_key(house: House, api: httpx.AsyncClient) -> None:
    await house.ticket(7)
    given = uuid4()
    body, headers = {"version": 1, "status": "closed", "assignee": None}, {"Idempotency-Key": str(given)}
    key = id_of(given, api.headers["Authorization"])
    still = await api.patch("/api/v1/tickets/7", json=body, headers=headers)
    assert (still.status_code, still.json()["state"]) == (202, "still working")
    await house.answers("ticketing.ticket.change.v1", key, {"ok": True, "version": 2})
    done = await api.patch("/api/v1/tickets/7", json=body, headers=headers)
    assert (done.status_code, done.json()["version"]) == (200, 2)
    [row] = await house.rows(messages.outbox)
    assert row["message_id"] == key
    assert '"changes":{"status":"closed","assignee":null}' in row["body"]


async def test_a_refused_change_is_a_conflict(house: House, api: httpx.AsyncClient) -> None:
    await house.ticket(7)
    given = uuid4()
    key = id_of(given, api.headers["Authorization"])
    refused = {"refused": "somebody changed this ticket a moment ago", "version": 2}
    await house.answers("ticketing.ticket.change.v1", key, refused)
    headers = {"Idempotency-Key": str(given)}
    answer = await api.patch("/api/v1/tickets/7", json={"version": 1, "status": "closed"}, headers=headers)
    assert answer.status_code == 409
    assert answer.json()["detail"] == "Somebody changed this ticket a moment ago."
    assert answer.json()["remedy"]


async def test_reply_note_and_open_become_commands(house: House, api: httpx.AsyncClient) -> None:
    ticket = await house.ticket(7)
    await house.mail_in(ticket)
    assert (await api.post("/api/v1/tickets/7/replies", json={"text": "Hello"})).status_code == 202
    assert (await api.post("/api/v1/tickets/7/notes", json={"text": "Hello"})).status_code == 202
    opened = {"subject": "Badge", "contact": {"address": "Bob@x.test"}, "text": "Lost"}
    assert (await api.post("/api/v1/tickets", json=opened)).status_code == 202
    contracts = [row["contract"] for row in await house.rows(messages.outbox)]
    assert contracts == ["mail.send.v1", "ticket.note.v1", "ticket.open.v1"]


async def test_what_is_not_valid_is_named_by_field(house: House, api: httpx.AsyncClient) -> None:
    await house.ticket(7)
    for path, body in (
        ("/api/v1/tickets/7/replies", {"text": ""}),
        ("/api/v1/tickets/7/replies", {"text": "x", "to": [{"address": "nobody"}]}),
        ("/api/v1/tickets/7/replies", {"text": "x", "send_at": "2020-01-01T00:00:00Z"}),
        ("/api/v1/tickets/7/notes", {"txt": "x"}),
    ):
        answer = await api.post(path, json=body)
        assert answer.status_code == 422
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]


async def test_settings_are_read_and_set(house: House, api: httpx.AsyncClient) -> None:
    del house
    assert (await api.get("/api/v1/settings")).json()["max_file_size"] == 25_000_000
    done = await api.put("/api/v1/settings", json={"max_file_size": "30MB"})
    assert done.json()["max_file_size"] == 30_000_000
    wrong = await api.put("/api/v1/settings", json={"mail_scan_frequency": 0, "nonsense": 1})
    assert wrong.status_code == 422
    assert {error["field"] for error in wrong.json()["errors"]} == {"mail_scan_frequency", "nonsense"}


async def test_mailboxes_and_outgoing_are_listed_without_secrets(
    house: House, api: httpx.AsyncClient
) -> None:
    await house.mailbox("help@acme.test", error_code="X1", error_text="no")
    mail = await house.mail_out(await house.ticket(7), "held")
    [mailbox] = (await api.get("/api/v1/mailboxes")).json()["items"]
    assert (mailbox["state"], mailbox["error_code"]) == ("failing", "X1")
    assert "secret" not in mailbox
    [row] = (await api.get("/api/v1/outgoing")).json()["items"]
    assert (row["ticket"], row["mail"]["id"]) == (7, str(mail))
    assert (await api.post(f"/api/v1/outgoing/{mail}/release")).status_code == 202
    assert (await api.post(f"/api/v1/outgoing/{uuid4()}/cancel")).status_code == 404


async def test_a_token_of_one_tenant_sees_nothing_of_another(house: House, api: httpx.AsyncClient) -> None:
    await house.tenant("other")
    await house.ticket(500, tenant="other")
    assert (await api.get("/api/v1/tickets/500")).status_code == 404
    assert (await api.get("/api/v1/tickets?view=all")).json()["items"] == []


async def test_the_description_is_whole(http: httpx.AsyncClient) -> None:
    described = (await http.get("/api/openapi.json")).json()
    for path, calls in described["paths"].items():
        assert path.startswith("/api/v1") or path in {"/health", "/ready"}
        assert all(call["summary"] for call in calls.values())


async def test_a_method_that_an_address_does_not_know_is_told_which_it_knows(api: httpx.AsyncClient) -> None:
    for path, known in (("/api/v1/tickets", "GET, POST"), ("/api/v1/tickets/7", "GET, PATCH")):
        for method in ("TRACE", "DELETE"):
            answer = await api.request(method, path)
            assert (answer.status_code, answer.headers["allow"]) == (405, known)
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/v1/tickets/bulk/preview", {"numbers": [100_000_000_000_001], "changes": {"priority": "high"}}),
        ("/api/v1/statuses", {"key": "far", "name": "Far", "category": "open", "position": 10**24}),
        (
            "/api/v1/triggers",
            {
                "name": "x",
                "action": "send_email",
                "position": 2**31,
                "when": {"type": "NEW_TICKET_CREATED"},
                "params": {"subject": "x", "body": "x"},
            },
        ),
    ],
)
async def test_a_number_that_nothing_can_keep_is_refused(
    api: httpx.AsyncClient, path: str, body: dict[str, object]
) -> None:
    answer = await api.post(path, json=body)
    assert answer.status_code == 422, answer.text


async def test_a_number_in_an_address_that_is_too_large_for_its_column_is_not_a_fault(
    api: httpx.AsyncClient,
) -> None:
    answer = await api.get("/api/v1/tickets/7/history?after=999999999999999999")
    assert answer.status_code == 404
    answer = await api.get("/api/v1/settings/history?after=999999999999999999")
    assert answer.status_code == 422


@pytest.mark.parametrize("body", [b"\xff", b"{", b'{"name": "\xc3("}'])
async def test_a_body_that_is_no_json_is_told_so(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/api/v1/views", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in {400, 422}
    assert "JSON" in answer.json()["detail"] + answer.json()["remedy"]


def test_clients_that_are_made_of_the_description_get_plain_names(desk: Desk) -> None:
    described = app_of(desk).openapi()
    operations = [one for path in described["paths"].values() for one in path.values()]
    ids = [one["operationId"] for one in operations]
    assert len(ids) == len(set(ids))
    assert {"list_tickets", "send_a_reply"} <= set(ids)
    schemas = set(described["components"]["schemas"])
    assert "TicketLinePage" in schemas
    assert [name for name in schemas if "_" in name or "-" in name] == []
