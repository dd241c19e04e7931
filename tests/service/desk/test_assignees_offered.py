"""Who is offered as an assignee, on pages and to triggers: nobody who would be refused."""

from uuid import UUID

import pytest
from selectolax.lexbor import LexborHTMLParser

from shared.storage import config
from tests.service.desk.conftest import NOW, Browser, House

SORT = {
    "name": "Sort",
    "when.type": "NEW_TICKET_CREATED",
    "when.kinds": "both",
    "state": "shadow",
    "position": "0",
}


@pytest.fixture
async def rita(house: House) -> UUID:
    await house.user("tom@acme.test")
    await house.user("olga@acme.test", archived_at=NOW)
    return await house.user("rita@acme.test", role="reader")


def offered(text: str, form: str) -> list[str]:
    options = LexborHTMLParser(text).css(f"{form} select[name=assignee] option")
    return [f"{'*' if 'selected' in one.attributes else ''}{one.text(strip=True)}" for one in options]


@pytest.mark.usefixtures("rita")
async def test_pages_offer_who_is_given_tickets(house: House, eva: Browser) -> None:
    await house.ticket(7)
    assert offered((await eva.get("/tickets/7")).text, ".fields") == ["Nobody", "Eva (you)", "Tom"]
    page = (await eva.get("/tickets?view=all")).text
    assert offered(page, "#bulk") == ["Assign", "To me", "To nobody", "Eva", "Tom"]
    # what somebody has from before is still found
    assert offered(page, ".filter-form") == ["Any", "Eva", "Rita", "Tom"]


async def test_a_ticket_of_who_is_given_none_says_so_and_keeps_it_when_its_form_is_sent(
    house: House, eva: Browser, rita: UUID
) -> None:
    await house.ticket(7, assignee=rita)
    page = (await eva.get("/tickets/7")).text
    assert offered(page, ".fields") == ["Nobody", "Eva (you)", "Tom", "*Rita (is given no more)"]


async def test_a_trigger_that_would_give_them_tickets_is_refused_by_page_and_api(
    house: House, eva: Browser, rita: UUID
) -> None:
    why = "Rita may only read, and is given no tickets."
    for own in (
        {"action": "assign", "own.to": "user", "own.user": "Rita@acme.test"},
        {"action": "assign", "own.to": "user", "own.user": str(rita)},
        {"action": "change_field", "own.field": "assignee", "own.value": str(rita)},
    ):
        answer = await eva.post("/settings/triggers/new", **SORT, **own)
        assert answer.status_code == 422
        assert why in answer.text
    bearer = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    wanted = {"name": "Sort", "when": {"type": "NEW_TICKET_CREATED", "kinds": "both"}, "action": "assign"}
    for user, told in (
        ("rita@acme.test", why),
        ("olga@acme.test", "Olga is in the archive, and is given no tickets."),
        ("nobody@acme.test", "There is no such assignee."),
    ):
        body = wanted | {"params": {"to": "user", "user": user}}
        refused = await eva.http.post("/api/v1/triggers", headers=bearer, json=body)
        assert (refused.status_code, refused.json()["detail"]) == (422, told)
    assert await house.rows(config.triggers) == []
    made = await eva.post(
        "/settings/triggers/new",
        **SORT,
        **{"action": "assign", "own.to": "user", "own.user": "tom@acme.test"},
    )
    assert made.status_code == 303, made.text
