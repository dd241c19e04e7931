"""The page of held mail: the bar of an incident, and what is ticked."""

import re
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.service.desk.conftest import Browser
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def limit(walk: Walk) -> None:
    await walk.options(mail_send_threshold=1)
    await walk.installation.answer_new_tickets()


async def held(walk: Walk, customer: str) -> Mailbox:
    mailbox = await walk.mailbox()
    for number in range(4):
        await walk.passport(mailbox.receives(letter(f"Ticket {number}", sender=customer)))
    await walk.left(mailbox)
    return mailbox


async def test_the_bar_tells_of_a_probable_loop_and_releases_all_of_it(walk: Walk, eva: Browser) -> None:
    customer = f"{uuid4().hex}@firm.example"
    mailbox = await held(walk, customer)
    page = (await eva.get("/outgoing")).text
    assert f"Mail to {customer} is held: 3 mails since" in page
    assert "Probably a loop." in page
    (incident,) = [one for one in await walk.listed("/sending-incidents") if one["address"] == customer]
    done = await eva.post("/outgoing/bulk", do="release", incident=incident["id"])
    assert done.status_code == 303
    await walk.left(mailbox, 4)
    assert customer not in (await eva.get("/outgoing")).text


async def test_what_is_ticked_is_discarded_and_what_cannot_be_is_said(walk: Walk, eva: Browser) -> None:
    customer = f"{uuid4().hex}@firm.example"
    mailbox = await held(walk, customer)
    page = (await eva.get("/outgoing")).text
    ticked = re.findall(r'form="bulk" name="mail" value="([0-9a-f-]+)"', page)
    assert len(ticked) == 3
    assert (await eva.post("/outgoing/bulk", do="cancel", mail=ticked[0])).status_code == 303
    again = await eva.post("/outgoing/bulk", do="release", mail=ticked[0])
    assert (again.status_code, "This mail is not held" in again.text) == (409, True)
    assert "No mail is ticked" in (await eva.post("/outgoing/bulk", do="release")).text
    await walk.left(mailbox, 1)
