"""Events of calendars in words: what is asked or answered, and when."""

from datetime import date, timedelta

from shared.contracts.documents import CalendarEvent, CalendarTime

METHODS = {
    "request": "Invitation",
    "reply": "Answer to an invitation",
    "cancel": "Cancelled",
    "counter": "Another time is proposed",
    "declinecounter": "The proposed time is declined",
    "add": "Further date",
    "refresh": "The invitation is asked for again",
}


def event_word(event: CalendarEvent) -> str:
    return f"{METHODS.get(event.method, 'Event')}: "


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
        return f"{start.local[:10]} {start.local[11:16]} to {end.local[11:16]} {start.zone or ''}".strip()
    return f"{_moment(start)} to {_moment(end)}"


def _moment(time: CalendarTime) -> str:
    return f"{time.local[:10]} {time.local[11:16]} {time.zone or ''}".strip()


def _days(first: date, end: CalendarTime | None) -> str:
    """A whole day ends before the first moment of another."""
    if end is None or "T" in end.local:
        return first.isoformat()
    last = max(first, date.fromisoformat(end.local) - timedelta(days=1))
    return first.isoformat() if last == first else f"{first} to {last}"
