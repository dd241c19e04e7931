"""Every list of the API, page by page: none is lost and none twice, also of rows of one moment."""

from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import update

from services.desk.desk import Desk
from shared.storage import config, ingest, messages
from shared.storage import tickets as tables
from shared.storage import triggers as happened
from tests.service.desk.applications import app_of
from tests.service.desk.asking import operations
from tests.service.desk.conftest import NOW, House
from tests.service.desk.holding import held_loop
from tests.service.desk.test_tenants_apart import tried

API = "/api/v1"
MANY = 3


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    house.users["eva"] = await house.user("eva@acme.test", role="operator")
    http.headers["Authorization"] = f"Bearer {await house.token(house.users['eva'])}"
    return http


@pytest.fixture
async def paths(house: House, api: httpx.AsyncClient) -> list[str]:
    """Fill each list with some rows of one moment; return their addresses."""
    box = await house.mailbox("help@acme.test")
    for number in range(1, MANY + 1):
        ticket = await house.ticket(number, contact=f"anna{number}@example.test", mailbox=box)
        await fill(house, box, ticket, number)
        assert (await api.put(f"{API}/settings", json={"answer_target_hours": number})).is_success
        room = {"key": f"room{number}", "name": "Room"}
        assert (await api.post(f"{API}/departments", json=room)).is_success
        first = (await api.get(f"{API}/departments")).json()["items"][0]
        await api.patch(f"{API}/departments/{first['id']}", json={"name": f"Room {number}"})
    trial = await trial_with_results(house, ticket)
    return [
        *("/tickets?view=all", "/tickets/1/timeline", "/tickets/1/history", "/contacts", "/organizations"),
        *("/outgoing?state=held", "/outgoing?state=planned", "/outgoing?state=failed", "/quarantine"),
        *("/sending-incidents?state=all", "/blocked-addresses", "/erasures", "/settings/history"),
        *(f"/mailboxes/{box}/examinations", "/departments/history", "/webhook-deliveries"),
        *(f"/triggers/trials/{trial}/results", "/operations/parked", "/tenants"),
    ]


async def fill(house: House, box: UUID, ticket: UUID, number: int) -> None:
    await held_loop(house, ticket, f"loop {number}", address=f"gone{number}@example.test")
    for state in ("held", "planned", "failed"):
        await house.mail_out(ticket, state, send_at=NOW)
    facts = {"tenant": "default", "mailbox": box, "reason": "too_large", "listed_at": NOW}
    await house.add(
        ingest.mails, id=uuid4(), state="quarantined", provider_id=f"{number}", detail="x", **facts
    )
    await house.add(tables.organizations, id=uuid4(), tenant="default", name="Acme", created_at=NOW)
    run = {"mailbox": box, "state": "done", "send": False, "findings": [], "asked_at": NOW, "ended_at": NOW}
    await house.add(ingest.examinations, id=uuid4(), tenant="default", asked_by="Eva", **run)
    message = {"queue": "parser.mail.stored.v1", "body": b"", "headers": {}, "error": "x", "attempts": 5}
    await house.add(messages.parked, id=uuid4(), tenant="default", parked_at=NOW, **message)
    await house.tenant(f"tenant{number}")
    erased = {"tenant": "default", "of": "contact", "found": {}, "subject": "x", "by": house.users["eva"]}
    await house.add(config.erasures, id=uuid4(), begun_at=NOW, **erased)
    for version in range(2, 2 + MANY):
        change = {"field": "status", "old": "x", "new": "y", "actor": {}, "version": version, "at": NOW}
        await house.add(tables.history, tenant="default", ticket=ticket, **change)
        await house.mail_in(ticket, shown_at=NOW)


async def trial_with_results(house: House, ticket: UUID) -> UUID:
    _, trial, _ = await tried(house, "default", ticket, "word")
    for _ in range(MANY - 1):
        await tried(house, "default", ticket, "word")
        result = {"trial": trial, "event": uuid4(), "tenant": "default", "ticket": ticket, "at": NOW}
        await house.add(happened.trial_results, outcome="fired", why={}, chain=1, **result)
    return trial


async def test_each_list_gives_every_row_once_page_by_page(api: httpx.AsyncClient, paths: list[str]) -> None:
    for path in paths:
        sign = "&" if "?" in path else "?"
        whole = (await api.get(f"{API}{path}{sign}limit=200")).json()
        assert (len(whole["items"]) >= MANY, whole["next"]) == (True, None), path
        found, link = [], f"{API}{path}{sign}limit=1"
        while link:
            page = await api.get(link)
            assert page.status_code == 200, page.text
            assert len(page.json()["items"]) == 1, path
            found += page.json()["items"]
            link = following(page)
        # the timeline is read backwards
        assert (found[::-1] if "timeline" in path else found) == whole["items"], path


def following(page: httpx.Response) -> str:
    """The address of the next page, by `Link`; it is told in the page too."""
    if page.json()["next"] is None:
        assert "link" not in page.headers
        return ""
    link = page.links["next"]["url"]
    assert parse_qs(urlsplit(link).query)["after"] == [page.json()["next"]]
    return link


async def test_a_place_that_no_page_named_is_refused(api: httpx.AsyncClient, paths: list[str]) -> None:
    for path in (*paths, "/audit"):
        for place in ("~nowhere~", "1", str(uuid4()), "anna1@example.test"):
            answer = await api.get(f"{API}{path}{'&' if '?' in path else '?'}after={place}")
            assert (answer.status_code, "of this list" in answer.json()["detail"]) == (422, True), path


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("/tickets/1/timeline?", "/tickets/2/timeline?"),
        ("/tickets?view=all&sort=waiting&", "/tickets?view=all&sort=created&"),
        ("/settings/history?", "/settings/history?name=answer_target_hours&"),
        ("/contacts?", "/contacts?q=anna&"),
    ],
)
async def test_a_place_of_another_list_is_refused(
    api: httpx.AsyncClient, paths: list[str], first: str, then: str
) -> None:
    assert paths
    place = (await api.get(f"{API}{first}limit=1")).json()["next"]
    assert (await api.get(f"{API}{first}after={place}&limit=2")).status_code == 200
    answer = await api.get(f"{API}{then}after={place}")
    assert (answer.status_code, "of this list" in answer.json()["detail"]) == (422, True)


async def test_a_timeline_whose_place_went_to_another_ticket_does_not_begin_anew(
    house: House, api: httpx.AsyncClient, paths: list[str]
) -> None:
    assert paths
    place = (await api.get(f"{API}/tickets/1/timeline?limit=1")).json()["next"]
    second = next(row["id"] for row in await house.rows(tables.tickets) if row["number"] == 2)
    await house.change(update(tables.posts).values(ticket=second))
    answer = await api.get(f"{API}/tickets/1/timeline?after={place}")
    assert (answer.status_code, "of this list" in answer.json()["detail"]) == (422, True)


def test_every_operation_that_lists_answers_with_a_page(desk: Desk) -> None:
    for method, path, operation in operations(app_of(desk)):
        if method == "GET":
            content = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
            assert content.get("schema", {}).get("type") != "array" or "/bulk/" in path, path
