"""Graph fails for one mailbox: the desk says how, all others go on, and it recovers without losing mail."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from sandbox.knobs import Fault, Knobs
from services.ingest import endless
from shared.storage.ingest import cursors
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def neighbour(walk: Walk) -> Mailbox:
    return await walk.mailbox()


async def goes_on(walk: Walk, neighbour: Mailbox) -> None:
    """Show that another mailbox is not disturbed now."""
    await walk.ticket_of(neighbour.receives(letter("Undisturbed")))
    assert (await walk.standing(neighbour))["error_code"] is None


async def recovers(walk: Walk, mailbox: Mailbox, *received: str) -> None:
    """Show that a mailbox recovers by itself, and that each mail of it is a ticket of its own."""
    await walk.stands(mailbox, "idle", passing=MINUTE)
    tickets = [await walk.ticket_of(mail) for mail in received]
    assert len(set(tickets)) == len(received)
    await walk.rest()


async def test_a_mailbox_that_does_not_exist(walk: Walk, neighbour: Mailbox) -> None:
    mailbox = await walk.mailbox(known=False)
    told = await walk.stands(mailbox, "failing", "ErrorInvalidUser")
    assert f"The requested user '{mailbox.address}' is invalid." in told["error_text"]
    await goes_on(walk, neighbour)
    mailbox.sandbox.add_mailbox(mailbox.address)
    await recovers(walk, mailbox, mailbox.receives(letter("I exist")))


@pytest.mark.parametrize(
    ("knobs", "state", "code"),
    [
        (Knobs(disabled=True), "failing", "MailboxNotEnabledForRESTAPI"),
        (Knobs(auth_denied=True), "failing", "ErrorAccessDenied"),
        (Knobs(throttle=1, retry_after=None), "behind", "ApplicationThrottled"),
        (Knobs(fail_before=1), "failing", "ServiceUnavailable"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_mailbox_that_refuses_everything(
    walk: Walk, neighbour: Mailbox, knobs: Knobs, state: str, code: str
) -> None:
    mailbox = await walk.mailbox()
    first = mailbox.receives(letter("Before"))
    await walk.ticket_of(first)
    await walk.rest()
    mailbox.becomes(knobs)
    second = mailbox.receives(letter("Meanwhile"))
    await walk.stands(mailbox, state, code, passing=MINUTE)
    await goes_on(walk, neighbour)
    mailbox.becomes(Knobs())
    await recovers(walk, mailbox, first, second)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "ErrorInternalServerError"),
        (502, "ErrorInternalServerError"),
        (504, "UnknownError"),
        ("drop", "network"),
    ],
)
async def test_a_listing_that_fails_once(
    walk: Walk, neighbour: Mailbox, status: int | str, code: str
) -> None:
    mailbox = await walk.mailbox()
    mailbox.breaks(Fault.model_validate({"match": "delta", "status": status}))
    mail = mailbox.receives(letter("Hello"))
    await walk.stands(mailbox, "failing", code)
    await goes_on(walk, neighbour)
    await recovers(walk, mailbox, mail)


async def test_a_mailbox_is_left_alone_for_as_long_as_graph_asks(walk: Walk, neighbour: Mailbox) -> None:
    mailbox = await walk.mailbox()
    mailbox.breaks(Fault(match="delta", status=429, retry_after=1200))
    mail = mailbox.receives(letter("Hello"))
    await walk.stands(mailbox, "behind", "ApplicationThrottled")
    (cursor,) = await walk.installation.rows(select(cursors).where(cursors.c.id == mailbox.id))
    assert cursor.due_at - cursor.last_scan_at == timedelta(seconds=1200)
    await goes_on(walk, neighbour)
    await recovers(walk, mailbox, mail)


async def test_an_expired_cursor_begins_anew_and_makes_nothing_twice(walk: Walk, neighbour: Mailbox) -> None:
    mailbox = await walk.mailbox()
    first = mailbox.receives(letter("Before"))
    number = await walk.ticket_of(first)
    await walk.rest()
    mailbox.sandbox.expire_delta(mailbox.address)
    second = mailbox.receives(letter("After"))
    await recovers(walk, mailbox, first, second)
    await goes_on(walk, neighbour)
    assert len(await walk.timeline(number)) == 1
    assert await tickets_through(walk, mailbox) == 2


async def tickets_through(walk: Walk, mailbox: Mailbox) -> int:
    return len((await walk.read(f"/tickets?view=all&mailbox={mailbox.id}"))["items"])


async def test_a_listing_without_end_is_told_and_begins_anew(
    walk: Walk, neighbour: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endless, "MOST_IDLE", 5)
    mailbox = await walk.mailbox()
    mailbox.becomes(Knobs(endless_pages=True))
    first = mailbox.receives(letter("On the first page"))
    await walk.ticket_of(first)
    await walk.stands(mailbox, "failing", "endless_listing")
    await goes_on(walk, neighbour)
    mailbox.becomes(Knobs())
    await recovers(walk, mailbox, first, mailbox.receives(letter("On another one")))
