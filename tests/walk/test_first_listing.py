"""The first start of a mailbox that holds much old mail: what people want of it, and what comes after."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from sandbox.filling import OldMail
from sandbox.knobs import Fault, Knobs
from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors, mails
from shared.storage.tickets import placements
from tests.installation import TENANT
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 11, tzinfo=UTC)
OLD = OldMail(20, FIRST, LAST)
"""Two a day."""
SINCE = datetime(2020, 1, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LEFT = ("ignored", "there_before")
NUMBERS = count(1)


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def trigger(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()


async def full_mailbox(
    walk: Walk, knobs: Knobs | None = None, old: OldMail = OLD, **chosen: object
) -> Mailbox:
    """Add a mailbox that has held old mail for years."""
    address = f"full{next(NUMBERS)}@helpdesk.example"
    walk.installation.sandbox.add_mailbox(address)
    walk.installation.sandbox.set_knobs(address, knobs or Knobs())
    walk.installation.sandbox.fill(address, old)
    return await walk.mailbox_at(address, known=False, **chosen)


async def choose(walk: Walk, mailbox: Mailbox, **chosen: object) -> None:
    """Choose something else, as a person does on the mailbox's page."""
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        await db.execute(update(mailboxes).where(mailboxes.c.id == mailbox.id).values(**chosen))


async def ledger(walk: Walk, mailbox: Mailbox) -> Counter[tuple[str, str | None]]:
    """Count the mails of a mailbox by what became of them."""
    found = await walk.installation.rows(
        select(mails.c.state, mails.c.reason).where(mails.c.mailbox == mailbox.id)
    )
    return Counter((row.state, row.reason) for row in found)


async def tickets(walk: Walk, mailbox: Mailbox) -> list[UUID]:
    """The tickets of a mailbox's mails, one for each mail."""
    mine = select(mails.c.id).where(mails.c.mailbox == mailbox.id)
    found = await walk.installation.rows(select(placements.c.ticket).where(placements.c.mail.in_(mine)))
    return [row.ticket for row in found]


async def comes_to(walk: Walk, mailbox: Mailbox, placed: int, left: int) -> None:
    """Wait until so many mails are tickets and so many were left, and nothing more happens."""

    async def so() -> bool:
        counted = await ledger(walk, mailbox)
        return (counted[LEFT], len(await tickets(walk, mailbox))) == (left, placed)

    await walk.installation.until(so, f"{placed} placed and {left} left", 180, scanning=True)
    await walk.rest(passing=MINUTE)
    assert await so()
    assert len(set(await tickets(walk, mailbox))) == placed


async def listed_since(walk: Walk, mailbox: Mailbox, moment: datetime) -> None:
    async def so() -> bool:
        (row,) = await walk.installation.rows(
            select(cursors.c.last_success_at).where(cursors.c.id == mailbox.id)
        )
        return bool(row.last_success_at >= moment)

    await walk.installation.until(so, "the mailbox is listed once more", 180, scanning=True)


@pytest.mark.parametrize(
    ("chosen", "placed"),
    [
        ({"backfill": "ignore"}, 0),
        ({"backfill": "since", "backfill_since": SINCE}, 4),
        ({"backfill": "all"}, 20),
    ],
    ids=["ignore", "since", "all"],
)
async def test_the_policy_decides_about_each_mail_that_was_there(
    walk: Walk,
    chosen: dict[str, Any],
    placed: int,  # Any: columns of a mailbox
) -> None:
    """Also where Graph would tell a filtered listing of a few mails only."""
    mailbox = await full_mailbox(walk, Knobs(filtered_delta_cap=3), **chosen)
    await comes_to(walk, mailbox, placed, OLD.count - placed)
    assert mailbox.sent() == []
    fresh = mailbox.receives(letter("Today", sender="Bo <bo@firm.example>"))
    await walk.ticket_of(fresh)
    assert [mail.recipients for mail in await walk.left(mailbox)] == [("bo@firm.example",)]


async def test_old_mail_that_somebody_moves_in_later_becomes_a_ticket_silently(walk: Walk) -> None:
    mailbox = await full_mailbox(walk, backfill="ignore")
    sandbox = walk.installation.sandbox
    lost = sandbox.deliver(mailbox.address, letter("Lost", at=LAST), "junkemail", received=LAST)
    await comes_to(walk, mailbox, 0, OLD.count)
    sandbox.move(mailbox.address, lost, "inbox")
    number = await walk.ticket_of(lost)
    await walk.rest()
    assert (await walk.ticket(number))["subject"] == "Lost"
    assert mailbox.sent() == []


async def test_new_mail_that_lay_in_the_junk_folder_is_answered(walk: Walk) -> None:
    mailbox = await full_mailbox(walk, backfill="ignore")
    sandbox = walk.installation.sandbox
    await comes_to(walk, mailbox, 0, OLD.count)
    junk = sandbox.deliver(mailbox.address, letter("Not junk"), "junkemail", received=walk.clock())
    await walk.later(timedelta(days=3))
    sandbox.move(mailbox.address, junk, "inbox")
    await walk.ticket_of(junk)
    await walk.left(mailbox)


async def test_old_mail_that_somebody_marks_is_no_new_mail(walk: Walk) -> None:
    mailbox = await full_mailbox(walk, Knobs(replay_delta=1), backfill="ignore")
    await comes_to(walk, mailbox, 0, OLD.count)
    sandbox = walk.installation.sandbox
    (some, *_) = await walk.installation.rows(
        select(mails.c.provider_id).where(mails.c.mailbox == mailbox.id).limit(1)
    )
    sandbox.move(mailbox.address, some.provider_id, "archive")
    await walk.later(MINUTE)
    sandbox.move(mailbox.address, some.provider_id, "inbox")
    await comes_to(walk, mailbox, 0, OLD.count)


async def test_a_listing_that_is_lost_begins_anew_and_nothing_is_missed_or_doubled(walk: Walk) -> None:
    mailbox = await full_mailbox(
        walk,
        Knobs(seed=4, gone=0.5, duplicate_delta=0.3, empty_pages=0.5),
        backfill="since",
        backfill_since=SINCE,
    )
    await comes_to(walk, mailbox, 4, 16)
    mailbox.becomes(Knobs())
    walk.installation.sandbox.expire_delta(mailbox.address)
    await walk.later(MINUTE)
    await comes_to(walk, mailbox, 4, 16)
    assert mailbox.sent() == []


async def test_a_mail_that_the_first_listing_kept_back_is_a_ticket_and_not_lost(walk: Walk) -> None:
    """It is as one that somebody moved in: nobody can tell."""
    mailbox = await full_mailbox(walk, Knobs(seed=2, late_delta=0.3), backfill="ignore")

    async def all_seen() -> bool:
        return (await ledger(walk, mailbox)).total() == OLD.count

    await walk.installation.until(all_seen, "all mails were listed", scanning=True)
    await walk.rest(passing=MINUTE)
    counted = await ledger(walk, mailbox)
    assert 0 < len(await tickets(walk, mailbox)) == OLD.count - counted[LEFT] < OLD.count / 2
    assert mailbox.sent() == []


async def test_who_wants_more_of_the_old_mail_later_gets_it_and_who_wants_less_keeps_tickets(
    walk: Walk,
) -> None:
    mailbox = await full_mailbox(walk, backfill="ignore")
    await comes_to(walk, mailbox, 0, 20)
    await choose(walk, mailbox, backfill="since", backfill_since=SINCE)
    await comes_to(walk, mailbox, 4, 16)
    await choose(walk, mailbox, backfill="all")
    await comes_to(walk, mailbox, 20, 0)
    await choose(walk, mailbox, backfill="ignore")
    await comes_to(walk, mailbox, 20, 0)
    assert mailbox.sent() == []


async def test_another_folder_is_judged_as_a_mailbox_that_was_just_added(walk: Walk) -> None:
    mailbox = await full_mailbox(walk, backfill="ignore")
    sandbox = walk.installation.sandbox
    await comes_to(walk, mailbox, 0, 20)
    kept = sandbox.deliver(mailbox.address, letter("Filed"), "archive", received=walk.clock())
    await walk.later(timedelta(days=30))
    await listed_since(walk, mailbox, walk.clock())
    await comes_to(walk, mailbox, 0, 20)
    await choose(walk, mailbox, folder="archive")
    await comes_to(walk, mailbox, 0, 21)
    fresh = sandbox.deliver(mailbox.address, letter("Urgent"), "archive", received=walk.clock())
    await walk.ticket_of(fresh)
    await walk.left(mailbox)
    await choose(walk, mailbox, backfill="all")
    await comes_to(walk, mailbox, 2, 20)
    assert (await walk.passport(kept))["placement"]["outcome"] == "new"


async def test_new_mail_is_seen_before_a_long_listing_has_come_to_it(walk: Walk) -> None:
    """Also when one look at the newest mail fails."""
    many = replace(OLD, count=3_000)
    mailbox = await full_mailbox(walk, Knobs(latency_ms=(150, 150)), many, backfill="ignore")
    mailbox.breaks(Fault(match="list", status=503))

    async def under_way() -> bool:
        return (await ledger(walk, mailbox))[LEFT] > 0

    await walk.installation.until(under_way, "the listing is under way")
    fresh = mailbox.receives(letter("Today", sender="Cy <cy@firm.example>"))
    await walk.ticket_of(fresh)
    await comes_to(walk, mailbox, 1, many.count)
    last = await walk.installation.rows(
        select(mails.c.provider_id)
        .where(mails.c.mailbox == mailbox.id)
        .order_by(mails.c.listed_at.desc())
        .limit(1)
    )
    assert last[0].provider_id != fresh
    assert len(await walk.left(mailbox)) == 1
