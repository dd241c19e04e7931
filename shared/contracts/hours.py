"""Business hours of a tenant: lines such as `monday-friday 09:00-17:00` on its clock, and holidays."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from zoneinfo import ZoneInfo

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAY = "|".join(WEEKDAYS)
_LINE = re.compile(rf"({_DAY})(?:\s*-\s*({_DAY}))?\s+(\d\d?:\d\d)\s*-\s*(\d\d?:\d\d)")
MIDNIGHT = "24:00"


def checked_hours(line: str) -> str:
    """Return a line as it is kept.

    Raises:
        ValueError: with what a line looks like.
    """
    found = _LINE.fullmatch(line.strip().lower())
    if found is None:
        raise ValueError(f"{line!r} are no hours; write monday-friday 09:00-17:00 or saturday 10:00-24:00")
    first, last, begins, ends = found[1], found[2], _padded(found[3]), _padded(found[4])
    if _minutes(begins) >= _minutes(ends):
        raise ValueError(f"{line!r} ends before it begins; hours beyond midnight take two lines")
    return f"{first}{f'-{last}' if last else ''} {begins}-{ends}"


def checked_day(text: str) -> str:
    """Return a day as it is kept.

    Raises:
        ValueError: it is no date.
    """
    try:
        return date.fromisoformat(text.strip()).isoformat()
    except ValueError as error:
        raise ValueError(f"{text!r} is no day; write 2026-12-25") from error


@dataclass(frozen=True)
class BusinessClock:
    """The clock that a tenant lives by."""

    time_zone: str = "UTC"
    hours: tuple[str, ...] = ()
    holidays: tuple[str, ...] = ()

    def local(self, moment: datetime) -> datetime:
        """Return a moment on this clock."""
        zone: tzinfo = UTC if self.time_zone == "UTC" else ZoneInfo(self.time_zone)
        return moment.astimezone(zone)

    def is_open(self, moment: datetime) -> bool:
        """Whether it is within business hours: they begin with their first minute, and have ended with the
        last."""
        local = self.local(moment)
        if local.date().isoformat() in self.holidays:
            return False
        minute, day = local.hour * 60 + local.minute, local.weekday()
        return any(
            day in _days(line) and begins <= minute < ends
            for line in self.hours
            for begins, ends in [_span(line)]
        )


def _days(line: str) -> Iterator[int]:
    first, _, last = line.partition(" ")[0].partition("-")
    begin, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
    # friday-monday goes over the end of the week
    return ((begin + step) % 7 for step in range((end - begin) % 7 + 1))


def _span(line: str) -> tuple[int, int]:
    begins, _, ends = line.partition(" ")[2].partition("-")
    return _minutes(begins), _minutes(ends)


def _padded(clock: str) -> str:
    return clock.zfill(5)


def _minutes(clock: str) -> int:
    if clock == MIDNIGHT:
        return 24 * 60
    try:
        read = time.fromisoformat(clock)
    except ValueError as error:
        raise ValueError(f"{clock} is no time of a day") from error
    return read.hour * 60 + read.minute
