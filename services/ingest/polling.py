"""Claim a due mailbox, list a page, commit its ledger rows together with the next cursor."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import Row

from services.ingest import incidents, repository, subscriptions
from services.ingest.choosing import fresh_folders, keep_folders
from services.ingest.endless import endless, has_no_end, idle_pages, next_page_at
from services.ingest.handlers import ingest
from services.ingest.judging import Watch, watch_of
from services.ingest.subscribing import Hooks
from shared.connecting import Connections, MailboxRow, mailbox_row
from shared.contracts.errors import Permanent, Throttled, Transient
from shared.contracts.mailboxes import Backfill
from shared.failpoints import crash_point
from shared.messaging.unit import Unit, Units
from shared.plugins.mailboxes import CursorExpired, Folder, Listed, MailboxConnection, Page, ShowsNewest
from shared.storage import due
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors
from shared.storage.options import options_of

log = structlog.get_logger()

AT_ONCE = 16
PAGE_SECONDS = 100
"""Within which a page must come: a mailbox that hangs keeps its place no longer."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=30)


@ingest.every(timedelta(seconds=1))
async def enlist(units: Units) -> int:
    """Begin a cursor for every mailbox that people have added."""
    fresh = await repository.mailboxes_without_cursor(units.engine)
    for mailbox, tenant in fresh:
        async with units.acting(tenant) as unit:
            await repository.begin_cursor(unit.db, mailbox, tenant, unit.now)
            unit.wake()
    return len(fresh)


@ingest.every(timedelta(minutes=1))
async def hasten(units: Units) -> int:
    """Let mailboxes come sooner that were put to rest before their tenant wanted them scanned more often."""
    sooner = 0
    for tenant in await repository.resting_tenants(units.engine, units.clock()):
        async with units.acting(tenant) as unit:
            sooner += await repository.hasten(unit.db, tenant, unit.now)
    return sooner


@ingest.each_due(cursors, every=timedelta(seconds=1), at_once=AT_ONCE)
async def poll(claimed: due.Claimed, units: Units, connections: Connections, hooks: Hooks) -> None:
    """Scan one mailbox: one page, or its error; either way the row says when it is due again."""
    async with in_tenant(units.engine, claimed.tenant) as db:
        cursor = await due.hold(db, cursors, claimed)
        mailbox = await mailbox_row(db, claimed.tenant, claimed.id)
        frequency = timedelta(minutes=(await options_of(db, claimed.tenant)).mail_scan_frequency)
        no_end = cursor is not None and await has_no_end(db, cursor)
    if cursor is None:
        return
    if no_end:
        await _failed(units, claimed, cursor, endless(), frequency, link=None, idle_pages=0)
        return
    if mailbox is None or not mailbox.enabled or mailbox.archived_at is not None:
        await _pass_over(units, claimed)
        return
    watch = watch_of(cursor, mailbox)
    try:
        async with units.watchdog(claimed, PAGE_SECONDS), connections.to(mailbox) as connection:
            link = cursor.link if cursor.place in (None, watch.place) else None
            page = await connection.list(link, None)
            newest = await latest(connection, page)
            folders = await fresh_folders(connection, cursor, units.clock())
    except CursorExpired:
        log.warning("mailbox.cursor_expired", mailbox=str(claimed.id))
        await _finish(units, claimed, due_at=units.clock(), link=None, attempts=0)
    except TimeoutError:
        await _failed(
            units, claimed, cursor, Transient("the listing took too long", code="watchdog"), frequency
        )
    except (Transient, Permanent) as error:
        await _failed(units, claimed, cursor, error, frequency)
    else:
        crash_point("ingest.listed")
        seen = Seen(watch, page, newest, folders, wakes=cursor.wakes, told_for=hooks.stamp(mailbox))
        await _record(units, claimed, mailbox, seen, frequency)


@dataclass(frozen=True)
class Seen:
    """What one scan saw."""

    watch: Watch
    page: Page
    newest: Sequence[Listed]
    folders: Sequence[Folder] | None
    wakes: int
    """How often the mailbox had been woken when the scan began."""
    told_for: str | None
    """What a subscription to it is to be made for."""


async def latest(connection: MailboxConnection, page: Page) -> Sequence[Listed]:
    """Look at the newest mails while a long listing is under way: they may stand on its last page. A failure
    is none of the scan."""
    if not page.more or not isinstance(connection, ShowsNewest):
        return ()
    try:
        return await connection.newest()
    except (Transient, Permanent) as error:
        log.info("mailbox.newest_unknown", code=error.code)
        return ()


async def _pass_over(units: Units, claimed: due.Claimed) -> None:
    """Leave a mailbox alone that nobody wants scanned, and nobody told of."""
    async with units.sweeping(claimed, cursors) as (unit, _):
        await subscriptions.see_to(unit.db, claimed.id, unit.now, made_for_other_than=None)
        unit.wake()
        later = unit.now + timedelta(minutes=1)
        await due.finish(unit.db, cursors, claimed, due_at=later, attempts=0)


async def _record(
    units: Units, claimed: due.Claimed, mailbox: MailboxRow, seen: Seen, frequency: timedelta
) -> None:
    """Keep what was seen; when something was told since the round began, the next one comes soon."""
    page, watch = seen.page, seen.watch
    async with units.sweeping(claimed, cursors) as (unit, cursor):
        new = await _keep(unit, cursor, mailbox, seen)
        idle = idle_pages(cursor.idle_pages, new=new, more=page.more)
        before = seen.wakes if cursor.wakes_before is None else cursor.wakes_before
        rest = subscriptions.SPACING if cursor.wakes > before else frequency
        unit.wake()
        await due.finish(
            unit.db,
            cursors,
            claimed,
            folders_at=cursor.folders_at if seen.folders is None else unit.now,
            due_at=next_page_at(unit.now, idle) if page.more else unit.now + rest,
            wakes_before=before if page.more else None,
            idle_pages=idle,
            link=page.cursor,
            place=watch.place,
            live_from=watch.live_from,
            policy=_policy(mailbox),
            first_round_done=watch.known or not page.more,
            attempts=0,
            last_scan_at=unit.now,
            last_success_at=unit.now,
            error_code=None,
            error_text=None,
            error_since=None,
            throttled=False,
        )
        recovered = await incidents.end(unit.db, claimed.id, unit.now)
    if recovered:
        incidents.all_clear(claimed.id)
    log.info("mailbox.listed", mailbox=str(claimed.id), listed=len(page.mails), new=new, more=page.more)


# Any: the columns of the cursor
async def _keep(unit: Unit, cursor: Row[Any], mailbox: MailboxRow, seen: Seen) -> int:
    """Make the ledger agree with what was seen and with what people want; return how many mails are new."""
    if cursor.place not in (None, seen.watch.place):
        await repository.leave_for_good(unit.db, mailbox.id)
    if cursor.policy not in (None, _policy(mailbox)):
        await repository.follow_policy(unit.db, mailbox, unit.now)
    listed = (*seen.newest, *seen.page.mails)
    new = await repository.list_mails(unit.db, mailbox, seen.watch, listed, unit.now)
    if cursor.error_since is not None:
        await repository.fetch_anew(unit.db, mailbox.id, unit.now)
    if seen.folders is not None:
        await keep_folders(unit.db, mailbox.tenant, mailbox.id, seen.folders)
    await subscriptions.see_to(unit.db, mailbox.id, unit.now, made_for_other_than=seen.told_for)
    return new


async def _failed(
    units: Units,
    claimed: due.Claimed,
    cursor: Row[Any],
    error: Transient | Permanent,
    frequency: timedelta,
    **values: object,
) -> None:
    """Show the provider's own code and text, and try again by itself."""
    code, throttled = error.code or type(error).__name__, isinstance(error, Throttled)
    log.warning("mailbox.failed", mailbox=str(claimed.id), code=code, attempts=claimed.attempts)
    async with units.sweeping(claimed, cursors) as (unit, _):
        since = cursor.error_since or unit.now
        await due.finish(
            unit.db,
            cursors,
            claimed,
            due_at=unit.now + pause_after(error, claimed.attempts, frequency),
            last_scan_at=unit.now,
            error_code=code,
            error_text=error.detail,
            error_since=since,
            throttled=throttled,
            **values,
        )
        failing = incidents.Failing(code, error.detail, since, unit.now)
        begins = not throttled and await incidents.begin(unit.db, unit.tenant, claimed.id, failing)
    if begins:
        incidents.alert(claimed.id, code)


async def _finish(units: Units, claimed: due.Claimed, *, due_at: datetime, **values: object) -> None:
    async with units.sweeping(claimed, cursors) as (unit, _):
        await due.finish(unit.db, cursors, claimed, due_at=due_at, **values)


def pause_after(error: Transient | Permanent, attempts: int, frequency: timedelta) -> timedelta:
    """Say how long a failing mailbox rests: as long as it was asked to, else twice as long each time.
    An error that needs a person is tried again at the usual pace, so that it recovers by itself."""
    if isinstance(error, Permanent):
        return max(frequency, FIRST_PAUSE, error.retry_after or FIRST_PAUSE)
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    return max(doubled, error.retry_after) if error.retry_after else doubled


def _policy(mailbox: MailboxRow) -> str:
    """What people want of the mail that was there before, as one text."""
    since = mailbox.backfill_since if mailbox.backfill == Backfill.SINCE else None
    return f"{mailbox.backfill} {since.isoformat()}" if since else str(mailbox.backfill)
