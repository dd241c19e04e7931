"""What stands beside and on a post: what was changed by whom, and that a sender could not be verified."""

import re
from datetime import timedelta
from uuid import UUID

import pytest

from shared.contracts.mail import Address, Forwarded, SenderCheck
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House


async def changed(house: House, ticket: UUID, many: int) -> None:
    """Let the priority go up and down."""
    for n in range(many):
        old, new = ("low", "high") if n % 2 else ("high", "low")
        facts = {"field": "priority", "old": old, "new": new, "actor": {"name": "Tom"}, "version": n + 2}
        at = NOW - timedelta(minutes=many - n)
        await house.add(tables.history, tenant="default", ticket=ticket, at=at, **facts)


def lines(page: str) -> list[str]:
    past = page.rpartition('class="past')[2].partition("</details>")[0]
    return re.findall(r"<li><span>([^<]+)</span>", past)


async def test_the_panel_shows_the_last_changes_and_leads_to_all(house: House, eva: Browser) -> None:
    await changed(house, await house.ticket(7), 7)
    page = (await eva.get("/tickets/7")).text
    assert len(lines(page)) == 5
    assert all(line.startswith("Tom set priority ") for line in lines(page))
    assert 'href="/tickets/7/history"' in page


async def test_all_changes_stand_on_pages_from_the_newest(house: House, eva: Browser) -> None:
    await changed(house, await house.ticket(7), 130)
    newest = (await eva.get("/tickets/7/history")).text
    assert len(lines(newest)) == 100
    older = re.search(r'href="(/tickets/7/history\?before=\d+)"', newest)
    assert older
    rest = (await eva.get(older[1])).text
    assert len(lines(rest)) == 30
    assert "Older changes" not in rest
    assert "Older changes" in newest


async def test_a_ticket_of_nobody_changed_says_so(house: House, eva: Browser) -> None:
    await house.ticket(7)
    assert "Nothing was changed yet" in (await eva.get("/tickets/7")).text
    assert "Nothing was changed yet." in (await eva.get("/tickets/7/history")).text


@pytest.mark.parametrize(
    ("check", "marked"),
    [(SenderCheck.FAILED, True), (SenderCheck.PASSED, False), (SenderCheck.UNKNOWN, False)],
)
async def test_a_sender_who_failed_the_check_is_marked_with_plain_words(
    house: House, eva: Browser, check: SenderCheck, marked: bool
) -> None:
    await house.mail_in(await house.ticket(7), document={"sender_check": check})
    page = (await eva.get("/tickets/7")).text
    assert ("Unverified sender" in page) is marked
    assert ("does not come from example.test" in page) is marked
    assert ("Somebody may pose as Anna" in page) is marked


async def test_of_a_forwarded_mail_the_forwarder_was_checked(house: House, eva: Browser) -> None:
    by = Forwarded(by=Address(address="eva@own.test", name="Eva"), how="attached", confidence=1.0)
    found = {"sender_check": SenderCheck.FAILED, "forwarded": by}
    await house.mail_in(await house.ticket(7), document=found)
    page = (await eva.get("/tickets/7")).text
    assert "does not come from own.test. Somebody may pose as Eva" in page


async def test_other_tickets_of_the_person_lead_to_all_of_them(house: House, eva: Browser) -> None:
    await house.ticket(7)
    await house.ticket(8, "The scanner too")
    page = (await eva.get("/tickets/7")).text
    contact = house.contacts["default", "anna@example.test"]
    assert "The scanner too" in page
    assert f'<a href="/contacts/{contact}">All of Anna</a>' in page
