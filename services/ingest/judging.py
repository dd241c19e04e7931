"""What a mail becomes when it is listed: live, imported silently, or left because it was there before."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from shared.connecting import MailboxRow
from shared.contracts.mailboxes import Backfill

OLD = timedelta(days=14)
"""A mail that somebody moves into the folder is answered when it is younger: it lay in the junk folder."""

EVER = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


class Becomes(StrEnum):
    LIVE = "live"
    IMPORTED = "imported"
    """It was there before, and people want it."""
    LEFT = "left"
    """It was there before, and people do not want it."""
    MOVED_IN = "moved_in"
    """It is old, and was not there when the folder was listed: a ticket, silently."""


@dataclass(frozen=True)
class Watch:
    """A folder, and since when and how well it is known."""

    place: str
    live_from: datetime
    """Mail received before was there before."""
    wanted_from: datetime
    """Of the mail that was there before."""
    known: bool
    """It was listed to its end once: what is new to the ledger now came into it since."""
    listed_at: datetime | None
    """When it was listed last."""


# Any: the columns of the cursor
def watch_of(cursor: Row[Any], mailbox: MailboxRow) -> Watch:
    """How the mailbox's folder is watched. Another folder than the last time is as a mailbox that was added
    when the old one was listed last."""
    place = f"{mailbox.provider} {mailbox.address} {mailbox.folder}"
    wanted_from = from_when(mailbox)
    if cursor.place in (None, place):
        live_from = cursor.live_from or mailbox.created_at
        return Watch(place, live_from, wanted_from, cursor.first_round_done, cursor.last_success_at)
    return Watch(
        place, cursor.last_success_at or mailbox.created_at, wanted_from, known=False, listed_at=None
    )


def from_when(mailbox: MailboxRow) -> datetime:
    """From when on people want mail that was there before."""
    match mailbox.backfill:
        case Backfill.ALL:
            return EVER
        case Backfill.SINCE:
            since: datetime = mailbox.backfill_since
            return since
        case _:
            return NEVER


def becomes(received_at: datetime | None, watch: Watch) -> Becomes:
    """Decide for a mail that the ledger does not know. Providers count whole seconds: the second of a
    boundary is after it."""
    if received_at is None:
        return Becomes.LIVE if watch.known else Becomes.MOVED_IN
    if received_at >= whole_second(watch.live_from):
        stale = watch.known and watch.listed_at is not None and received_at < watch.listed_at - OLD
        return Becomes.MOVED_IN if stale else Becomes.LIVE
    if watch.known:
        return Becomes.MOVED_IN
    return Becomes.IMPORTED if received_at >= whole_second(watch.wanted_from) else Becomes.LEFT


def whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
