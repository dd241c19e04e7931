"""The date of a header: a moment and a zone, of RFC 5322, ISO 8601, or nearly so."""

import email.utils
import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from services.parser.zones import HOURS_AHEAD

_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d{1,6})?([+-]\d\d:?\d\d|Z)?")
_DOTTED_DATE = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_LOOSE_OFFSET = re.compile(r"(?:\b(?:GMT|UTC)\s?)?([+-])(\d{1,2}):?(\d\d)\b(?=\s*(?:\(|$))")
_ZONE_NAME = re.compile(r"\b([A-Z]{3,4})\s*$")
_MONTHS = ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_Fields = tuple[int, int, int, int, int, int, int, int, int, int | None]
_FIRST_YEAR, _LAST_YEAR = 1975, 2100


def parse_date(text: str) -> datetime | None:
    """A moment in UTC, from RFC 5322 or ISO 8601; None when it makes no sense."""
    text = text[:200]
    try:
        if _ISO_DATE.fullmatch(text.strip()):
            return as_moment(datetime.fromisoformat(text.strip()))
    except ValueError:
        return None
    fields = _fields(text)
    if fields is None:
        return None
    try:
        zone = timezone(timedelta(seconds=fields[9] or 0))
        return as_moment(datetime(*fields[:6], tzinfo=zone))
    except (ValueError, TypeError, OverflowError):
        return None


def follows_rules(text: str) -> bool:
    """Whether it has the form of RFC 5322, whatever it then says."""
    return _fields(text[:200]) is not None


def _fields(text: str) -> _Fields | None:
    try:
        return email.utils.parsedate_tz(_usual(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _usual(text: str) -> str:
    """A date of RFC 5322, 3.3, of one that a program wrote nearly so."""
    if (match := _DOTTED_DATE.search(text)) and 1 <= int(match.group(2)) <= 12:  # noqa: PLR2004 - months
        text = _DOTTED_DATE.sub(
            f"{match.group(1)} {_MONTHS[int(match.group(2))]} {match.group(3)}", text, count=1
        )
    text = _LOOSE_OFFSET.sub(lambda match: f" {match.group(1)}{match.group(2):0>2}{match.group(3)}", text)
    named = _ZONE_NAME.search(text)
    if named and named.group(1) in HOURS_AHEAD:
        minutes = round(HOURS_AHEAD[named.group(1)] * 60)
        offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
        text = f"{text[: named.start()]}{offset}"
    return text


def zone_in(text: str) -> tzinfo:
    match = re.search(r"([+-])(\d\d)(\d\d)\b(?!.*[+-]\d{4})", _usual(text[:200]))
    if match is None:
        return UTC
    offset = timedelta(hours=int(match.group(2)), minutes=int(match.group(3)))
    return timezone(offset if match.group(1) == "+" else -offset) if offset < timedelta(hours=15) else UTC


def as_moment(moment: datetime) -> datetime | None:
    """In UTC, when it lies in the age of mail."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
