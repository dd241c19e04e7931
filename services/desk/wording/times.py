"""Moments and spans, on the clock and in the language of the reader."""

from datetime import datetime, timedelta

from babel.dates import format_datetime, format_skeleton

from services.desk.languages import gettext
from services.desk.reader import reader
from services.desk.wording.amounts import counted

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR
WEEK_DAYS = 7


def waited(since: datetime, now: datetime) -> str:
    """Say a span in one unit: `2m`, `3h`, `4d`."""
    seconds = max(0, int((now - since).total_seconds()))
    if seconds < HOUR:
        return gettext("%(count)sm", count=max(1, seconds // MINUTE))
    if seconds < DAY:
        return gettext("%(count)sh", count=seconds // HOUR)
    return gettext("%(count)sd", count=seconds // DAY)


def lateness(since: datetime, now: datetime, target: timedelta) -> int:
    """Say how badly somebody waits: 0, 1 past the target, 2 past twice of it. Without a target, never."""
    return min(2, int((now - since) / target)) if target else 0


def ago(moment: datetime, now: datetime) -> str:
    """Say how long ago in words; from a day on, the date."""
    seconds = int((now - moment).total_seconds())
    if seconds >= DAY or seconds < -MINUTE:
        return gettext("on %(when)s", when=shown_time(moment, now))
    if seconds < MINUTE:
        return gettext("%(count)s s ago", count=max(1, seconds))
    if seconds < HOUR:
        return gettext("%(count)s min ago", count=seconds // MINUTE)
    return gettext("%(count)s h ago", count=seconds // HOUR)


def span_of(length: timedelta) -> str:
    """Say how long something took: minutes, hours, or days."""
    seconds = int(length.total_seconds())
    if seconds < HOUR:
        return gettext("%(count)s min", count=max(1, seconds // MINUTE))
    if seconds < 2 * DAY:
        return gettext("%(count)s h", count=seconds // HOUR)
    return counted(seconds // DAY, "%(count)s day", "%(count)s days")


def shown_time(moment: datetime, now: datetime) -> str:
    """Show a moment on the reader's clock: today its time, within a week the day too, else the date."""
    locale = reader().locale
    here, today = _here(moment), _here(now).date()
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
    here = _here(moment)
    return format_datetime(here, "EEEE d MMMM y HH:mm:ss z", locale=reader().locale)


def in_field(moment: datetime) -> str:
    """Write a moment as a field of a form takes it, on the reader's clock."""
    return f"{_here(moment):%Y-%m-%dT%H:%M}"


def day_of(moment: datetime) -> str:
    """Name the reader's day of a moment."""
    return format_datetime(_here(moment), "EEEE d MMMM y", locale=reader().locale)


def _here(moment: datetime) -> datetime:
    """Put a moment on the reader's clock; on the first and the last day there is, it may have none there."""
    try:
        return moment.astimezone(reader().zone)
    except OverflowError:
        return moment
