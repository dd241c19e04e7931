"""When a mail is to leave: a time as people write it, the seconds to undo, and what left late. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.desk.languages import gettext

LONGEST_UNDO = timedelta(seconds=30)
"""How long a reply that is sent at the desk can be taken back, at most: it is planned for so much later."""
NAMED = ("tomorrow", "monday")
MORNING = 8
"""The hour of a mail that is planned for a day by name."""
FARTHEST = timedelta(days=731)
"""Two years, one of which is a leap year: so far ahead a mail is planned, at most."""
LATE = timedelta(minutes=2)
"""A planned mail that leaves so long after its time is late."""


@dataclass(frozen=True)
class NotAMoment:
    """A time that cannot be meant, in a sentence."""

    why: str


def planned_moment(text: str, zone: str, now: datetime) -> datetime | NotAMoment | None:
    """Read the time of a planned mail, as the clock of `zone` says it; empty is now.

    Where clocks are put forward a time that none shows is the same hour later; where they are put back one
    that they show twice is the first of the two.
    """
    if not text.strip():
        return None
    try:
        return moment_to_come(datetime.fromisoformat(text.strip()), zone, now)
    except (ValueError, ZoneInfoNotFoundError):
        return NotAMoment(gettext("“%(text)s” is not a time: write it as 2026-11-24 08:00.", text=text))


def moment_to_come(moment: datetime, zone: str, now: datetime) -> datetime | NotAMoment:
    """Take the time of a planned mail, as the clock of `zone` says it, if a mail can be planned for it."""
    try:
        moment = in_zone(moment, zone)
    except OverflowError:
        moment = moment.replace(tzinfo=UTC)  # the first day there is, or the last
    if moment <= now:
        return NotAMoment(gettext("The time to send at has passed: choose a later one, or send it now."))
    if moment > now + FARTHEST:
        return NotAMoment(gettext("A mail is planned for two years ahead at most: choose an earlier time."))
    return moment


def named_moment(name: str, zone: str, now: datetime) -> datetime | None:
    """The next morning, or that of the next Monday, on the clock of `zone`."""
    if name not in NAMED:
        return None
    try:
        here = now.astimezone(ZoneInfo(zone) if zone else UTC)
    except (ValueError, ZoneInfoNotFoundError):
        here = now
    days = 1 if name == "tomorrow" else 7 - here.weekday()
    return (
        (here + timedelta(days=days)).replace(hour=MORNING, minute=0, second=0, microsecond=0).astimezone(UTC)
    )


def in_zone(moment: datetime, zone: str) -> datetime:
    """A moment in UTC; one that says no offset is on the clock of `zone`."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=ZoneInfo(zone) if zone else UTC)
    return moment.astimezone(UTC)


def late_by(send_at: datetime | None, sent_at: datetime | None, now: datetime) -> timedelta | None:
    """How long after its time a planned mail left, or waits by now; None when that is not late."""
    if send_at is None:
        return None
    late = (sent_at or now) - send_at
    return late if late >= LATE else None


def can_undo(send_at: datetime | None, created_at: datetime) -> bool:
    """Whether a mail that is planned waits only to be taken back."""
    return send_at is not None and send_at - created_at <= LONGEST_UNDO
