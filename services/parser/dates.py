"""Dates as mail programs write them into a text, in any of the languages known."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from services.parser.headerdates import as_moment
from services.parser.vocabulary import folded, undirected
from services.parser.zones import HOURS_AHEAD

_YMD = re.compile(r"\b((?:19|20)\d{2})[-/.年년]\s?(\d{1,2})[-/.月월]\s?(\d{1,2})")
_DMY = re.compile(r"\b(\d{1,2})([./-])\s?(\d{1,2})[./-]\s?((?:19|20)?\d{2})\b")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d{2})(?!\d)")
_DAY = re.compile(r"(?<![\d:.+-])(\d{1,2})(?:st|nd|rd|th|er|º|\.)?(?![\d:])")
_PIECE = re.compile(r"[^\W\d_]{1,20}|\d{1,4}")
_MOST_WORDS = 3
"""Words of the longest name of a month: `tháng mười hai`."""
_COLON_TIME = re.compile(r"(?<![\d+-])(\d{1,2}):(\d{2})(?:[:.](\d{2}))?(?!\d)\s*([ap])?\.?m?", re.IGNORECASE)
_TIME = re.compile(
    r"(?<!\d)(\d{1,2})\s?[:.h時시]\s?(\d{2})(?:[:.](\d{2}))?(?!\d)\s*([ap])?\.?m?", re.IGNORECASE
)
_ZONE = re.compile(r"(?:GMT|UTC|\s)\s?([+-])(\d{1,2}):?(\d{2})?\b")
_AM = re.compile(r"上午|午前|凌晨|오전|:\d{2}\s?(?:π\.?\s?μ|ص\b|SA\b)")
_PM = re.compile(r"下午|午後|晚上|오후|:\d{2}\s?(?:μ\.?\s?μ|م\b|CH\b)")
_NAMED_ZONE = re.compile(r"\b(?:[A-Z]{3,4}|\u041c\u0421\u041a)\b")


def written_date(text: str, months: Mapping[str, int], zone: tzinfo = UTC) -> datetime | None:
    """The moment written in `text`, in UTC; without a zone it is taken to be in `zone`."""
    text = _plain(text[:200])
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
    time = _time(text)
    without_time = text.replace(time.group(), " ", 1) if time else text
    month, day = _named_month(_PIECE.findall(without_time), months)
    if year_match is None or month is None:
        return None
    day = day or next((int(m.group(1)) for m in _DAY.finditer(without_time) if _is_day(m.group(1))), None)
    return (int(year_match.group(1)), month, day) if day else None


def _named_month(pieces: Sequence[str], months: Mapping[str, int]) -> tuple[int | None, int | None]:
    """The last name of a month, since a `mar` before it is a Tuesday; and the day that stands before it."""
    words = [folded(piece) for piece in pieces]
    for size in range(_MOST_WORDS, 0, -1):
        for at in range(len(words) - size, -1, -1):
            month = months.get(" ".join(words[at : at + size]))
            if month is not None:
                return month, int(words[at - 1]) if at and _is_day(words[at - 1]) else None
    return None, None


def _is_day(word: str) -> bool:
    return word.isdecimal() and 1 <= int(word) <= 31  # noqa: PLR2004 - the longest month


def _time(text: str) -> re.Match[str] | None:
    """With a colon first: in Hungarian the day and its point stand right before the time."""
    return _COLON_TIME.search(text) or _TIME.search(text)


def _plain(text: str) -> str:
    """Composed letters, no marks of direction, and the digits of Arabic as ours."""
    text = unicodedata.normalize("NFC", undirected(text))
    return "".join(str(int(char)) if char.isdecimal() else char for char in text)


def _clock(text: str) -> tuple[int, int, int]:
    without_day = _DMY.sub(" ", _YMD.sub(" ", text))
    match = _time(without_day)
    if match is None:
        return 0, 0, 0
    hour = int(match.group(1))
    half = (match.group(4) or "").lower()
    after_noon = half == "p" or bool(_PM.search(text))
    if half or after_noon or _AM.search(text):
        hour = hour % 12 + (12 if after_noon else 0)
    return hour, int(match.group(2)), int(match.group(3) or 0)


def _zone(text: str) -> tzinfo | None:
    match = _ZONE.search(text)
    if match is None:
        if named := next((one for one in _NAMED_ZONE.findall(text) if one in HOURS_AHEAD), None):
            return timezone(timedelta(hours=HOURS_AHEAD[named]))
        return UTC if re.search(r"\b(?:GMT|UTC)\b|\dZ\b", text) else None
    offset = timedelta(hours=int(match.group(2)), minutes=int(match.group(3) or 0))
    return timezone(offset if match.group(1) == "+" else -offset) if offset < timedelta(hours=15) else None
