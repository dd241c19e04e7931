"""The words, icons and colours of what a page shows. Pure."""

import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from babel.dates import format_datetime, format_skeleton

from services.desk.reader import reader
from shared.contracts.sending import UNCONFIRMED, SendState


@dataclass(frozen=True)
class Sign:
    """Icon, word and colour role together; never a colour alone."""

    icon: str
    word: str
    tone: str = "text-2"


STATUSES = {
    "new": Sign("circle-dashed", "New", "accent-text"),
    "open": Sign("circle-dot", "Open", "text"),
    "pending": Sign("hourglass", "Waiting for the customer"),
    "resolved": Sign("circle-check", "Resolved", "ok"),
    "closed": Sign("circle-check", "Closed", "ok"),
    "merged": Sign("merge", "Merged"),
}
RECEIPTS = {
    "left": "left as it was",
    "marked_read": "marked read",
    "moved": "moved",
    "elsewhere": "left where somebody had moved it",
    "gone": "no longer there",
}
"""What was done with a mail in its mailbox."""

LEDGER_REASONS = {"there_before": "it was there before, and nobody wanted it"}

PRIORITIES = {
    "urgent": Sign("octagon-alert", "Urgent", "bad"),
    "high": Sign("chevrons-up", "High", "warn"),
    "normal": Sign("", "Normal", "text"),
    "low": Sign("chevron-down", "Low"),
}

SEND_STATES = {
    "planned": Sign("calendar-clock", "Planned", "info"),
    "queued": Sign("clock", "Going out"),
    "held": Sign("hand", "Held", "warn"),
    "sending": Sign("loader-circle", "Sending"),
    "sent": Sign("mail-check", "Sent", "ok"),
    "failed": Sign("mail-x", "Not delivered", "bad"),
    "bounced": Sign("mail-warning", "Bounced", "bad"),
    "cancelled": Sign("ban", "Cancelled"),
}

HOOK_STATES = {
    "waiting": Sign("clock", "Waiting"),
    "done": Sign("circle-check", "Delivered", "ok"),
    "parked": Sign("circle-x", "Given up", "bad"),
    "gone": Sign("ban", "Receiver gone", "warn"),
}

VERDICTS = {
    "fired": Sign("circle-check", "Fired", "ok"),
    "not": Sign("ban", "Did not fire"),
    "suppressed": Sign("shield-alert", "Suppressed", "warn"),
    "failed": Sign("triangle-alert", "Failed", "bad"),
    "shadow": Sign("flask-conical", "Would have fired", "info"),
}
"""What a trigger made of what happened."""

HAPPENED = {
    "ticket.created.v1": "opened this ticket",
    "ticket.inactive.closed.v1": "closed this ticket after a long silence",
    "ticket.reminder.due.v1": "saw that this ticket will be closed soon",
}
"""What happened, by the contract that tells of it."""

AUTOMATIC = {
    "auto_reply": "Auto-reply",
    "bounce": "Bounce",
    "list": "List",
    "own": "Our own mail",
    "other": "Automatic",
}

FIELDS = {
    "subject": "subject",
    "status": "status",
    "priority": "priority",
    "assignee": "assignee",
    "department": "department",
    "tags": "tags",
    "contact": "contact",
    "organization": "organization",
    "kind": "kind",
    "mailbox": "mailbox",
    "merged_into": "merged into",
    "merged": "merged with",
    "links": "links",
    "participants": "people",
    "split": "split into",
    "split_from": "split off",
}

LINKS = {
    "relates": "Related",
    "parent": "Parent",
    "child": "Child",
    "duplicate_of": "Duplicate of",
    "duplicated_by": "Duplicated by",
    "follows": "Follows",
    "followed_by": "Followed by",
    "split_from": "Split off",
    "split_into": "Split into",
}
"""What another ticket is to the one that is shown."""

MARKS = re.compile(
    r"^(?:\s*(?:re|aw|antw|sv|vs|ref|rif|fw|fwd|wg|tr)\s*:|\s*\[[a-z0-9#_/.-]*\d[a-z0-9#_/.-]*\])+",
    re.IGNORECASE,
)

AVATAR_GROUNDS = 8
KILO = 1000
TWO_DIGITS = 10
MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK_DAYS = 7


def status_sign(status: str, category: str = "", name: str | None = None) -> Sign:
    """Show a status; an own one by its name, with the sign of its category."""
    like = STATUSES.get(category)
    if like is not None and status not in STATUSES:
        return Sign(like.icon, name or status.replace("_", " ").capitalize(), like.tone)
    return STATUSES.get(status, Sign("circle-dot", status.replace("_", " ").capitalize(), "text"))


def priority_sign(priority: str) -> Sign:
    return PRIORITIES.get(priority, Sign("", priority.capitalize(), "text"))


UNKNOWN_END = Sign("triangle-alert", "Not known whether it arrived", "warn")


def send_sign(state: str, code: str | None = None) -> Sign:
    if state == SendState.FAILED and code == UNCONFIRMED:
        return UNKNOWN_END
    return SEND_STATES.get(state, Sign("clock", state.capitalize()))


def verdict_sign(outcome: str) -> Sign:
    return VERDICTS.get(outcome, Sign("circle-dot", outcome.capitalize()))


def automatic_word(kind: str) -> str:
    return AUTOMATIC.get(kind, "Automatic")


def field_word(field: str, names: Mapping[str, str] = FIELDS) -> str:
    """Name a field; `names`: those of custom ones."""
    return FIELDS.get(field) or names.get(field, field)


def same_subject(one: str, other: str) -> bool:
    """Whether two subjects differ by nothing but the marks of answers and forwards."""
    return _bare(one) == _bare(other)


def _bare(subject: str) -> str:
    return " ".join(MARKS.sub("", subject).casefold().split())


def initials(name: str, address: str = "") -> str:
    """Return one or two letters for an avatar."""
    words = [word for word in name.replace(".", " ").split() if word[0].isalnum()]
    if len(words) > 1:
        return (words[0][0] + words[-1][0]).upper()
    source = words[0] if words else address
    return source[:2].upper() or "?"


def ground(address: str) -> int:
    """Return which of the avatar grounds an address has, the same each time."""
    return zlib.crc32(address.lower().encode()) % AVATAR_GROUNDS


def waited(since: datetime, now: datetime) -> str:
    """Say a span in one unit: `2m`, `3h`, `4d`."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < HOUR:
        return f"{max(1, seconds // MINUTE)}m"
    return f"{seconds // HOUR}h" if seconds < DAY else f"{seconds // DAY}d"


def lateness(since: datetime, now: datetime, target: timedelta) -> int:
    """Say how badly somebody waits: 0, 1 past the target, 2 past twice of it. Without a target, never."""
    return min(2, int((now - since) / target)) if target else 0


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago in words; from a day on, the date."""
    seconds = int((now - moment).total_seconds())
    if seconds >= DAY or seconds < -MINUTE:
        return f"on {shown_time(moment, now)}"
    if seconds < MINUTE:
        return f"{max(1, seconds)} s ago"
    return f"{seconds // MINUTE} min ago" if seconds < HOUR else f"{seconds // HOUR} h ago"


def span_of(length: timedelta) -> str:
    """Say how long something took: minutes, hours, or days."""
    seconds = int(length.total_seconds())
    if seconds < HOUR:
        return f"{max(1, seconds // MINUTE)} min"
    return f"{seconds // HOUR} h" if seconds < 2 * DAY else f"{seconds // DAY} days"


def shown_time(moment: datetime, now: datetime) -> str:
    """Show a moment on the reader's clock: today its time, within a week the day too, else the date."""
    locale, zone = reader().locale, reader().zone
    here, today = moment.astimezone(zone), now.astimezone(zone).date()
    time = f"{here:%H:%M}"
    if here.date() == today:
        return time
    if abs(here.date() - today) < timedelta(days=WEEK_DAYS):
        return f"{format_datetime(here, 'EEE', locale=locale)} {time}"
    if here.year == today.year:
        return f"{format_skeleton('MMMd', here, locale=locale)} {time}"
    return format_skeleton("yMMMd", here, locale=locale)


def exact(moment: datetime | None) -> str:
    """Show a moment in full, with its zone, for a tooltip."""
    if moment is None:
        return ""
    here = moment.astimezone(reader().zone)
    return format_datetime(here, "EEEE d MMMM y HH:mm:ss z", locale=reader().locale)


def day_of(moment: datetime) -> str:
    """Name the reader's day of a moment."""
    return format_datetime(moment.astimezone(reader().zone), "EEEE d MMMM y", locale=reader().locale)


def size(count: int | None) -> str:
    """Say bytes in decimal units."""
    if count is None:
        return ""
    value, units = float(count), iter(("B", "KB", "MB", "GB"))
    unit = next(units)
    while value >= KILO and unit != "GB":
        value, unit = value / KILO, next(units)
    return f"{value:.0f} {unit}" if unit == "B" or value >= TWO_DIGITS else f"{value:.1f} {unit}"


def tally(count: int | None, most: int = 1_000) -> str:
    """Write how many there are; of more than `most`, and of what nobody counts, that they are many."""
    if count is None:
        return "many"
    return f"{count:,}" if count <= most else f"{most:,}+"


def counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
