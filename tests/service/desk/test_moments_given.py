"""Moments that come from outside: those that cannot be meant are refused, and none breaks what shows them."""

from datetime import UTC, datetime

import httpx
import pytest

from tests.service.desk.conftest import NOW, Browser, House

FAR = ("9999-12-31T23:59:59", "9999-12-31T23:59:59-14:00", "2028-11-26T00:00:00Z")
GONE = ("0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00", "2026-11-24T11:59:59Z")


@pytest.fixture
async def headers(house: House) -> dict[str, str]:
    user = await house.user("ada@acme.test", role="admin")
    return {"Authorization": f"Bearer {await house.token(user)}"}


@pytest.mark.parametrize("moment", [*FAR, *GONE])
async def test_a_mail_is_planned_for_a_time_within_two_years(
    house: House, http: httpx.AsyncClient, headers: dict[str, str], moment: str
) -> None:
    ticket = await house.ticket(7)
    await house.mail_in(ticket)
    planned = await house.mail_out(ticket, "planned", send_at=NOW)
    said = "two years ahead" if moment in FAR else "has passed"
    for path, body in (("tickets/7/replies", {"text": "Hello"}), (f"outgoing/{planned}/plan", {})):
        answer = await http.post(f"/api/v1/{path}", json={**body, "send_at": moment}, headers=headers)
        assert answer.status_code == 422, path
        (error,) = answer.json()["errors"]
        assert error["field"] == "send_at"
        assert said in error["message"]


async def test_a_mail_that_is_planned_for_the_end_of_time_is_shown_everywhere(
    house: House, eva: Browser
) -> None:
    ticket = await house.ticket(7)
    await house.mail_out(ticket, "planned", send_at=datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC))
    for zone in ("Asia/Tokyo", "America/New_York"):
        eva.http.cookies.set("postroom_zone", zone)
        for path in ("/tickets/7", "/outgoing?state=planned"):
            assert (await eva.get(path)).status_code == 200, (zone, path)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_day_there_is_and_the_last_can_be_asked_for(
    house: House, http: httpx.AsyncClient, headers: dict[str, str], day: str
) -> None:
    await house.ticket(7)
    for name in ("before", "after"):
        answer = await http.get("/api/v1/tickets", params={"q": f"{name}:{day}"}, headers=headers)
        assert answer.status_code == 200


@pytest.mark.parametrize("since", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
async def test_mail_is_imported_since_a_day_that_there_was_mail(
    http: httpx.AsyncClient, headers: dict[str, str], since: str
) -> None:
    body = {"address": "help@acme.test", "provider": "maildir", "settings": {"path": "/mail"}}
    body |= {"backfill": "since", "backfill_since": since}
    answer = await http.post("/api/v1/mailboxes", json=body, headers=headers)
    assert answer.status_code == 422
    assert "from 1970 to 2100" in answer.text
