"""The list: what is in a view, what a filter finds, page by page, and mailboxes in trouble."""

import re
from datetime import timedelta
from typing import Any

from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House

NUMBERS = re.compile(r'href="/tickets/(\d+)\?[^"#]*#latest"')


async def numbers(browser: Browser, path: str) -> list[int]:
    answer = await browser.get(path)
    assert answer.status_code == 200
    return [int(number) for number in NUMBERS.findall(answer.text)]


async def test_views_hold_what_they_say(house: House, eva: Browser) -> None:
    await house.ticket(1, status="new")
    await house.ticket(2, status="open", assignee=house.users["eva"])
    await house.ticket(3, status="pending")
    await house.ticket(4, status="closed", assignee=house.users["eva"])
    assert sorted(await numbers(eva, "/tickets")) == [1, 2, 3]
    assert await numbers(eva, "/tickets?view=mine") == [2]
    assert await numbers(eva, "/tickets?view=new") == [1]
    assert sorted(await numbers(eva, "/tickets?view=unassigned")) == [1, 3]
    assert await numbers(eva, "/tickets?view=waiting") == [3]
    assert sorted(await numbers(eva, "/tickets?view=all")) == [1, 2, 3, 4]


async def test_a_row_says_status_person_subject_preview_and_marks(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7, "Invoice 88", priority="urgent", waiting_since=NOW - timedelta(hours=3))
    await house.mail_in(ticket, "Could you re-issue it?", has_files=True)
    held = {"message": {}, "state": "open", "created_at": NOW, "reason": "new sender"}
    await house.add(tables.held, id=ticket, tenant="default", ticket=ticket, mail=ticket, **held)
    page = (await eva.get("/tickets")).text
    for words in ("Open", "Urgent", "Anna", "Invoice 88", "Could you re-issue it?", "#7", ">3h<"):
        assert words in page
    for mark in ("Has files", "A mail waits for a decision"):
        assert mark in page


async def test_search_finds_subject_person_and_number_and_takes_signs_as_they_are(
    house: House, eva: Browser
) -> None:
    await house.mail_in(await house.ticket(10, "Rebate of 50% on chairs", contact="bob@x.test"))
    await house.mail_in(await house.ticket(11, "Rebate of 5000 on chairs"))
    assert await numbers(eva, "/tickets?q=50%25") == [10]
    assert await numbers(eva, "/tickets?q=bob@x") == [10]
    assert await numbers(eva, "/tickets?q=%2311") == [11]
    assert await numbers(eva, "/tickets?q=99999999999999") == []


async def test_filters_combine(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test")
    await house.ticket(1, mailbox=mailbox, assignee=house.users["eva"])
    await house.ticket(2, mailbox=mailbox)
    await house.ticket(3, assignee=house.users["eva"], status="new")
    assert await numbers(eva, f"/tickets?mailbox={mailbox}&assignee={house.users['eva']}") == [1]
    assert await numbers(eva, "/tickets?status=new&mailbox=&assignee=") == [3]


async def test_pages_hold_each_ticket_once(house: House, eva: Browser) -> None:
    for number in range(1, 121):
        await house.ticket(number, changed_at=NOW - timedelta(minutes=number // 3))
    seen: list[int] = []
    path = "/tickets"
    while path:
        page = (await eva.get(path)).text
        seen += [int(number) for number in NUMBERS.findall(page)]
        more = re.search(r'href="([^"]+)" data-more', page)
        path = more[1].replace("&amp;", "&") if more else ""
    assert len(seen) == 120
    assert set(seen) == set(range(1, 121))


async def test_the_longest_wait_can_come_first(house: House, eva: Browser) -> None:
    await house.ticket(1)
    await house.ticket(2, waiting_since=NOW - timedelta(hours=1))
    await house.ticket(3, waiting_since=NOW - timedelta(days=2))
    assert await numbers(eva, "/tickets?sort=waiting") == [3, 2, 1]


async def test_an_empty_list_names_the_filter_and_offers_to_drop_it(house: House, eva: Browser) -> None:
    del house
    assert "Nothing waits." in (await eva.get("/tickets")).text
    page = (await eva.get("/tickets?q=printer")).text
    assert "No tickets match “printer”" in page
    assert "Show all of Open" in page


async def test_a_mailbox_that_fails_or_lags_is_told_above_the_list(house: House, eva: Browser) -> None:
    await house.mailbox("fine@acme.test", last_success_at=NOW - timedelta(minutes=4))
    failing: dict[str, Any] = {
        "error_code": "AADSTS7000222",
        "error_text": "The secret has expired",
        "error_since": NOW,
    }
    await house.mailbox("help@acme.test", **failing)
    await house.mailbox("slow@acme.test", last_success_at=NOW - timedelta(minutes=30))
    page = (await eva.get("/tickets")).text
    assert "AADSTS7000222" in page
    assert "The secret has expired." in page
    assert "<b>slow@acme.test</b> was last read 30 min ago" in page
    assert "<b>fine@acme.test</b>" not in page


async def test_a_mailbox_that_was_just_added_is_not_late(house: House, eva: Browser) -> None:
    await house.mailbox("new@acme.test", last_success_at=None)
    assert "new@acme.test</b>" not in (await eva.get("/tickets")).text


async def test_tickets_of_another_tenant_are_not_there(house: House, eva: Browser) -> None:
    await house.tenant("other")
    theirs = await house.ticket(500, "Their secret", tenant="other")
    post = await house.mail_in(theirs, "Their words", tenant="other")
    assert "Their secret" not in (await eva.get("/tickets?view=all")).text
    for path in ("/tickets/500", f"/posts/{post}/raw", f"/posts/{post}/text", f"/posts/{post}/html"):
        assert (await eva.get(path)).status_code == 404
    assert (await eva.post("/tickets/500/note", text="Hello")).status_code == 404
