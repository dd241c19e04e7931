"""Mark or move at the provider what is stored, once, and keep the receipt. Repeatable."""

from dataclasses import asdict
from datetime import timedelta

import structlog

from services.ingest.fetching import (
    BY_MAILBOX,
    GONE_AFTER,
    Wanted,
    counted_attempts,
    load,
    pause_after,
)
from services.ingest.handlers import ingest
from shared.connecting import Connections, MailboxRow
from shared.contracts.errors import Permanent, Transient
from shared.contracts.mailboxes import AfterStoring
from shared.failpoints import crash_point
from shared.messaging.unit import Units
from shared.plugins.mailboxes import Done, Gone, MarkRead, MoveTo, Settled
from shared.storage import due
from shared.storage.ingest import mails

log = structlog.get_logger()

AT_ONCE = 8
WAITING = ("stored", "quarantined", "dropped")
"""A mail in quarantine, or dropped from there, is settled too: what happens in the mailbox does not depend on
who was quicker."""


@ingest.each_due(mails, every=timedelta(milliseconds=500), at_once=AT_ONCE, states=WAITING, turns=BY_MAILBOX)
async def settle(claimed: due.Claimed, units: Units, connections: Connections) -> None:
    """Settle one mail; an error keeps it due, and the mail is safe whatever comes."""
    wanted = await load(units, claimed)
    if wanted is None:
        return
    how, settled = settlement(wanted.mailbox), Settled(Done.LEFT)
    try:
        if how is not None and wanted.mailbox is not None:
            async with units.watchdog(claimed), connections.to(wanted.mailbox) as connection:
                told = await connection.settle(wanted.row.provider_id, how)
                settled = told or Settled(Done.MOVED if isinstance(how, MoveTo) else Done.MARKED_READ)
    except Gone as error:
        if claimed.attempts < GONE_AFTER:
            await _failed(units, wanted, error)
            return
        await _settled(units, wanted, Settled(Done.GONE))
    except TimeoutError:
        await _failed(units, wanted, Transient("settling took too long", code="watchdog"))
    except (Transient, Permanent) as error:
        await _failed(units, wanted, error)
    else:
        crash_point("ingest.settled")
        await _settled(units, wanted, settled)


def settlement(mailbox: MailboxRow | None) -> MarkRead | MoveTo | None:
    """Say what people want done with a stored mail of this mailbox."""
    if mailbox is None:
        return None
    match mailbox.after_storing:
        case AfterStoring.MARK_READ:
            return MarkRead()
        case AfterStoring.MOVE if mailbox.move_to:
            return MoveTo(mailbox.move_to)
        case _:
            return None


async def _settled(units: Units, wanted: Wanted, settled: Settled) -> None:
    """Keep the receipt."""
    async with units.sweeping(wanted.claimed, mails) as (unit, row):
        told = {"receipt": asdict(settled), "settled_at": unit.now, "attempts": 0}
        if row.state == "stored":
            told |= {"state": "settled", "reason": None, "detail": None}
        await due.finish(unit.db, mails, wanted.claimed, due_at=None, **told)


async def _failed(units: Units, wanted: Wanted, error: Transient | Permanent) -> None:
    code = error.code or type(error).__name__
    log.warning("mail.not_settled", mail=str(wanted.claimed.id), code=code, attempts=wanted.claimed.attempts)
    async with units.sweeping(wanted.claimed, mails) as (unit, row):
        later = unit.now + pause_after(error, wanted.claimed.attempts)
        told: dict[str, object] = {"attempts": counted_attempts(wanted.claimed, error)}
        if row.state == "stored":
            told |= {"reason": code, "detail": error.detail}
        await due.finish(unit.db, mails, wanted.claimed, due_at=later, **told)
