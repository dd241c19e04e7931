"""Settling: once, by what people want then, with a receipt that the passport shows."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from sandbox.knobs import Fault, Knobs
from services.ingest.fetching import GONE_AFTER
from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from tests.installation import TENANT
from tests.walk.letters import letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
NOT_SETTLED = Fault(match="move", status=503, times=1, retry_after=600)


async def receipt_of(walk: Walk, mail: str) -> Json:
    """Let all come to rest; return what the passport says of the mailbox."""
    await walk.passport(mail)
    await walk.rest(passing=MINUTE)
    receipt: Json = (await walk.ledger(mail))["receipt"]
    return receipt


async def choose(walk: Walk, mailbox: Mailbox, **chosen: object) -> None:
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        await db.execute(update(mailboxes).where(mailboxes.c.id == mailbox.id).values(**chosen))


async def waits(walk: Walk, mail: str, code: str) -> None:
    """Wait until a mail is stored and could not be settled."""

    async def so() -> bool:
        row = select(mails.c.id).where(
            mails.c.provider_id == mail, mails.c.state == "stored", mails.c.reason == code
        )
        return bool(await walk.installation.rows(row))

    await walk.installation.until(so, f"not settled: {code}", scanning=True)


@pytest.mark.parametrize(
    ("chosen", "done", "path"),
    [
        ({"after_storing": "leave"}, "left", None),
        ({"after_storing": "mark_read"}, "marked_read", "Inbox"),
        ({"after_storing": "move", "move_to": "archive"}, "moved", "Archive"),
    ],
    ids=["leave", "read", "move"],
)
async def test_the_receipt_says_what_was_done_and_where_the_mail_is(
    walk: Walk, chosen: dict[str, str], done: str, path: str | None
) -> None:
    mailbox = await walk.mailbox(**chosen)
    mail = mailbox.receives(letter("Receipt"))
    receipt = await receipt_of(walk, mail)
    assert (receipt["done"], receipt["folder_path"]) == (done, path)
    assert receipt["provider_id"] == (mail if path else None)
    kinds = [event.kind for event in mailbox.sandbox.log(mailbox.address) if event.item == mail]
    assert len(kinds) == (2 if path else 1), "it was settled once"
    assert (await walk.ledger(mail))["reason"] is None


async def test_what_people_want_when_it_is_settled_counts(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="move", move_to="archive")
    mailbox.breaks(NOT_SETTLED)
    mail = mailbox.receives(letter("Changed"))
    await waits(walk, mail, "ServiceUnavailable")
    await choose(walk, mailbox, after_storing="leave")
    assert (await receipt_of(walk, mail))["done"] == "left"


async def test_a_mail_that_somebody_moved_first_stays_where_it_is(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="move", move_to="archive")
    mailbox.breaks(NOT_SETTLED)
    mail = mailbox.receives(letter("Mine"))
    await waits(walk, mail, "ServiceUnavailable")
    mailbox.sandbox.move(mailbox.address, mail, "junkemail")
    receipt = await receipt_of(walk, mail)
    assert (receipt["done"], receipt["folder_path"]) == ("elsewhere", "Junk Email")


async def test_a_folder_that_was_deleted_is_told_and_the_mail_waits_for_another(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    orders = mailbox.sandbox.add_folder(mailbox.address, "Orders")
    await choose(walk, mailbox, after_storing="move", move_to=orders)
    await receipt_of(walk, mailbox.receives(letter("First")))
    mailbox.sandbox.remove_folder(mailbox.address, orders)
    mail = mailbox.receives(letter("Second"))
    await waits(walk, mail, "folder_not_found")
    await walk.ticket_of(mail)
    await choose(walk, mailbox, move_to="archive")
    assert (await receipt_of(walk, mail))["folder_path"] == "Archive"


@pytest.mark.parametrize(("times", "done"), [(GONE_AFTER - 1, "moved"), (GONE_AFTER, "gone")])
async def test_a_mail_is_gone_when_it_was_not_there_three_times(walk: Walk, times: int, done: str) -> None:
    mailbox = await walk.mailbox(after_storing="move", move_to="archive")
    mailbox.becomes(Knobs())
    mailbox.breaks(Fault(match="move", status=404, times=times))
    assert (await receipt_of(walk, mailbox.receives(letter("Gone"))))["done"] == done
