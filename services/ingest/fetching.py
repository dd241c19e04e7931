"""Claim a listed mail, fetch its bytes, store them by hash, then commit the state with `MailStored`."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from services.ingest import quotas, repository
from services.ingest.handlers import ingest
from shared.blobs.store import BlobStore
from shared.connecting import Connections, MailboxRow, mailbox_row
from shared.contracts.errors import AuthExpired, Permanent, Throttled, Transient
from shared.contracts.mail import MailStored, ParsingPolicy
from shared.contracts.mailboxes import AfterStoring
from shared.failpoints import crash_point
from shared.messaging.unit import Units
from shared.plugins.mailboxes import Done, Gone, Settled
from shared.storage import due
from shared.storage.due import Turns
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors, mails

log = structlog.get_logger()

AT_ONCE = 8
GIVE_UP_REFUSED = 5
"""Attempts at a mail that the provider refuses, before it is quarantined."""

GONE_AFTER = 3
"""Attempts that must find a mail gone: a provider has said so of mail that was there."""

GIVE_UP_UNREACHABLE = 20
"""Attempts at a mail that fails while its mailbox works."""

FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True)
class Largest:
    """Bytes of a mail that is still fetched."""

    size: int


@dataclass(frozen=True)
class Wanted:
    """A claimed mail with all that is needed to fetch it."""

    claimed: due.Claimed
    row: Row[Any]
    mailbox: MailboxRow | None
    policy: ParsingPolicy
    mailbox_worked_at: datetime | None
    """When its mailbox was listed last."""
    over: str | None
    """The quota of its tenant that has no room for it."""


BY_MAILBOX = Turns("mailbox", cursors, each=3, last="imported")
"""As many as may talk to one mailbox at once; new mail before mail that is imported."""


@ingest.each_due(
    mails, every=timedelta(milliseconds=500), at_once=AT_ONCE, states=("listed",), turns=BY_MAILBOX
)
async def fetch(
    claimed: due.Claimed, units: Units, connections: Connections, blobs: BlobStore, largest: Largest
) -> None:
    """Fetch one mail. Raw first: the bytes are kept before the row says so."""
    crash_point("ingest.claimed")
    wanted = await load(units, claimed)
    if wanted is None:
        return
    if wanted.over:
        await quotas.put_off(units, claimed, wanted.over)
        return
    if wanted.mailbox is None:
        await _failed(units, wanted, Permanent("its mailbox is not there", code="mailbox"))
        return
    try:
        async with units.watchdog(claimed), connections.to(wanted.mailbox) as connection:
            size = wanted.row.size or await connection.size(wanted.row.provider_id)
            raw = await connection.fetch(wanted.row.provider_id) if (size or 0) <= largest.size else None
    except Gone as error:
        if claimed.attempts < GONE_AFTER:
            await _failed(units, wanted, error)
            return
        await _finish(units, claimed, due_at=None, state="gone", reason=error.code or "gone")
    except TimeoutError:
        await _failed(units, wanted, Transient("fetching took too long", code="watchdog"))
    except (Transient, Permanent) as error:
        await _failed(units, wanted, error)
    else:
        if raw is None:
            await _too_large(units, claimed, size or 0, largest)
            return
        crash_point("ingest.fetched")
        blob = await blobs.put(claimed.tenant, raw)
        crash_point("ingest.blob_kept")
        await _stored(units, wanted, wanted.mailbox, blob, len(raw))


async def load(units: Units, claimed: due.Claimed) -> Wanted | None:
    """Load what is needed for a claimed mail; None when another worker has taken it over."""
    async with in_tenant(units.engine, claimed.tenant) as db:
        row = await due.hold(db, mails, claimed)
        if row is None:
            return None
        return Wanted(
            claimed,
            row,
            mailbox=await mailbox_row(db, claimed.tenant, row.mailbox),
            policy=await repository.parsing_policy(db, claimed.tenant),
            mailbox_worked_at=await repository.last_success(db, row.mailbox),
            over=(await quotas.room_of(db, claimed.tenant, units.clock())).over,
        )


async def _stored(units: Units, wanted: Wanted, mailbox: MailboxRow, blob: str, size: int) -> None:
    leave = mailbox.after_storing == AfterStoring.LEAVE
    async with units.sweeping(wanted.claimed, mails) as (unit, row):
        received_at = row.received_at or unit.now
        await due.finish(
            unit.db,
            mails,
            wanted.claimed,
            due_at=None if leave else unit.now,
            state="settled" if leave else "stored",
            blob=blob,
            size=size,
            received_at=received_at,
            stored_at=unit.now,
            settled_at=unit.now if leave else None,
            receipt=asdict(Settled(Done.LEFT)) if leave else None,
            attempts=0,
            reason=None,
            detail=None,
        )
        if not leave:
            unit.wake()
        unit.emit(
            MailStored(
                tenant=unit.tenant,
                mail=wanted.claimed.id,
                mailbox=mailbox.id,
                mailbox_address=mailbox.address,
                blob=blob,
                size=size,
                received_at=received_at,
                policy=wanted.policy,
                imported=row.imported,
            )
        )
        await quotas.keep_account(unit.db, unit.tenant, size)
    log.info("mail.stored", mail=str(wanted.claimed.id), size=size)


async def _too_large(units: Units, claimed: due.Claimed, size: int, largest: Largest) -> None:
    """Leave a mail where it is that would take more memory than this installation wants to give."""
    detail = f"The mail has {size} bytes, and at most {largest.size} are fetched (POSTROOM_LARGEST_MAIL)."
    log.warning("mail.too_large", mail=str(claimed.id), size=size)
    await _finish(units, claimed, due_at=None, state="quarantined", reason="too_large", detail=detail)


async def _failed(units: Units, wanted: Wanted, error: Transient | Permanent) -> None:
    attempts = wanted.claimed.attempts
    code = error.code or type(error).__name__
    log.warning("mail.not_fetched", mail=str(wanted.claimed.id), code=code, attempts=attempts)
    if gives_up(error, attempts, wanted.mailbox_worked_at, units.clock()):
        await _finish(
            units, wanted.claimed, due_at=None, state="quarantined", reason=code, detail=error.detail
        )
        return
    later = units.clock() + pause_after(error, attempts)
    counted = counted_attempts(wanted.claimed, error)
    await _finish(units, wanted.claimed, due_at=later, attempts=counted, reason=code, detail=error.detail)


def gives_up(
    error: Transient | Permanent, attempts: int, mailbox_worked_at: datetime | None, now: datetime
) -> bool:
    """Say whether a mail is to be quarantined: its mailbox has worked since the mail failed first.
    So an outage of the whole mailbox quarantines nothing."""
    limit = GIVE_UP_REFUSED if isinstance(error, Permanent) else GIVE_UP_UNREACHABLE
    waits = isinstance(error, AuthExpired | Throttled)
    if waits or mailbox_worked_at is None or attempts < limit:
        return False
    return mailbox_worked_at > now - sum(map(usual_pause, range(1, attempts)), timedelta())


def counted_attempts(claimed: due.Claimed, error: Transient | Permanent) -> int:
    """How many attempts were made: one that met a limit of the provider was none."""
    return claimed.attempts - isinstance(error, Throttled)


def pause_after(error: Transient | Permanent, attempts: int) -> timedelta:
    usual = usual_pause(attempts)
    asked = error.retry_after if isinstance(error, Transient) else None
    return max(usual, asked) if asked else usual


def usual_pause(attempts: int) -> timedelta:
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return doubled


async def _finish(units: Units, claimed: due.Claimed, *, due_at: datetime | None, **values: object) -> None:
    async with units.sweeping(claimed, mails) as (unit, _):
        await due.finish(unit.db, mails, claimed, due_at=due_at, **values)
