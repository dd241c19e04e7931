"""What people type is as long as it can be used: addresses and tags. What mail brings is not refused."""

import httpx
import pytest
from sqlalchemy import update

from services.desk.composing.addressing import Unusable, typed
from services.desk.configuration.called import is_address
from services.desk.forms.options import FIELDS
from shared.contracts.acting import LONGEST_TAG
from shared.storage import config, desk, messages
from tests.service.desk.conftest import Browser, House

LONG = f"c@{'x' * 400}.com"
TAG = "x" * (LONGEST_TAG + 1)


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    user = await house.user("ada@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(user)}"
    await house.mail_in(await house.ticket(7))
    return http


def test_an_address_has_at_most_254_bytes() -> None:
    domain = f"{'x' * 60}." * 4 + "com"
    fits = f"{'a' * (254 - len(domain) - 1)}@{domain}"
    assert (len(fits), is_address(fits), is_address(f"a{fits}")) == (254, True, False)
    assert not is_address(f"ä{fits[1:]}")
    assert isinstance(typed(f"a{fits}"), Unusable)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("tickets", {"subject": "Badge", "contact": {"address": LONG}, "text": "Lost"}),
        ("tickets/7/replies", {"text": "Hello", "to": [{"address": LONG}]}),
        ("tickets/7/participants", {"address": LONG}),
        ("users", {"address": LONG}),
        ("mailboxes", {"address": LONG, "provider": "maildir", "settings": {"path": "/mail"}}),
    ],
)
async def test_a_program_names_no_address_that_is_too_long(
    house: House, api: httpx.AsyncClient, path: str, body: dict[str, object]
) -> None:
    answer = await api.post(f"/api/v1/{path}", json=body)
    assert answer.status_code == 422, answer.text
    assert "254" in answer.text
    assert await house.rows(messages.outbox) == []


async def test_a_person_types_no_address_that_is_too_long(house: House, eva: Browser) -> None:
    await house.mail_in(await house.ticket(7))
    form = {"subject": "Badge", "text": "Lost", "to_more": LONG, "contact": LONG}
    for path in ("/tickets/7/reply", "/tickets/new"):
        assert (await eva.post(path, **form)).status_code == 422, path
    assert await house.rows(messages.outbox) == []
    await house.change(update(config.users).values(role="admin"))
    answer = await eva.post("/settings/users", address=LONG, role="agent")
    assert "at most 254 characters" in answer.text


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "tickets/7", {"tags": [TAG]}),
        ("POST", "tickets/bulk", {"numbers": [7], "add_tags": [TAG]}),
        ("POST", "tickets/bulk", {"numbers": [7], "changes": {"tags": [TAG]}}),
    ],
)
async def test_a_program_sets_no_tag_that_is_too_long(
    house: House, api: httpx.AsyncClient, method: str, path: str, body: dict[str, object]
) -> None:
    answer = await api.request(method, f"/api/v1/{path}", json=body)
    assert (answer.status_code, str(LONGEST_TAG) in answer.text) == (422, True)
    assert await house.rows(messages.outbox) == []


async def test_without_a_list_of_types_every_type_is_taken_as_its_help_says(
    api: httpx.AsyncClient, house: House
) -> None:
    await api.put("/api/v1/settings", json={"allowed_mime_types": []})
    answer = await api.post("/api/v1/uploads", files={"file": ("a.exe", b"MZ" + bytes(200), "text/plain")})
    assert answer.status_code == 201
    assert [row["name"] for row in await house.rows(desk.uploads)] == ["a.exe"]
    assert "every type is allowed" in FIELDS["allowed_mime_types"].help
