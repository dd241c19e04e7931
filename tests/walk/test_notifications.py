"""The provider tells of new mail: it is a ticket long before the next poll, and none is lost without it."""

from datetime import timedelta

import pytest
import pytest_asyncio

from sandbox.knobs import Fault, Knobs
from tests.walk.letters import letter
from tests.walk.telling import cursor_of, is_told, row_of
from tests.walk.test_examinations import by_check, examined
from tests.walk.walking import Mailbox, Walk

TOLD = True
pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)
RARELY = 7 * 24 * 60
"""Minutes between two polls: nothing here is found by them, unless a test lets so much time pass."""


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def patience(walk: Walk) -> None:
    await walk.options(mail_scan_frequency=RARELY)


async def is_told_and_rests(walk: Walk, mailbox: Mailbox, *, other_than: str | None = None) -> str:
    """Wait until the mailbox is subscribed to and waits for its next poll."""
    found = await is_told(walk, mailbox, other_than=other_than)
    await walk.installation.until(lambda: is_listed(walk, mailbox), f"{mailbox.address} rests")
    return found


async def is_listed(walk: Walk, mailbox: Mailbox) -> bool:
    """Say whether the mailbox rests until its next poll."""
    cursor = await cursor_of(walk, mailbox)
    return bool(cursor.lease is None and cursor.due_at > walk.clock() + timedelta(hours=1))


async def arrives(walk: Walk, mailbox: Mailbox, subject: str) -> int:
    """Let a mail arrive and wait until it is a ticket, without a poll; return its number."""
    mail = mailbox.receives(letter(subject))

    async def listed() -> bool:
        return any(
            event.item == mail and event.kind == "read" for event in mailbox.sandbox.log(mailbox.address)
        )

    await walk.installation.until(listed, f"{subject} was taken without a poll")
    return await walk.ticket_of(mail)


async def test_a_mail_is_a_ticket_long_before_the_next_poll(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    subscription = await is_told_and_rests(walk, mailbox)
    for number in range(3):
        await arrives(walk, mailbox, f"Told of {number}")
    told = [one for one in mailbox.sandbox.deliveries(mailbox.address) if one.kind == "created"]
    assert {one.outcome for one in told} == {"202"}
    assert {one.subscription for one in told} == {subscription}
    await walk.rest()


async def test_a_storm_is_few_scans(walk: Walk) -> None:
    mailbox = await walk.mailbox(after_storing="leave")
    await is_told_and_rests(walk, mailbox)
    before = scans(mailbox)
    mails = [mailbox.receives(letter(f"Mail {number}")) for number in range(30)]
    mailbox.becomes(Knobs(notification_twice=1))
    mails += [mailbox.receives(letter(f"More {number}")) for number in range(30)]
    await walk.installation.until(lambda: all_told(mailbox, 60), "all was told")
    await walk.installation.until(lambda: is_listed(walk, mailbox), "the mailbox rests")
    assert len({await walk.ticket_of(mail) for mail in mails}) == 60
    assert scans(mailbox) - before < 20
    await walk.rest()


def scans(mailbox: Mailbox) -> int:
    return sum(seen.by_operation.get("delta", 0) for seen in mailbox.sandbox.usage(mailbox.address))


async def all_told(mailbox: Mailbox, many: int) -> bool:
    return sum(one.outcome == "202" for one in mailbox.sandbox.deliveries(mailbox.address)) >= many


@pytest.mark.parametrize(
    "knobs",
    [
        Knobs(notification_lost=1),
        Knobs(notification_missed=1, lifecycle_lost=1),
        Knobs(subscription_vanishes=1),
        Knobs(subscription_removed=1, lifecycle_lost=1),
    ],
    ids=["lost", "missed in silence", "vanished", "removed in silence"],
)
async def test_what_is_told_to_nobody_is_found_by_polling(walk: Walk, knobs: Knobs) -> None:
    mailbox = await walk.mailbox()
    await is_told_and_rests(walk, mailbox)
    mailbox.becomes(knobs)
    mail = mailbox.receives(letter("Told to nobody"))
    await walk.installation.until(lambda: is_decided(mailbox), "nobody was told")
    assert await is_listed(walk, mailbox)
    assert await walk.ticket_of(mail), "the scan of ticket_of is the poll"
    await walk.rest()


async def is_decided(mailbox: Mailbox) -> bool:
    kinds = {one.outcome for one in mailbox.sandbox.deliveries(mailbox.address)}
    return bool(kinds & {"lost", "the subscription vanished"})


async def test_missed_is_as_good_as_told(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await is_told_and_rests(walk, mailbox)
    mailbox.becomes(Knobs(notification_missed=1))
    await arrives(walk, mailbox, "Missed")
    await walk.rest()


async def test_a_subscription_that_graph_removes_is_made_anew_and_nothing_is_lost(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    first = await is_told_and_rests(walk, mailbox)
    mailbox.becomes(Knobs(subscription_removed=1))
    await arrives(walk, mailbox, "Removed")
    mailbox.becomes(Knobs())
    second = await is_told_and_rests(walk, mailbox, other_than=first)
    assert [one.id for one in mailbox.sandbox.subscriptions(mailbox.address)] == [second]
    await arrives(walk, mailbox, "After it")
    await walk.rest()


async def test_one_that_is_to_be_authorized_anew_is_renewed(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    subscription = await is_told_and_rests(walk, mailbox)
    await walk.later(timedelta(hours=1))
    before = mailbox.sandbox.subscriptions(mailbox.address)[0].wanted.expires
    mailbox.sandbox.tell(mailbox.address, "reauthorizationRequired")

    async def renewed() -> bool:
        (found,) = mailbox.sandbox.subscriptions(mailbox.address)
        return found.id == subscription and found.wanted.expires > before

    await walk.installation.until(renewed, "it is renewed")
    await walk.rest()


async def test_a_forged_notice_moves_nothing(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await is_told_and_rests(walk, mailbox)
    mailbox.becomes(Knobs(notification_forged=1, notification_delay_ms=(600_000, 600_000)))
    before = scans(mailbox)
    mail = mailbox.receives(letter("Forged"))
    await walk.installation.until(lambda: all_told(mailbox, 1), "the forged one was delivered")
    await walk.rest()
    assert (scans(mailbox), await is_listed(walk, mailbox)) == (before, True)
    assert await walk.ticket_of(mail)
    await walk.rest()


async def test_it_is_renewed_before_it_ends_week_after_week(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    subscription = await is_told_and_rests(walk, mailbox)
    for week in range(2):
        for _ in range(7):
            await walk.later(timedelta(days=1))
            await walk.installation.until(lambda: rests(walk, mailbox), "nothing is due")
        assert await is_told_and_rests(walk, mailbox) == subscription
        await arrives(walk, mailbox, f"In week {week}")
    await walk.rest()


async def rests(walk: Walk, mailbox: Mailbox) -> bool:
    """Say whether neither the mailbox nor its subscription has anything due."""
    row, cursor = await row_of(walk, mailbox), await cursor_of(walk, mailbox)
    both = [one for one in (row, cursor) if one is not None]
    return all(one.lease is None and one.due_at > walk.clock() for one in both)


async def test_one_that_ended_while_nobody_ran_is_made_anew(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    first = await is_told_and_rests(walk, mailbox)
    mailbox.sandbox.forget_subscriptions(mailbox.address)
    await walk.later(timedelta(days=5))
    second = await is_told_and_rests(walk, mailbox, other_than=first)
    assert [one.id for one in mailbox.sandbox.subscriptions(mailbox.address)] == [second]
    await arrives(walk, mailbox, "Told again")
    await walk.rest()


async def test_one_that_cannot_be_made_is_a_note_and_no_error(walk: Walk) -> None:
    mailbox = await walk.mailbox(known=False)
    mailbox.sandbox.add_mailbox(mailbox.address)
    mailbox.breaks(Fault(match="subscription", status=403))

    async def noted() -> bool:
        return bool((await walk.standing(mailbox))["notify_code"] == "ExtensionError")

    await walk.installation.until(noted, "it is noted")
    standing = await walk.standing(mailbox)
    assert (standing["state"], standing["error_code"], standing["notified_until"]) == ("idle", None, None)
    assert await walk.ticket_of(mailbox.receives(letter("Found all the same")))
    await walk.later(timedelta(hours=2))
    await is_told_and_rests(walk, mailbox)
    assert (await walk.standing(mailbox))["notify_code"] is None
    await walk.rest()


async def test_one_whose_renewal_is_refused_again_and_again_is_replaced(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    first = await is_told_and_rests(walk, mailbox)
    mailbox.breaks(Fault(match="subscription", status=403, times=3))
    mailbox.sandbox.tell(mailbox.address, "reauthorizationRequired")

    async def replaced() -> bool:
        row = await row_of(walk, mailbox)
        if row is not None and row.provider_id not in {None, first}:
            return True
        await walk.later(MINUTE)
        return False

    await walk.installation.until(replaced, "another one is made")
    second = await is_told_and_rests(walk, mailbox, other_than=first)
    assert [one.id for one in mailbox.sandbox.subscriptions(mailbox.address)] == [second]
    await walk.rest()


async def test_the_doctor_tells_whether_it_is_told(walk: Walk) -> None:
    mailbox, silent = await walk.mailbox(), await walk.mailbox(known=False)
    silent.sandbox.add_mailbox(silent.address)
    silent.breaks(Fault(match="subscription", status=403))
    await is_told_and_rests(walk, mailbox)
    found = by_check(await examined(walk, mailbox))["notifications"]
    assert (found["verdict"], found["code"]) == ("ok", None)

    async def noted() -> bool:
        return bool((await walk.standing(silent))["notify_code"])

    await walk.installation.until(noted, "it is noted")
    found = by_check(await examined(walk, silent))["notifications"]
    assert (found["verdict"], found["code"]) == ("warning", "ExtensionError")
    assert "POSTROOM_PUBLIC_URL" in found["remedy"]


async def test_one_is_ended_when_its_mailbox_is_switched_off(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    first = await is_told_and_rests(walk, mailbox)
    await walk.installation.choose(mailbox.id, enabled=False)
    await walk.later(timedelta(days=7))

    async def ended() -> bool:
        if mailbox.sandbox.subscriptions(mailbox.address) == [] and await row_of(walk, mailbox) is None:
            return True
        await walk.later(MINUTE)
        return False

    await walk.installation.until(ended, "it is ended at Graph")
    await walk.installation.choose(mailbox.id, enabled=True)
    assert await is_told_and_rests(walk, mailbox, other_than=first)
    await walk.rest()


async def test_another_folder_is_told_of_when_it_is_chosen(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    first = await is_told_and_rests(walk, mailbox)
    await walk.installation.choose(mailbox.id, folder="archive")
    await walk.installation.scan()
    await is_told_and_rests(walk, mailbox, other_than=first)
    (kept,) = mailbox.sandbox.subscriptions(mailbox.address)
    mail = mailbox.sandbox.deliver(mailbox.address, letter("Archived"), "archive", received=walk.clock())
    assert await walk.ticket_of(mail)
    assert kept.id != first
    await walk.rest()
