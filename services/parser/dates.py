"""Dates as mail programs write them into a text, in any of the languages known."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from services.parser.reading import as_moment
from services.parser.vocabulary import folded

_YMD = re.compile(r"\b((?:19|20)\d{2})[-/.年]\s?(\d{1,2})[-/.月]\s?(\d{1,2})")
_DMY = re.compile(r"\b(\d{1,2})([./-])\s?(\d{1,2})[./-]\s?((?:19|20)?\d{2})\b")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DAY = re.compile(r"(?<![\d:.+-])(\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?![\d:])")
_WORD = re.compile(r"[^\W\d_]{2,20}")
_TIME = re.compile(
    r"(?<!\d)(\d{1,2})\s?[:.h時]\s?(\d{2})(?:[:.](\d{2}))?(?!\d)\s*([ap])?\.?m?", re.IGNORECASE
)
_ZONE = re.compile(r"(?:GMT|UTC|\s)\s?([+-])(\d{1,2}):?(\d{2})?\b")
_PM_WORDS = ("下午", "午後", "晚上")


def written_date(text: str, months: Mapping[str, int], zone: tzinfo = UTC) -> datetime | None:
    """The moment written in `text`, in UTC; without a zone it is taken to be in `zone`."""
    text = text[:200]
    day = _day(text, months)
    if day is None:
        return None
    hour, minute, second = _clock(text)
    try:
        return as_moment(datetime(*day, hour, minute, second, tzinfo=_zone(text) or zone))
    except (ValueError, OverflowError):
        return None


def _day(text: str, months: Mapping[str, int]) -> tuple[int, int, int] | None:
    if match := _YMD.search(text):
        return int(match.group(1)), int(match.group(2)), int(match.group(3))
    if match := _DMY.search(text):
        first, second = int(match.group(1)), int(match.group(3))
        year = int(match.group(4))
        # Slashes with AM or PM are American: the month comes first.
        american = match.group(2) == "/" and re.search(r"\d\s?[AP]M\b", text) is not None
        if (american and first <= 12) or second > 12:  # noqa: PLR2004 - months
            first, second = second, first
        return (year if year > 99 else 2000 + year), second, first  # noqa: PLR2004
    year_match = _YEAR.search(text)
    month = next((months[word] for word in map(folded, _WORD.findall(text)) if word in months), None)
    if year_match is None or month is None:
        return None
    without_time = _TIME.sub(" ", text)
    day = next((int(m.group(1)) for m in _DAY.finditer(without_time) if 1 <= int(m.group(1)) <= 31), None)  # noqa: PLR2004
    return (int(year_match.group(1)), month, day) if day else None


def _clock(text: str) -> tuple[int, int, int]:
    without_day = _DMY.sub(" ", _YMD.sub(" ", text))
    match = _TIME.search(without_day)
    if match is None:
        return 0, 0, 0
    hour = int(match.group(1))
    half = (match.group(4) or "").lower()
    if half or any(word in text for word in _PM_WORDS):
        hour = hour % 12 + (12 if half != "a" else 0)
    return hour, int(match.group(2)), int(match.group(3) or 0)


def _zone(text: str) -> tzinfo | None:
    match = _ZONE.search(text)
    if match is None:
        return UTC if re.search(r"\b(?:GMT|UTC)\b|\dZ\b", text) else None
    offset = timedelta(hours=int(match.group(2)), minutes=int(match.group(3) or 0))
    return timezone(offset if match.group(1) == "+" else -offset) if offset < timedelta(hours=15) else None
