"""A row of the list: read or not, how long the customer waits, and in which columns."""

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from shared.storage.config import custom_fields, options
from shared.storage.tickets import posts
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_ticket_list import numbers

PREVIEW = re.compile(r'<span class="sep"> ∙ </span>([^<]+)')
UNREAD = re.compile(r'id="t-(\d+)" class="is-unread')


async def unread(browser: Browser, path: str = "/tickets") -> list[int]:
    return sorted(int(number) for number in UNREAD.findall((await browser.get(path)).text))


async def test_a_ticket_is_unread_until_it_is_opened_and_again_when_something_came(
    house: House, eva: Browser
) -> None:
    ticket = await house.ticket(7)
    await house.mail_in(ticket, created_at=NOW + timedelta(minutes=1))
    assert await unread(eva) == [7]
    house.clock.now = NOW + timedelta(minutes=2)
    await eva.get("/tickets/7")
    assert await unread(eva) == []
    await house.mail_in(ticket, "More", created_at=NOW + timedelta(minutes=3))
    assert await unread(eva) == [7]


async def test_what_came_before_somebody_joined_or_is_closed_is_not_unread(
    house: House, eva: Browser
) -> None:
    await house.mail_in(await house.ticket(7), created_at=NOW - timedelta(days=1))
    closed = await house.ticket(8, status="closed")
    await house.mail_in(closed, created_at=NOW + timedelta(minutes=1))
    assert await unread(eva, "/tickets?view=all") == []


async def test_a_ticket_is_left_unread_by_its_page(house: House, eva: Browser) -> None:
    await house.ticket(7)
    answer = await eva.post("/tickets/7/unread", list="view=all&sort=number")
    assert answer.headers["location"] == "/tickets?view=all&sort=number&said=unread"
    assert await unread(eva) == [7]
    await eva.get("/tickets/7")
    assert await unread(eva) == []


async def test_the_words_of_a_row_are_those_of_a_person_and_not_of_a_trigger(
    house: House, eva: Browser
) -> None:
    asked = await house.ticket(7)
    only = await house.ticket(8, changed_at=NOW - timedelta(hours=2))
    await house.mail_in(asked, "It smokes.", shown_at=NOW - timedelta(minutes=9))
    await house.mail_in(asked, "I am away.", automatic="auto_reply", shown_at=NOW - timedelta(minutes=2))
    await house.mail_out(asked, "sent", written_by="trigger")
    await house.mail_in(only, "Backup done.", automatic="auto_reply")
    await house.change(update(posts).where(posts.c.kind == "mail_out").values(preview="We have your mail."))
    page = (await eva.get("/tickets")).text
    assert PREVIEW.findall(page) == ["It smokes.", "Backup done."]
    mine = update(posts).where(posts.c.kind == "mail_out").values(user=house.users["eva"])
    await house.change(mine)
    page = (await eva.get("/tickets")).text
    assert PREVIEW.findall(page) == ["We have your mail.", "Backup done."]


async def test_a_wait_past_the_target_is_marked_and_past_twice_of_it_alarms(
    house: House, eva: Browser
) -> None:
    for number, hours in ((1, 7), (2, 9), (3, 17)):
        await house.ticket(number, waiting_since=NOW - timedelta(hours=hours))
    page = (await eva.get("/tickets")).text
    assert [page.count(f'<span class="{tone}" title="Waits') for tone in ("", "t-warn", "t-bad")] == [1, 1, 1]
    set_at = {"tenant": "default", "name": "answer_target_hours", "changed_at": NOW, "changed_by": "Eva"}
    await house.add(options, value=0, **set_at)
    assert "Past the target" not in (await eva.get("/tickets")).text


async def test_columns_are_chosen_for_each_list_and_keep_their_order(house: House, eva: Browser) -> None:
    field = {"key": "floor", "name": "Floor", "type": "text", "choices": [], "position": 0}
    await house.add(custom_fields, tenant="default", **field)
    await house.ticket(7, tags=["vip"], fields={"floor": "3rd"})
    form = {"list": "view=all", "column": ["tags", "fields.floor", "subject"]}
    places = {"place.tags": "30", "place.fields.floor": "10", "place.subject": "20"}
    answer = await eva.post("/tickets/columns", **form, **places)
    assert answer.headers["location"] == "/tickets?view=all&said=columns"
    page = (await eva.get("/tickets?view=all")).text
    assert ">vip<" in page
    places_shown = [page.index(part) for part in (">3rd<", 'class="subject">Printer', ">vip<")]
    assert places_shown == sorted(places_shown)
    assert 'class="c-contact"' not in page
    assert 'class="c-contact"' in (await eva.get("/tickets")).text
    await eva.post("/tickets/columns", list="view=all", do="usual")
    assert 'class="c-contact"' in (await eva.get("/tickets?view=all")).text


async def test_every_order_pages_through_all_tickets_once(house: House, eva: Browser) -> None:
    priorities = ("low", "normal", "high", "urgent")
    for number in range(1, 61):
        facts: dict[str, Any] = {"priority": priorities[number % 4]}
        facts["waiting_since"] = NOW - timedelta(hours=number) if number % 2 else None
        facts["created_at"] = NOW - timedelta(hours=number % 7)
        await house.ticket(number, changed_at=NOW - timedelta(hours=number % 5), **facts)
    for sort in ("activity", "waiting", "created", "priority", "number"):
        path, seen = f"/tickets?sort={sort}", []
        while path:
            seen += await numbers(eva, path)
            more = re.search(r'href="([^"]+)" data-more', (await eva.get(path)).text)
            path = more[1].replace("&amp;", "&") if more else ""
        assert sorted(seen) == list(range(1, 61)), sort
    assert (await numbers(eva, "/tickets?sort=number"))[:3] == [60, 59, 58]
    assert {one % 4 for one in (await numbers(eva, "/tickets?sort=priority"))[:15]} == {3}


async def test_a_list_is_narrowed_by_everything_that_a_ticket_has(house: House, eva: Browser) -> None:
    field = {"key": "floor", "name": "Floor", "type": "number", "choices": [], "position": 0}
    await house.add(custom_fields, tenant="default", **field)
    sales = await house.department("sales")
    await house.ticket(1, priority="urgent", tags=["vip"], fields={"floor": 3}, department=sales)
    held = await house.ticket(2, waiting_since=NOW - timedelta(hours=5))
    await house.mail_out(held, "held")
    await house.ticket(3, waiting_since=NOW - timedelta(hours=1))
    asked = {
        "priority=urgent": [1],
        "tag=vip": [1],
        "fields.floor=3": [1],
        f"department={sales}": [1],
        "waiting=4": [2],
        "held=1": [2],
        "among=2,3,99": [2, 3],
    }
    assert {query: sorted(await numbers(eva, f"/tickets?{query}")) for query in asked} == asked
    page = (await eva.get("/tickets?priority=urgent&waiting=4")).text
    assert "No tickets for priority Urgent, waits longer than 4 h" in page
    assert (await eva.get("/tickets?waiting=soon")).status_code == 422


async def test_a_ticket_knows_its_place_in_the_list_and_what_is_beside_it(house: House, eva: Browser) -> None:
    for number in (1, 2, 3):
        await house.ticket(number, changed_at=NOW - timedelta(hours=number))
    links = re.findall(r'href="(/tickets/\d[^"]+)#latest"', (await eva.get("/tickets")).text)
    page = (await eva.get(links[1].replace("&amp;", "&"))).text
    assert "<span>2/3</span>" in page
    ways = dict(re.findall(r'href="/tickets/(\d)\?[^"]+" title="(\w+) ticket', page))
    assert ways == {"1": "Previous", "3": "Next"}
    # what has left the list still knows what was beside it
    gone = links[1].replace("&amp;", "&")
    await eva.post("/tickets/2/change", status="closed", version="1")
    assert "Next ticket" in (await eva.get(gone)).text
    assert "Next ticket" not in (await eva.get("/tickets/2?at=nonsense&from=view%3Dopen")).text
