"""`mail_send_threshold`: what is beyond it is held where a person sees it, and leaves once when released."""

from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.walk.letters import letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT = 2


def somebody() -> str:
    """Return an address that nobody has written to: Redis may be older than this run."""
    return f"{uuid4().hex}@firm.example"


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def limit(walk: Walk) -> None:
    await walk.options(mail_send_threshold=LIMIT)
    await walk.installation.answer_new_tickets()


async def beyond(walk: Walk, mailbox: Mailbox, customer: str) -> Json:
    """Let a customer open one ticket more than may be answered; return what is held."""
    for number in range(LIMIT + 1):
        await walk.passport(mailbox.receives(letter(f"Ticket {number}", sender=customer)))
    await walk.left(mailbox, LIMIT)
    (held,) = [row for row in await walk.listed("/outgoing?state=held") if row["mail"]["to"] == [customer]]
    mail: Json = held["mail"] | {"number": held["ticket"]}
    return mail


async def test_the_mail_above_the_limit_is_held_with_its_reason_and_leaves_once_when_released(
    walk: Walk,
) -> None:
    mailbox = await walk.mailbox()
    held = await beyond(walk, mailbox, somebody())
    assert held["reason"] == "mail_send_threshold: 2 mails to one address within 5 minutes"
    assert (await walk.sending(held["id"], held["number"]))["state"] == "held"
    await walk.ask("POST", f"/outgoing/{held['id']}/release")
    await walk.left(mailbox, LIMIT + 1)
    again = await walk.desk.post(f"/api/v1/outgoing/{held['id']}/release")
    assert again.status_code == 409
    await walk.left(mailbox, LIMIT + 1)
    assert (await walk.sending(held["id"], held["number"]))["state"] == "sent"


async def test_a_discarded_mail_never_leaves(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    customer = somebody()
    held = await beyond(walk, mailbox, customer)
    await walk.ask("POST", f"/outgoing/{held['id']}/cancel")
    await walk.later(timedelta(minutes=6))
    await walk.passport(mailbox.receives(letter("The window is over", sender=customer)))
    await walk.left(mailbox, LIMIT + 1)
    assert (await walk.sending(held["id"], held["number"]))["state"] == "cancelled"


async def test_one_address_at_its_limit_does_not_hold_mail_to_another(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await beyond(walk, mailbox, somebody())
    calm = somebody()
    await walk.passport(mailbox.receives(letter("Hello", sender=calm)))
    sent = await walk.left(mailbox, LIMIT + 1)
    assert sent[-1].recipients == (calm,)


async def test_what_a_person_writes_has_a_budget_of_its_own(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    customer = somebody()
    held = await beyond(walk, mailbox, customer)
    await walk.ask("POST", f"/tickets/{held['number']}/replies", {"text": "Here I am."})
    sent = await walk.left(mailbox, LIMIT + 1)
    assert sent[-1].recipients[0] == customer
