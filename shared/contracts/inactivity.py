"""Who is due a reminder or closing. The clock is the last post by a person, not the last change. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

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


@dataclass(frozen=True)
class Foreseen:
    """What will be done to a ticket, when, and why, if nobody writes."""

    what: Literal["reminder", "closing"]
    at: datetime
    why: str


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


def foresee(silence: Silence, options: Options, now: datetime, until: datetime) -> tuple[Foreseen, ...]:
    """Say what `due` will decide from now until then; it looks every minute, so at once is now."""
    found: list[Foreseen] = []
    moment = now
    while moment <= until:
        match due(silence, options, moment):
            case Wait(later):
                moment = later
            case Remind(closes_at):
                days = options.reminder_before_ticket_close_days
                told = f"{days} days before it closes, on {_day(closes_at)}"
                why = f"silent since {_day(silence.since)}; reminded {told}"
                found.append(Foreseen("reminder", moment, why))
                silence = replace(silence, reminded_at=moment)
            case Close():
                days = options.close_ticket_after_days
                told = f", reminded on {_day(silence.reminded_at)}" if silence.reminded_at else ""
                why = f"silent since {_day(silence.since)}{told}; closes after {days} days"
                return (*found, Foreseen("closing", moment, why))
    return tuple(found)


def _day(moment: datetime) -> str:
    return moment.date().isoformat()
