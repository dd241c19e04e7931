"""A notice that is held or cannot leave is on no ticket: it stands among outgoing mail for a person."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from pydantic import JsonValue

from sandbox.knobs import Fault
from tests.walk.colleagues import QUIET, Colleague, said_in, ticket_at, working
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def narrow(walk: Walk) -> AsyncIterator[None]:
    """Let one mail to an address be all that the threshold lets through."""
    await walk.options(mail_send_threshold=1)
    yield
    await walk.options(mail_send_threshold=0)


async def outgoing(walk: Walk, state: str, who: Colleague) -> list[Json]:
    return [
        row for row in await walk.listed(f"/outgoing?state={state}") if row["mail"]["to"] == [who.address]
    ]


@pytest.mark.usefixtures("narrow")
async def test_a_notice_beyond_the_threshold_is_held_without_a_ticket_and_leaves_when_released(
    walk: Walk,
) -> None:
    mailbox = await walk.mailbox()
    when: dict[str, JsonValue] = {"type": "TICKET_FIELD_CHANGE", "field": "assignee"}
    params: dict[str, JsonValue] = {"recipient": "assignee", "subject": "By trigger", "body": "Look."}
    await walk.installation.add_trigger(when, "send_email", params)
    async with working(walk, "Tom Narrow") as (tom,):
        number = await ticket_at(walk, mailbox, "Beyond")
        await tom.gets(number, walk)
        await walk.left(mailbox)
        await walk.later(QUIET)

        async def held() -> bool:
            return len(await outgoing(walk, "held", tom)) == 1

        await walk.installation.until(held, "the notice is held")
        (row,) = await outgoing(walk, "held", tom)
        assert (row["ticket"], row["subject"]) == (None, f"[#{number}] Assigned to you: Beyond")
        (incident,) = await walk.listed("/sending-incidents")
        assert (incident["ticket"], incident["address"]) == (None, tom.address)
        assert await walk.timeline(number, "system") == []
        await walk.ask("POST", f"/outgoing/{row['mail']['id']}/release")
        _, notice = await walk.left(mailbox, 2)
        assert said_in(notice)[0] == row["subject"]


async def test_a_notice_that_cannot_leave_stands_among_what_was_not_delivered(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Una Refused") as (una,):
        number = await ticket_at(walk, mailbox, "Refused")
        await una.gets(number, walk)
        mailbox.breaks(Fault(match="draft", status=400, code="ErrorInvalidRecipients", times=None))
        await walk.later(QUIET)

        async def failed() -> bool:
            return len(await outgoing(walk, "failed", una)) == 1

        await walk.installation.until(failed, "the notice was refused")
        await walk.rest()
        (row,) = await outgoing(walk, "failed", una)
        assert (row["ticket"], row["mail"]["code"]) == (None, "ErrorInvalidRecipients")
        assert await walk.timeline(number, "system") == []
        assert (await walk.ticket(number))["status"] == "new"
        page = await walk.desk.get(f"/api/v1/outgoing/{row['mail']['id']}")
        assert (page.status_code, page.json()["attempts"][-1]["outcome"]) == (200, "failed")
