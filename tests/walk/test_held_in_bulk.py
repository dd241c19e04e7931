"""Held mail is one incident however many mails it has, and people let it go or discard it at once."""

from datetime import timedelta
from uuid import uuid4

import pytest
import pytest_asyncio

from tests.walk.letters import letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

LIMIT, BEYOND = 1, 3


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def limit(walk: Walk) -> None:
    await walk.options(mail_send_threshold=LIMIT)
    await walk.installation.answer_new_tickets()


async def held(walk: Walk, mailbox: Mailbox, customer: str, many: int = BEYOND) -> list[str]:
    """Let a customer open more tickets than may be answered; return the ids of what is held."""
    for number in range(LIMIT + many):
        await walk.passport(mailbox.receives(letter(f"Ticket {number}", sender=customer)))
    await walk.left(mailbox, LIMIT)
    rows = await walk.listed("/outgoing?state=held")
    ids = [row["mail"]["id"] for row in rows if row["mail"]["to"] == [customer]]
    assert len(ids) == many
    return ids


async def incident(walk: Walk, customer: str, state: str = "open") -> Json | None:
    found = [
        one for one in await walk.listed(f"/sending-incidents?state={state}") if one["address"] == customer
    ]
    assert len(found) <= 1
    return found[0] if found else None


async def bulk(walk: Walk, **wanted: object) -> dict[str, tuple[str, str]]:
    answer = await walk.desk.post("/api/v1/outgoing/bulk", json=wanted)
    assert answer.status_code == 200, answer.text
    return {one["mail"]: (one["state"], one["detail"]) for one in answer.json()}


async def test_all_of_an_incident_leaves_when_released_and_that_ends_it(walk: Walk) -> None:
    mailbox, customer = await walk.mailbox(), f"{uuid4().hex}@firm.example"
    mails = await held(walk, mailbox, customer)
    opened = await incident(walk, customer)
    assert opened is not None
    assert (opened["guard"], opened["count"], opened["held"], opened["ended_at"]) == (
        "address",
        BEYOND,
        BEYOND,
        None,
    )
    done = await bulk(walk, action="release", incident=opened["id"])
    assert done == dict.fromkeys(mails, ("done", ""))
    await walk.left(mailbox, LIMIT + BEYOND)
    assert await incident(walk, customer) is None
    over = await incident(walk, customer, "all")
    assert over is not None
    assert (over["held"], over["ended_at"] is None) == (0, False)


async def test_what_cannot_be_released_any_more_is_said_and_the_others_go(walk: Walk) -> None:
    mailbox, customer = await walk.mailbox(), f"{uuid4().hex}@firm.example"
    first, *others = await held(walk, mailbox, customer)
    assert await bulk(walk, action="cancel", mails=[first]) == {first: ("done", "")}
    unknown = str(uuid4())
    done = await bulk(walk, action="release", mails=[first, *others, unknown])
    assert done.pop(first) == ("refused", "This mail is not held.")
    assert done.pop(unknown) == ("refused", "There is no such outgoing mail.")
    assert done == dict.fromkeys(others, ("done", ""))
    await walk.left(mailbox, LIMIT + BEYOND - 1)


async def test_an_incident_is_over_when_nothing_is_held_for_a_window_and_the_next_is_another(
    walk: Walk,
) -> None:
    mailbox, customer = await walk.mailbox(), f"{uuid4().hex}@firm.example"
    await held(walk, mailbox, customer, 1)
    await walk.later(timedelta(minutes=6))
    quiet = await incident(walk, customer)
    assert quiet is not None
    assert quiet["ended_at"] is not None, "it is over, and shown while it holds mail"
    for number in range(2):
        await walk.passport(mailbox.receives(letter(f"Later {number}", sender=customer)))
    await walk.left(mailbox, LIMIT + 1)
    found = [one for one in await walk.listed("/sending-incidents") if one["address"] == customer]
    assert [(one["count"], one["ended_at"] is None) for one in found] == [(1, True), (1, False)]


async def test_mails_and_an_incident_at_once_are_refused(walk: Walk) -> None:
    for wanted in ({}, {"mails": [str(uuid4())], "incident": str(uuid4())}):
        answer = await walk.desk.post("/api/v1/outgoing/bulk", json={"action": "release", **wanted})
        assert answer.status_code == 422
