"""The numbers beside the navigation, and mailboxes that need a person's eye."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Integer, Label, cast, func, literal, select

from services.desk.queries.filtering import View, view_conditions
from services.desk.queries.passport import mail_seen
from services.desk.queries.reading import Reading
from shared.storage.config import mailboxes
from shared.storage.ingest import cursors
from shared.storage.ingest import mails as ledger
from shared.storage.options import options_of
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import tickets

COUNTED: tuple[View, ...] = ("mine", "new", "unassigned", "waiting", "open")
COUNTED_TO = 1_000
"""Beside the navigation, more than so many are not told apart: each page counts them anew."""
LATE = 2
"""A mailbox is behind when its last success is this many scan periods old."""


@dataclass(frozen=True)
class Counts:
    views: dict[str, int]
    held: int
    planned: int
    failed: int
    quarantined: int


@dataclass(frozen=True)
class MailboxTrouble:
    """A mailbox that fails or is behind."""

    address: str
    failing: bool
    since: datetime | None
    code: str
    text: str
    retry_at: datetime | None


async def counts(reading: Reading, user: UUID) -> Counts:
    by_view = (
        (await reading.db.execute(select(*(_up_to(reading, view, user) for view in COUNTED))))
        .mappings()
        .one()
    )
    states = await reading.db.execute(
        select(outgoing.c.state, func.count())
        .where(
            reading.own(outgoing),
            outgoing.c.state.in_(("held", "planned", "failed", "bounced")),
            reading.shown(outgoing.c.ticket),
        )
        .group_by(outgoing.c.state)
    )
    by_state = {str(state): int(count) for state, count in states}
    stuck = await reading.db.execute(
        select(cast(func.count(), Integer)).where(
            reading.own(ledger), ledger.c.state == "quarantined", mail_seen(reading)
        )
    )
    return Counts(
        views={str(view): int(count) for view, count in by_view.items()},
        held=by_state.get("held", 0),
        planned=by_state.get("planned", 0),
        failed=by_state.get("failed", 0) + by_state.get("bounced", 0),
        quarantined=stuck.scalar_one(),
    )


def _up_to(reading: Reading, view: View, user: UUID) -> Label[int]:
    """Count a view's tickets up to one more than `COUNTED_TO`."""
    counted = (
        select(literal(1))
        .where(reading.own(tickets), reading.seen(), *view_conditions(view, user))
        .limit(COUNTED_TO + 1)
    )
    return select(func.count()).select_from(counted.subquery()).scalar_subquery().label(view)


async def troubled_mailboxes(reading: Reading, now: datetime) -> list[MailboxTrouble]:
    """Return enabled mailboxes that fail, and those that were not read for two scan periods."""
    period = timedelta(minutes=(await options_of(reading.db, reading.tenant)).mail_scan_frequency)
    found = await reading.db.execute(
        select(mailboxes.c.address, cursors)
        .select_from(mailboxes.join(cursors, cursors.c.id == mailboxes.c.id))
        .where(reading.own(mailboxes), mailboxes.c.enabled, mailboxes.c.archived_at.is_(None))
        .where(reading.seen_mailbox(cursors.c.id))
        .order_by(mailboxes.c.address)
    )
    troubles = []
    for row in found:
        last = row.last_success_at or row.started_at
        if row.error_code or row.error_text or now - last > LATE * period + timedelta(minutes=1):
            failing = bool(row.error_code or row.error_text) and not row.throttled
            since = row.error_since or row.last_success_at
            code, text = row.error_code or "", row.error_text or ""
            troubles.append(MailboxTrouble(row.address, failing, since, code, text, row.due_at))
    return troubles


async def last_mail_at(reading: Reading) -> datetime | None:
    """When mail was last fetched, from whichever mailbox."""
    found = await reading.db.execute(
        select(func.max(ledger.c.stored_at)).where(
            reading.own(ledger), reading.seen_mailbox(ledger.c.mailbox)
        )
    )
    latest: datetime | None = found.scalar_one_or_none()
    return latest
