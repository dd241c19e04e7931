"""One mail fails: it has a state with a reason that a person sees, and all other mail goes on."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from sandbox.knobs import Fault, Knobs
from services.ingest.fetching import GIVE_UP_REFUSED, GONE_AFTER
from shared.storage.ingest import mails
from tests.walk.letters import letter
from tests.walk.walking import LARGEST, Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)


async def state_of(walk: Walk, mail: str) -> tuple[str, str | None]:
    """Return the state and reason that the desk shows; before the mail was listed it has none."""
    if not await walk.installation.rows(select(mails.c.id).where(mails.c.provider_id == mail)):
        return "unknown", None
    passport = await walk.ledger(mail)
    return passport["state"], passport["reason"]


async def comes_to(
    walk: Walk, mail: str, state: str, reason: str | None, *, passing: timedelta = timedelta()
) -> None:
    """Wait until the desk shows a mail in this state for this reason."""

    async def so() -> bool:
        if await state_of(walk, mail) == (state, reason):
            return True
        if passing:
            await walk.later(passing)
        return False

    await walk.installation.until(so, f"the mail is {state} {reason or ''}", scanning=True)


async def goes_on(walk: Walk, mailbox: Mailbox) -> None:
    """Show that other mail of the same mailbox arrives."""
    await walk.ticket_of(mailbox.receives(letter("Another one")))
    assert (await walk.standing(mailbox))["error_code"] is None


async def test_a_mail_that_is_gone_when_it_is_fetched(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    for kind in ("value", "get"):
        mailbox.breaks(Fault.model_validate({"match": kind, "status": 404, "times": GONE_AFTER}))
    mail = mailbox.receives(letter("Deleted at once"))
    await comes_to(walk, mail, "gone", "ErrorItemNotFound", passing=MINUTE)
    await goes_on(walk, mailbox)
    await walk.rest()


async def test_a_mail_that_is_said_to_be_gone_and_is_not_is_a_ticket(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    for kind in ("value", "get"):
        mailbox.breaks(Fault.model_validate({"match": kind, "status": 404, "times": GONE_AFTER - 1}))
    await walk.ticket_of(mailbox.receives(letter("Still here")))
    await walk.rest()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "ErrorInternalServerError"),
        (503, "ServiceUnavailable"),
        ("drop", "network"),
    ],
)
async def test_a_mail_that_cannot_be_fetched_now_is_fetched_later(
    walk: Walk, status: int | str, code: str
) -> None:
    mailbox = await walk.mailbox()
    mailbox.breaks(Fault.model_validate({"match": "value", "status": status, "retry_after": 120}))
    mail = mailbox.receives(letter("Not now"))
    await comes_to(walk, mail, "listed", code)
    assert (await walk.standing(mailbox))["waiting"] == 1
    await goes_on(walk, mailbox)
    await walk.rest(passing=MINUTE)
    await walk.ticket_of(mail)
    assert (await walk.standing(mailbox))["waiting"] == 0


async def test_a_throttled_mailbox_rests_as_a_whole_and_loses_nothing(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mailbox.breaks(Fault(match="value", status=429, retry_after=900))
    first = mailbox.receives(letter("Too much"))
    await comes_to(walk, first, "listed", "ApplicationThrottled")
    second = mailbox.receives(letter("And more"))
    await walk.later(timedelta(minutes=6))  # its next scan is due, and it rests still
    await walk.stands(mailbox, "behind", "limit")
    (row,) = await walk.installation.rows(select(mails).where(mails.c.provider_id == first))
    assert row.attempts == 0, "patience is no attempt"
    await walk.later(timedelta(minutes=15))
    await walk.ticket_of(first)
    await walk.ticket_of(second)
    await walk.stands(mailbox, "idle")
    await walk.rest()


async def test_a_mail_that_is_too_large_is_put_aside_before_it_is_fetched(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    for kind in ("value", "get"):
        mailbox.breaks(Fault.model_validate({"match": kind, "status": 404, "times": GONE_AFTER}))
    mail = mailbox.receives(letter("Our film") + b"A frame.\r\n" * (LARGEST // 10))
    await comes_to(walk, mail, "quarantined", "too_large")
    assert "POSTROOM_LARGEST_MAIL" in (await walk.ledger(mail))["detail"]
    # the fault meets the first mail that is fetched
    small = mailbox.receives(letter("Small"))
    await comes_to(walk, small, "gone", "ErrorItemNotFound", passing=MINUTE)
    await goes_on(walk, mailbox)
    await walk.rest()
    # it stays there as it came, for a person
    kinds = [event.kind for event in mailbox.sandbox.log(mailbox.address) if event.item == mail]
    assert kinds == ["delivered"]


async def test_a_mail_that_is_always_refused_while_its_mailbox_works_is_put_aside(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    mailbox.breaks(Fault(match="value", status=403, times=100))
    mail = mailbox.receives(letter("Labelled"))
    await comes_to(walk, mail, "quarantined", "ErrorAccessDenied", passing=MINUTE)
    mailbox.becomes(Knobs())
    await goes_on(walk, mailbox)
    await walk.rest()


@pytest.mark.parametrize("knobs", [Knobs(auth_denied=True), Knobs(disabled=True)])
async def test_an_outage_of_the_mailbox_puts_no_mail_aside(walk: Walk, knobs: Knobs) -> None:
    mailbox = await walk.mailbox()
    mailbox.breaks(Fault(match="value", status=503))
    mail = mailbox.receives(letter("Patience"))
    await comes_to(walk, mail, "listed", "ServiceUnavailable")
    mailbox.becomes(knobs)
    await walk.installation.until(lambda: tried_often(walk, mail), "it was tried often")
    assert (await state_of(walk, mail))[0] == "listed"
    assert (await walk.standing(mailbox))["state"] == "failing"
    mailbox.becomes(Knobs())
    await walk.rest(passing=MINUTE)
    await walk.ticket_of(mail)


async def test_a_mail_that_cannot_be_marked_is_a_ticket_and_is_marked_later(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mailbox.breaks(Fault(match="patch", status=503))
    mail = mailbox.receives(letter("Unread"))
    await walk.ticket_of(mail)
    await walk.rest(passing=MINUTE)
    assert (await state_of(walk, mail))[0] == "settled"
    assert [event.kind for event in mailbox.sandbox.log(mailbox.address)].count("read") == 1


BROKEN = {
    "nothing": b"",
    "no headers": b"just words\r\nand more words\r\n",
    "bytes": bytes(range(256)) * 40,
    "an open boundary": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n\r\nHi",
    "a boundary that is none": b"From: a@b.example\r\nContent-Type: multipart/mixed\r\n\r\n--\r\n\r\nHi\r\n",
    "a charset that is none": b"Content-Type: text/plain; charset=klingon\r\n\r\n\xff\xfe",
    "base64 that is none": b"From: a@b.example\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%\r\n",
    "headers of zeros": b"From: \0\0\r\nSubject: \0\r\nMessage-ID: <\0>\r\nDate: never\r\n\r\n\0\0\r\n",
    "a thousand parts in one another": b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n" * 1_000,
}


@pytest.mark.parametrize("raw", BROKEN.values(), ids=BROKEN)
async def test_broken_mail_is_a_ticket_that_can_be_read(walk: Walk, raw: bytes) -> None:
    mailbox = await walk.mailbox()
    mail = mailbox.receives(raw)
    passport: Json = await walk.passport(mail)
    assert passport["placement"]["outcome"] == "new"
    (post,) = await walk.timeline(passport["placement"]["ticket"])
    assert post["mail"] == passport["mail"]
    await walk.rest()
    assert (await state_of(walk, mail))[0] == "settled"


async def tried_often(walk: Walk, mail: str) -> bool:
    """Let time pass until a mail was tried more often than one that is put aside."""
    (row,) = await walk.installation.rows(select(mails.c.attempts).where(mails.c.provider_id == mail))
    if row.attempts > 2 * GIVE_UP_REFUSED:
        return True
    await walk.later(MINUTE)
    return False
