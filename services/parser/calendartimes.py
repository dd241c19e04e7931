"""The times of calendars: of a zone, of the whole day, or of wherever one is."""

import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from services.parser.headerdates import as_moment
from shared.contracts.documents import CalendarTime

_WRITTEN = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?")
_IANA = re.compile(r"[A-Za-z_]{2,30}(?:/[A-Za-z0-9_+-]{1,30}){0,2}$")


def read_time(text: str, zone: str = "") -> CalendarTime | None:
    """A moment of RFC 5545, 3.3.4 and 3.3.5; None when it makes no sense. Without a zone, or in one that is
    not known, it has no place on the clock of the world."""
    match = _WRITTEN.match(text.strip()[:20])
    if match is None:
        return None
    year, month, day, hour, minute, second, utc = match.groups()
    try:
        if hour is None:
            return CalendarTime(local=date(int(year), int(month), int(day)).isoformat())
        # A leap second is the one before it.
        clock = int(hour), int(minute), min(int(second or 0), 59)
        written = datetime(int(year), int(month), int(day), *clock)  # noqa: DTZ001 - its zone is told apart
    except ValueError:
        return None
    known = "UTC" if utc else _known(zone)
    return _in(written, known, zone)


def later(start: CalendarTime, lasts: timedelta) -> CalendarTime | None:
    """So much after `start`, by the clock of its zone."""
    try:
        if "T" not in start.local:
            day = date.fromisoformat(start.local) + timedelta(days=lasts.days)
            return CalendarTime(local=day.isoformat())
        return _in(
            datetime.fromisoformat(start.local) + lasts, start.zone if start.at else None, start.zone or ""
        )
    except OverflowError:
        return None


def _in(local: datetime, known: str | None, named: str) -> CalendarTime:
    at = None
    if known:
        at = as_moment(local.replace(tzinfo=UTC if known == "UTC" else ZoneInfo(known)))
    return CalendarTime(local=local.isoformat(), zone=known or named.strip()[:100] or None, at=at)


def _known(zone: str) -> str | None:
    """The IANA name of a zone, which Outlook writes in words of Windows and others behind a path."""
    zone = zone.strip().strip("\"'")[:200]
    if zone.upper() in ("UTC", "GMT", "Z", "TZONE://MICROSOFT/UTC"):
        return "UTC"
    if zone in WINDOWS_TO_OLSON:
        return WINDOWS_TO_OLSON[zone]
    match = _IANA.search(zone)
    if match is None or (zone[: match.start()] and not zone.startswith("/")):
        return None
    name = match.group()
    while name:
        try:
            return ZoneInfo(name).key
        except (ValueError, OSError, KeyError):
            name = name.partition("/")[2]
    return None
