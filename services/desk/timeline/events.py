"""Events of calendars in words: what is asked or answered, and when."""

from datetime import date, timedelta

from services.desk.languages import gettext, later
from shared.contracts.documents import CalendarEvent, CalendarTime

METHODS = {
    "request": later("Invitation"),
    "reply": later("Answer to an invitation"),
    "cancel": later("Cancelled"),
    "counter": later("Another time is proposed"),
    "declinecounter": later("The proposed time is declined"),
    "add": later("Further date"),
    "refresh": later("The invitation is asked for again"),
}


EVENT = later("Event")


def event_word(event: CalendarEvent) -> str:
    return f"{gettext(METHODS.get(event.method, EVENT))}: "


def event_span(event: CalendarEvent) -> str:
    """When, by the clock of its zone: `2024-04-02 10:00 to 11:30 Europe/Berlin`, or the days."""
    start, end = event.start, event.end
    if start is None:
        return ""
    if "T" not in start.local:
        return _days(date.fromisoformat(start.local), end)
    if end is None or "T" not in end.local or (end.local, end.zone) == (start.local, start.zone):
        return _moment(start)
    if end.zone == start.zone and end.local[:10] == start.local[:10]:
        begin = f"{start.local[:10]} {start.local[11:16]}"
        return _span(begin, f"{end.local[11:16]} {start.zone or ''}".strip())
    return _span(_moment(start), _moment(end))


def _span(begin: str, end: str) -> str:
    return gettext("%(begin)s to %(end)s", begin=begin, end=end)


def _moment(time: CalendarTime) -> str:
    return f"{time.local[:10]} {time.local[11:16]} {time.zone or ''}".strip()


def _days(first: date, end: CalendarTime | None) -> str:
    """A whole day ends before the first moment of another."""
    if end is None or "T" in end.local:
        return first.isoformat()
    last = max(first, date.fromisoformat(end.local) - timedelta(days=1))
    return first.isoformat() if last == first else _span(str(first), str(last))
