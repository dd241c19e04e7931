"""Claim a listed mail, fetch its bytes, store them by hash, then commit the state with `MailStored`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from services.ingest import repository
from services.ingest.handlers import ingest
from shared.blobs.store import BlobStore
from shared.connecting import Connections, MailboxRow, mailbox_row
from shared.contracts.errors import Permanent, Transient
from shared.contracts.mail import MailStored, ParsingPolicy
from shared.failpoints import crash_point
from shared.messaging.unit import Units
from shared.plugins.mailboxes import Gone
from shared.storage import due
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails

log = structlog.get_logger()

AT_ONCE = 8
GIVE_UP_REFUSED = 5
"""Attempts at a mail that the provider refuses, before it is quarantined."""

GIVE_UP_UNREACHABLE = 20
"""Attempts at a mail that fails while its mailbox works."""

LONGEST_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True)
class Wanted:
    """A claimed mail with all that is needed to fetch it."""

    claimed: due.Claimed
    row: Row[Any]
    mailbox: MailboxRow | None
    policy: ParsingPolicy
    mailbox_works: bool


@ingest.every(timedelta(milliseconds=500))
async def fetch(units: Units, connections: Connections, blobs: BlobStore) -> int:
    """Fetch listed mails, several at once."""
    claimed = await due.claim(
        units.engine, mails, now=units.clock(), limit=AT_ONCE, lease_for=units.lease, state="listed"
    )
    crash_point("ingest.claimed")
    wanted = [each for tenant in {c.tenant for c in claimed} for each in await load(units, tenant, claimed)]
    await asyncio.gather(*(fetch_one(units, connections, blobs, each) for each in wanted))
    return len(claimed)


async def load(units: Units, tenant: str, claimed: Sequence[due.Claimed]) -> list[Wanted]:
    """Load the claimed mails of one tenant, in one transaction."""
    mine = {each.id: each for each in claimed if each.tenant == tenant}
    async with in_tenant(units.engine, tenant) as db:
        rows = await repository.ledger_rows(db, mine)
        policy = await repository.parsing_policy(db, tenant)
        boxes = {box: await mailbox_row(db, tenant, box) for box in {row.mailbox for row in rows}}
        works = {box: _recent(await repository.last_success(db, box), units.clock()) for box in boxes}
    return [Wanted(mine[r.id], r, boxes[r.mailbox], policy, works[r.mailbox]) for r in rows]


async def fetch_one(units: Units, connections: Connections, blobs: BlobStore, wanted: Wanted) -> None:
    """Fetch one mail. Raw first: the bytes are kept before the row says so."""
    if wanted.mailbox is None:
        await _failed(units, wanted, Permanent("its mailbox is not there", code="mailbox"))
        return
    try:
        async with units.watchdog(), connections.to(wanted.mailbox) as connection:
            raw = await connection.fetch(wanted.row.provider_id)
    except Gone as error:
        await _finish(units, wanted.claimed, due_at=None, state="gone", reason=error.code or "gone")
    except TimeoutError:
        await _failed(units, wanted, Transient("fetching took too long", code="watchdog"))
    except (Transient, Permanent) as error:
        await _failed(units, wanted, error)
    else:
        crash_point("ingest.fetched")
        blob = await blobs.put(wanted.claimed.tenant, raw)
        crash_point("ingest.blob_kept")
        await _stored(units, wanted, wanted.mailbox, blob, len(raw))


async def _stored(units: Units, wanted: Wanted, mailbox: MailboxRow, blob: str, size: int) -> None:
    leave = mailbox.after_storing == "leave"
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
            )
        )
    log.info("mail.stored", mail=str(wanted.claimed.id), size=size)


async def _failed(units: Units, wanted: Wanted, error: Transient | Permanent) -> None:
    attempts = wanted.claimed.attempts
    code = error.code or type(error).__name__
    log.warning("mail.not_fetched", mail=str(wanted.claimed.id), code=code, attempts=attempts)
    if gives_up(error, attempts, mailbox_works=wanted.mailbox_works):
        await _finish(
            units, wanted.claimed, due_at=None, state="quarantined", reason=code, detail=error.reason
        )
        return
    later = units.clock() + pause_after(error, attempts)
    await _finish(units, wanted.claimed, due_at=later, reason=code, detail=error.reason)


def gives_up(error: Transient | Permanent, attempts: int, *, mailbox_works: bool) -> bool:
    """Say whether a mail is to be quarantined: an outage of the whole mailbox quarantines nothing."""
    limit = GIVE_UP_REFUSED if isinstance(error, Permanent) else GIVE_UP_UNREACHABLE
    return mailbox_works and attempts >= limit


def pause_after(error: Transient | Permanent, attempts: int) -> timedelta:
    doubled: timedelta = min(timedelta(seconds=2) * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    asked = error.retry_after if isinstance(error, Transient) else None
    return max(doubled, asked) if asked else doubled


async def _finish(units: Units, claimed: due.Claimed, *, due_at: datetime | None, **values: object) -> None:
    async with units.sweeping(claimed, mails) as (unit, _):
        await due.finish(unit.db, mails, claimed, due_at=due_at, **values)


def _recent(success: datetime | None, now: datetime) -> bool:
    return success is not None and now - success < timedelta(minutes=15)
