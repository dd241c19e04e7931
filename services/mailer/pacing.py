"""What a provider lets one mailbox send in a day: beyond it mail waits here, where people see it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.mailer import repository
from services.mailer.loading import Loaded
from shared.contracts.errors import Throttled
from shared.messaging.unit import Units
from shared.plugins.loading import plugin
from shared.plugins.mailboxes import MailboxProvider, Pace
from shared.storage.engine import in_tenant

DAY = timedelta(days=1)


async def keep_pace(units: Units, loaded: Loaded) -> None:
    """Let a mail leave only while its mailbox may send.

    Raises:
        Throttled: the day is used up; it says when there is room.
    """
    provider: MailboxProvider = plugin("postroom.mailboxes", loaded.mailbox.provider)
    if provider.pace is None:
        return
    now = units.clock()
    async with in_tenant(units.engine, loaded.row.tenant) as db:
        left = await repository.left_since(db, loaded.mailbox.id, now - DAY)
    wait = rest(provider.pace, left, len(loaded.addresses), now)
    if wait:
        text = (
            f"the mailbox wrote to {provider.pace.recipients_a_day} recipients in a day, which is its limit"
        )
        raise Throttled(text, code="daily_limit", retry_after=wait)


def rest(pace: Pace, left: Sequence[tuple[datetime, int]], wanted: int, now: datetime) -> timedelta | None:
    """Say how long until a mail to so many fits. `left`: when mails left and to how many, oldest first. What
    is too much for any day is let through, for the provider to refuse."""
    used = sum(count for _, count in left)
    over = used + min(wanted, pace.recipients_a_day) - pace.recipients_a_day
    if over <= 0:
        return None
    for at, count in left:
        over -= count
        if over <= 0:
            return max(at + DAY - now, timedelta(seconds=1))
    return None
