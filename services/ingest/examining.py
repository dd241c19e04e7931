"""Examine a mailbox for the desk, which has no key to it: one run at a time, findings kept as they come."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import structlog
from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ingest import examinations as queries
from services.ingest import quotas, repository, subscriptions
from services.ingest.handlers import ingest
from services.ingest.subscribing import Hooks, told
from shared.connecting import Connections, MailboxRow, mailbox_row
from shared.contracts.errors import Permanent, Transient
from shared.contracts.mailboxes import AfterStoring
from shared.failpoints import crash_point
from shared.messaging.unit import Unit, Units
from shared.plugins.mailboxes import Examinable, Finding, Verdict
from shared.storage import due
from shared.storage.ingest import examinations

log = structlog.get_logger()

AT_ONCE = 2
"""Few, so that many new mailboxes leave room for scanning."""
SECONDS = 180
"""Within which a whole examination ends."""
TRIES = 3
"""How often a run is begun when its process dies."""
KEPT = timedelta(days=30)


@dataclass(frozen=True)
class _Begun:
    mailbox: MailboxRow
    standing: tuple[Finding, ...]
    authors: tuple[str, ...] | None
    send: bool


@ingest.each_due(examinations, every=timedelta(seconds=1), at_once=AT_ONCE)
async def examine(claimed: due.Claimed, units: Units, connections: Connections, hooks: Hooks) -> None:
    """Run what was asked for; what ended long ago is removed."""
    begun = await _begin(units, claimed, hooks)
    if begun is None:
        return
    reason, fresh = None, connections.anew()
    try:
        for finding in begun.standing:
            await _keep(units, claimed, finding)
        async with (
            units.watchdog(claimed, SECONDS),
            aclosing(findings(fresh, begun.mailbox, begun.authors, send=begun.send)) as found,
        ):
            async for finding in found:
                await _keep(units, claimed, finding)
                crash_point("ingest.examining")
    except TimeoutError:
        reason = "it took too long and was ended"
    finally:
        await fresh.close()
    async with units.sweeping(claimed, examinations) as (unit, _):
        unit.touch_mailbox(begun.mailbox.id)
        await _end(unit, claimed, reason)
    log.info("mailbox.examined", mailbox=str(begun.mailbox.id), ended_early=reason is not None)


async def _begin(units: Units, claimed: due.Claimed, hooks: Hooks) -> _Begun | None:
    """Begin a run, from the start when another process died at it; None when there is nothing to run."""
    async with units.sweeping(claimed, examinations) as (unit, run):
        mailbox = await mailbox_row(unit.db, unit.tenant, run.mailbox)
        unit.touch_mailbox(run.mailbox)
        if run.ended_at is not None:
            await queries.remove(unit.db, claimed.id)
        elif mailbox is None or mailbox.archived_at is not None:
            await _end(unit, claimed, "the mailbox was archived")
        elif claimed.attempts > TRIES:
            await _end(unit, claimed, f"it broke off {TRIES} times; the log of ingest says why")
        else:
            begins = {"state": "running", "began_at": unit.now, "findings": []}
            await queries.note(unit.db, claimed.id, begins)
            known = await standing_of(unit.db, mailbox, hooks)
            return _Begun(mailbox, known, await repository.authors(unit.db, unit.tenant), run.send)
    return None


async def _keep(units: Units, claimed: due.Claimed, finding: Finding) -> None:
    async with units.sweeping(claimed, examinations) as (unit, run):
        kept = [*run.findings, asdict(finding)]
        unit.touch_mailbox(run.mailbox)
        await queries.note(unit.db, claimed.id, {"findings": kept})


async def _end(unit: Unit, claimed: due.Claimed, reason: str | None) -> None:
    """End a run; with a reason it failed."""
    ended = {"state": "failed" if reason else "done", "reason": reason, "ended_at": unit.now, "attempts": 0}
    await due.finish(unit.db, examinations, claimed, due_at=unit.now + KEPT, **ended)


async def standing_of(db: AsyncConnection, mailbox: MailboxRow, hooks: Hooks) -> tuple[Finding, ...]:
    """Say what is known of a mailbox without asking its provider."""
    cursor = await repository.cursor_row(db, mailbox.id)
    subscription = await subscriptions.row_of(db, mailbox.id)
    over = await quotas.standing_of(db, mailbox.tenant)
    return (standing(mailbox, cursor), told(subscription, hooks.stamp(mailbox)), *over)


# Any: a row has the columns of the cursor
def standing(mailbox: MailboxRow, cursor: Row[Any] | None) -> Finding:
    """Say what ingest last had to say of a mailbox."""
    if not mailbox.enabled:
        cure = "Switch it on, on the mailbox's page."
        return Finding("ingest", Verdict.WARNING, "it is switched off", cure)
    if cursor is None or cursor.last_scan_at is None:
        cure = "Start the services, or run `postroom scan`."
        return Finding("ingest", Verdict.WARNING, "it was never scanned", cure)
    when = f"last scan {cursor.last_scan_at:%Y-%m-%d %H:%M:%S} UTC"
    if cursor.error_code is None:
        return Finding("ingest", Verdict.OK, when)
    text = f"{when}: {cursor.error_text}"
    return Finding("ingest", Verdict.WARNING, text, "See below for what it is now.", cursor.error_code)


async def findings(
    connections: Connections, mailbox: MailboxRow, authors: Sequence[str] | None, *, send: bool
) -> AsyncGenerator[Finding]:
    """Examine a mailbox at its provider. `authors`: as `Examinable` says. `send`: let a probe leave, to the
    mailbox itself."""
    moves = [mailbox.move_to] if mailbox.after_storing == AfterStoring.MOVE else []
    try:
        async with connections.to(mailbox) as connection:
            if not isinstance(connection, Examinable):
                text = f"the provider {mailbox.provider} has nothing to examine"
                yield Finding("provider", Verdict.SKIPPED, text)
                return
            examined = connection.examine([mailbox.folder, *moves], send=send, authors=authors)
            async with aclosing(examined) as found:
                async for finding in found:
                    yield finding
    except (Transient, Permanent) as error:
        cure = "Correct it on the mailbox's page."
        yield Finding("settings", Verdict.FAILED, error.reason, cure, error.code)
