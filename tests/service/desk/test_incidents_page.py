"""The page of incidents: mailboxes that fail, mail that is held; what goes on first, with what helps."""

from datetime import timedelta
from uuid import UUID, uuid4

from shared.plugins.mailboxes import Verdict
from shared.storage import ingest
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.holding import failing, held_loop

EXPIRED = "The client secret has expired."
REMEDY = "Make a new client secret in Entra and enter it."


async def examined(house: House, mailbox: UUID, at_hours: int) -> None:
    found = {"check": "sign in", "verdict": Verdict.FAILED, "found": EXPIRED, "remedy": REMEDY}
    facts = {"state": "done", "send": False, "findings": [found], "ended_at": NOW}
    at = NOW + timedelta(hours=at_hours)
    await house.add(ingest.examinations, id=uuid4(), tenant="default", mailbox=mailbox, asked_at=at, **facts)


async def test_without_an_incident_the_page_says_so(eva: Browser) -> None:
    page = (await eva.get("/incidents")).text
    assert "Nothing goes wrong." in page
    assert "Over</h2>" not in page


async def test_a_mailbox_that_fails_says_since_when_why_and_where_the_remedy_is(
    house: House, eva: Browser
) -> None:
    mailbox = await house.mailbox("help@acme.test")
    await failing(house, mailbox, EXPIRED)
    await examined(house, mailbox, -2)
    page = (await eva.get("/incidents")).text
    assert "help@acme.test could not be read." in page
    assert f"AADSTS7000222 {EXPIRED}" in page
    assert f'href="/mailboxes/{mailbox}/doctor"' in page
    assert REMEDY not in page, "an examination from before says nothing of this incident"
    await examined(house, mailbox, 0)
    assert REMEDY in (await eva.get("/incidents")).text


async def test_what_is_over_stands_below_with_both_ends(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test")
    await failing(house, mailbox, EXPIRED, recovered_at=NOW - timedelta(minutes=5))
    page = (await eva.get("/incidents")).text
    assert "Nothing goes wrong." in page
    assert "Recovered" in page
    assert (NOW - timedelta(minutes=5)).isoformat() in page


async def test_held_mail_of_a_loop_leads_to_where_it_is_released(house: House, eva: Browser) -> None:
    await held_loop(house, await house.ticket(4711), "loop@firm.test", address="loop@firm.test")
    page = (await eva.get("/incidents")).text
    assert "Mail to loop@firm.test was held: 1 mail, probably a loop" in page
    assert "Release or discard 1 mail" in page
    assert 'href="/tickets/4711#latest"' in page
