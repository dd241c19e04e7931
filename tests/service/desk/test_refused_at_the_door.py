"""What nobody could carry out is refused before it is a command; and what services refuse, by its kind."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import httpx
import pytest

from services.desk.once import id_of
from shared.storage.messages import outbox
from tests.service.desk.conftest import Browser, House

API, NUL, LONG = "/api/v1", "a\0b", "x" * 301
AT = {"address": "anna@firm.test"}
TICKET = {"subject": "Badge", "contact": AT, "text": "Lost"}
REPLY = {"text": "Here.", "to": [AT]}
Json = dict[str, Any]  # Any: JSON


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    user = await house.user("ada@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    await house.mailbox("help@acme.test")
    await house.mail_in(await house.ticket(7))
    return http


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("tickets", TICKET | {"subject": NUL}, "subject"),
        ("tickets", TICKET | {"contact": AT | {"name": NUL}}, "contact.name"),
        ("tickets/7/notes", {"text": NUL}, "text"),
        ("tickets/7/notes", {"text": "Known.", "html": f"<p>{NUL}</p>"}, "html"),
        ("tickets/7/replies", REPLY | {"text": NUL}, "text"),
        ("tickets/7/replies", REPLY | {"cc": [AT, AT | {"name": NUL}]}, "cc.1.name"),
        ("tickets/7/participants", AT | {"name": NUL}, "name"),
        ("tickets/bulk", {"numbers": [7], "changes": {"fields": {"floor": NUL}}}, "changes.fields.floor"),
        ("tickets/bulk", {"numbers": [7], "changes": {"fields": {NUL: 1}}}, "changes.fields.ab"),
        ("organizations", {"name": NUL}, "name"),
        ("organizations", {"name": "Acme", "domains": [NUL]}, "domains.0"),
    ],
)
async def test_a_text_that_cannot_be_kept_is_refused_and_nothing_is_sent(
    house: House, api: httpx.AsyncClient, path: str, body: Json, field: str
) -> None:
    answer = await api.post(f"{API}/{path}", json=body)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["errors"]] == [field]
    assert await house.rows(outbox) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tickets", TICKET | {"contact": AT | {"name": LONG}}),
        ("tickets", TICKET | {"contact": {"address": f"{'x' * 60}@{'y.' * 130}test"}}),
        ("tickets", TICKET | {"contact": AT | {"shoe_size": 43}}),
        ("tickets/7/participants", AT | {"name": LONG}),
        ("tickets/7/replies", REPLY | {"to": [AT | {"name": LONG}]}),
        ("tickets/7/replies", REPLY | {"bcc": [AT | {"shoe_size": 43}]}),
    ],
)
async def test_people_have_names_of_some_length_and_nothing_else(
    house: House, api: httpx.AsyncClient, path: str, body: Json
) -> None:
    assert (await api.post(f"{API}/{path}", json=body)).status_code == 422
    assert await house.rows(outbox) == []


async def test_a_character_that_is_spelled_out_is_a_text(house: House, api: httpx.AsyncClient) -> None:
    assert (await api.post(f"{API}/tickets/7/notes", json={"text": r"Write \u0000."})).status_code == 202
    assert len(await house.rows(outbox)) == 1


async def test_what_is_no_json_or_is_deep_is_told_as_it_was(api: httpx.AsyncClient) -> None:
    headers = {"Content-Type": "application/json"}
    for body in (b'{"text": "\\u0000', b'{"text":' + b"[" * 5_000 + b'"\\u0000"' + b"]" * 5_000 + b"}"):
        answer = await api.post(f"{API}/tickets/7/notes", content=body, headers=headers)
        assert answer.status_code in {400, 422}
        assert (await api.request("GET", f"{API}/me", content=body, headers=headers)).status_code < 500


FORMS: Mapping[str, Json] = {
    "/tickets/new": {"subject": "Badge", "contact": "anna@firm.test", "text": NUL},
    "/tickets/7/note": {"text": NUL},
    "/tickets/7/reply": {"text": NUL, "to": "anna@firm.test"},
    "/tickets/7/participants": {"person": f"{NUL} <anna@firm.test>"},
    "/tickets/7/change": {"version": "1", "subject": NUL},
}


@pytest.mark.parametrize("path", FORMS)
async def test_a_form_with_a_text_that_cannot_be_kept_is_refused(
    house: House, eva: Browser, path: str
) -> None:
    await house.mail_in(await house.ticket(7))
    answer = await eva.post(path, **FORMS[path])
    assert answer.status_code == 422
    assert "a character that cannot be kept" in answer.text
    assert await house.rows(outbox) == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/tickets/new", {"subject": "Badge", "text": "Lost", "contact": f"{LONG} <anna@firm.test>"}),
        ("/tickets/7/participants", {"person": f"{LONG} <anna@firm.test>"}),
    ],
)
async def test_a_form_with_a_name_that_is_too_long_says_so(
    house: House, eva: Browser, path: str, form: Json
) -> None:
    await house.mail_in(await house.ticket(7))
    answer = await eva.post(path, **form)
    assert answer.status_code == 422
    assert "The name of anna@firm.test is longer than 300 characters" in answer.text
    assert await house.rows(outbox) == []


@pytest.mark.parametrize(("kind", "status"), [({"invalid": True}, 422), ({}, 409)])
async def test_a_value_that_cannot_be_is_told_from_a_change_that_was_too_late(
    house: House, api: httpx.AsyncClient, kind: Json, status: int
) -> None:
    given = uuid4()
    ours = id_of(given, api.headers["Authorization"])
    await house.answers("ticketing.ticket.change.v1", ours, {"refused": "so it is", **kind})
    headers = {"Idempotency-Key": str(given)}
    answer = await api.patch(f"{API}/tickets/7", json={"status": "nosuch"}, headers=headers)
    assert (answer.status_code, answer.json()["detail"]) == (status, "So it is.")
    assert ("Read it again" in answer.json()["remedy"]) == (status == 409)
