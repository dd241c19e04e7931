"""Mail by the API: forwarded, held, downloaded, opened by mail; tickets left unread."""

from uuid import UUID, uuid4, uuid5

import httpx
import pytest

from services.desk.once import id_of
from shared.storage.desk import seen
from tests.service.desk.conftest import House
from tests.service.desk.holding import held_mail
from tests.service.desk.test_commands_sent import sent

API = "/api/v1"


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    house.users["eva"] = await house.user("eva@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(house.users['eva'])}"
    return http


@pytest.fixture
async def ticket(house: House) -> UUID:
    return await house.ticket(7)


async def test_a_mail_is_forwarded_with_the_original_below_and_its_files(
    house: House, api: httpx.AsyncClient, ticket: UUID
) -> None:
    plan, other = await house.file("plan.pdf", b"plan"), await house.file("other.pdf", b"other")
    post = await house.mail_in(ticket, "It smokes.", subject="Printer", files=(plan, other))
    wanted = {"to": [{"address": "bob@other.test"}], "text": "Please look.", "original_files": [plan.sha256]}
    key = uuid4()
    where = f"{API}/tickets/7/posts/{post}/forwards"
    answer = await api.post(where, json=wanted, headers={"Idempotency-Key": str(key)})
    ours = id_of(key, api.headers["Authorization"])
    assert (answer.status_code, answer.json()["command"]) == (202, str(ours))
    (command,) = await sent(house, "mail.send.v1")
    assert (command["forwards"], command["subject"]) == (True, "Fwd: Printer")
    assert [file["name"] for file in command["files"]] == ["plan.pdf"]
    assert (await api.post(f"{API}/tickets/7/posts/{uuid4()}/forwards", json=wanted)).status_code == 404
    nobody = await api.post(where, json=wanted | {"to": [{"address": "nobody"}]})
    assert nobody.status_code == 422


async def test_what_is_held_on_a_ticket_is_listed_and_decided(
    house: House, api: httpx.AsyncClient, ticket: UUID
) -> None:
    held = await held_mail(house, ticket)
    (told,) = (await api.get(f"{API}/tickets/7/held")).json()["items"]
    assert (told["id"], told["reason"]) == (str(held), "its sender is new")
    assert told["sender"]["address"] == "carl@new.test"
    answer = await api.post(f"{API}/tickets/7/held/{held}", json={"decision": "new"})
    assert answer.status_code == 202
    (command,) = await sent(house, "ticket.held.decide.v1")
    assert (command["held"], command["belongs"]) == (str(held), False)
    await house.ticket(8)
    assert (await api.post(f"{API}/tickets/8/held/{held}", json={"decision": "new"})).status_code == 404


async def test_files_go_out_by_the_rules_and_a_mail_as_it_came(
    house: House, api: httpx.AsyncClient, ticket: UUID
) -> None:
    fine = await house.file("plan.pdf", b"plan")
    odd = await house.file("run.exe", b"MZ", media_type="application/x-msdownload", decision="warned")
    post = await house.mail_in(ticket, files=(fine, odd), body={"reply_html": "<p>Hi</p>"})
    at = f"{API}/posts/{post}"
    kept = await api.get(f"{at}/files/{fine.sha256}")
    assert (kept.content, kept.headers["content-type"]) == (b"plan", "application/octet-stream")
    warned = await api.get(f"{at}/files/{odd.sha256}")
    assert (warned.status_code, "anyway=true" in warned.json()["remedy"]) == (404, True)
    assert (await api.get(f"{at}/files/{odd.sha256}?anyway=true")).content == b"MZ"
    assert (await api.get(f"{at}/raw")).content.startswith(b"From: anna@example.test")
    html = await api.get(f"{at}/html")
    assert "Hi" in html.text
    assert "default-src 'none'" in html.headers["content-security-policy"]


async def test_a_ticket_that_is_opened_by_mail_sends_its_first_mail_once(
    house: House, api: httpx.AsyncClient
) -> None:
    await house.ticket(7, contact="anna@firm.test")
    key = uuid4()
    ours = id_of(key, api.headers["Authorization"])
    await house.answers("ticketing.ticket.open.v1", ours, {"number": 7})
    mail = uuid5(ours, "mail")
    wanted = {"subject": "Hello", "contact": {"address": "anna@firm.test"}, "text": "Hi", "mailed": True}
    waits = await api.post(f"{API}/tickets", json=wanted, headers={"Idempotency-Key": str(key)})
    assert (waits.status_code, waits.json()["number"]) == (202, 7)
    await house.answers("mailer.mail.send.v1", mail, {"outgoing": str(mail)})
    for _ in range(2):
        answer = await api.post(f"{API}/tickets", json=wanted, headers={"Idempotency-Key": str(key)})
        assert (answer.status_code, answer.json()["outgoing"]) == (201, str(mail)), answer.text
    (command,) = await sent(house, "mail.send.v1")
    assert (command["subject"], command["to"][0]["address"]) == ("Hello", "anna@firm.test")


async def test_a_ticket_is_left_unread_for_the_person_of_the_token(
    house: House, api: httpx.AsyncClient, ticket: UUID
) -> None:
    assert (await api.post(f"{API}/tickets/7/unread")).status_code == 204
    (row,) = await house.rows(seen)
    assert (row["user"], row["ticket"], row["unread"]) == (house.users["eva"], ticket, True)
