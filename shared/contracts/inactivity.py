"""Who is due a reminder or closing. The clock is the last post by a person, not the last change. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.options import Options


@dataclass(frozen=True)
class Silence:
    """How long nobody wrote on a ticket, and when somebody was reminded."""

    since: datetime
    reminded_at: datetime | None = None


@dataclass(frozen=True)
class Wait:
    """Nothing is due before `until`."""

    until: datetime


@dataclass(frozen=True)
class Remind:
    closes_at: datetime


@dataclass(frozen=True)
class Close:
    """Inactive for long enough."""


def due(silence: Silence, options: Options, now: datetime) -> Wait | Remind | Close:
    """Decide for one open ticket. While reminders are on, a ticket closes only after its reminder."""
    closes_at = silence.since + timedelta(days=options.close_ticket_after_days)
    if not options.send_ticket_close_reminder:
        return Close() if now >= closes_at else Wait(closes_at)
    notice = timedelta(days=options.reminder_before_ticket_close_days)
    if silence.reminded_at is None or silence.reminded_at < silence.since:
        reminds_at = closes_at - notice
        return Remind(max(closes_at, now + notice)) if now >= reminds_at else Wait(reminds_at)
    closes_at = max(closes_at, silence.reminded_at + notice)
    return Close() if now >= closes_at else Wait(closes_at)


def earliest(options: Options, now: datetime) -> datetime:
    """Return the moment since which a ticket must be silent to be due anything at all."""
    days = options.close_ticket_after_days
    if options.send_ticket_close_reminder:
        days -= options.reminder_before_ticket_close_days
    return now - timedelta(days=days)
