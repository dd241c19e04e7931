"""Invitations and answers to them (iCalendar, RFC 5545 and 5546), as facts; broken ones tell what they can.

Each line is read for itself, so that one broken line costs no more than itself. The rules of a zone that
an invitation brings are never computed: four bytes in them can keep a computer busy for years."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice

from icalendar.parser import Contentline
from icalendar.prop import vDuration

from services.parser.addresses import address
from services.parser.calendartimes import later, read_time
from services.parser.charsets import decode_text
from services.parser.mime import Part
from shared.contracts.documents import Attendee, CalendarEvent, CalendarTime
from shared.contracts.mail import Address

MAX_BYTES = 256 * 1024
"""Of one calendar that are looked at."""
MAX_EVENTS = 20
"""Events of one mail."""
MAX_ATTENDEES = 100
"""Of one event."""
MAX_TEXT = 1_000
"""Characters of a summary, a place or a comment."""

_TYPES = ("text/calendar", "application/ics")
_FOLD = re.compile(r"\r?\n[ \t]")
_ESCAPED = re.compile(r"\\(.)")
_TOLD = ("event", "todo")
_SPOKEN_FOR = ("google", "mozilla", "apple")
"""Programs that put words of their own into an answer; Outlook's words are those of a person."""


@dataclass(frozen=True)
class _Line:
    name: str
    value: str
    parameters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Calendars:
    events: tuple[CalendarEvent, ...]
    parts: frozenset[tuple[int, int, int]]
    """Places of the parts that told them."""


def read_calendars(root: Part) -> Calendars:
    """The events of a mail, each once, whether they came beside the words or as a file."""
    found: dict[CalendarEvent, None] = {}
    parts: set[tuple[int, int, int]] = set()
    for part in root.leaves():
        if len(found) >= MAX_EVENTS:
            break
        if _is_calendar(part):
            method = part.content_type.get("method").lower()[:20]
            text = decode_text(part.content[:MAX_BYTES], part.content_type.get("charset") or "utf-8").text
            told = tuple(islice(_events(text, method), MAX_EVENTS))
            found |= dict.fromkeys(told)
            parts |= {part.place} if told else set()
    return Calendars(tuple(found)[:MAX_EVENTS], frozenset(parts))


def _is_calendar(part: Part) -> bool:
    name = part.disposition.get("filename") or part.content_type.get("name")
    return part.media_type in _TYPES or name.lower().endswith(".ics")


def answers_by_itself(events: Sequence[CalendarEvent], words: str) -> bool:
    """Whether a mail is the answer of a calendar, with nothing that its owner wrote."""
    answers = [event for event in events if event.method == "reply"]
    if not answers or any(event.comment for event in answers):
        return False
    spoken_for = all(any(name in event.program.lower() for name in _SPOKEN_FOR) for event in answers)
    return spoken_for or not words.strip()


def _events(text: str, method: str) -> Iterator[CalendarEvent]:
    program, inside, lines = "", "", list[_Line]()
    for line in _lines(text):
        kind = line.value.strip().lower().removeprefix("v")
        if line.name == "BEGIN" and not inside and kind in _TOLD:
            inside, lines = kind, []
        elif line.name == "BEGIN" and inside and kind != inside:
            inside = f"{inside}/{kind}"
        elif line.name in ("BEGIN", "END") and inside:
            outer = inside.rpartition("/")[0]
            if not outer:
                yield _event(lines, method, program)
                lines = []
            inside = inside if line.name == "BEGIN" else outer
        elif inside in _TOLD:
            lines.append(line)
        elif line.name == "METHOD" and not inside:
            method = line.value.strip().lower()[:20]
        elif line.name == "PRODID" and not inside:
            program = line.value[:100]
    if lines:
        yield _event(lines, method, program)


def _lines(text: str) -> Iterator[_Line]:
    for written in _FOLD.sub("", text).splitlines():
        try:
            name, parameters, value = Contentline(written).parts()  # type: ignore[no-untyped-call]  # its parts are typed
        except ValueError:
            continue
        plain = {
            key.upper(): one if isinstance(one, str) else ", ".join(one) for key, one in parameters.items()
        }
        yield _Line(name.upper(), value, plain)


def _event(lines: Sequence[_Line], method: str, program: str) -> CalendarEvent:
    first: dict[str, _Line] = {}
    for line in lines:
        first.setdefault(line.name, line)
    start = _time(first.get("DTSTART"))
    attendees = [line for line in lines if line.name == "ATTENDEE"][:MAX_ATTENDEES]
    said = [line.parameters.get("X-RESPONSE-COMMENT", "") for line in attendees]
    return CalendarEvent(
        method=method,
        uid=_text(first.get("UID")),
        summary=_text(first.get("SUMMARY")),
        place=_text(first.get("LOCATION")),
        status=_text(first.get("STATUS")).lower(),
        start=start,
        end=_time(first.get("DTEND") or first.get("DUE")) or _lasting(start, first.get("DURATION")),
        repeats="RRULE" in first or "RDATE" in first,
        organizer=_person(first["ORGANIZER"]) if "ORGANIZER" in first else None,
        attendees=tuple(
            Attendee(who=_person(line), answer=line.parameters.get("PARTSTAT", "").lower()[:20])
            for line in attendees
        ),
        comment=_text(first.get("COMMENT"))
        or next(filter(None, (one.strip()[:MAX_TEXT] for one in said)), ""),
        program=program,
    )


def _text(line: _Line | None) -> str:
    if line is None:
        return ""
    plain = _ESCAPED.sub(
        lambda match: "\n" if match.group(1) in "nN" else match.group(1), line.value[: 2 * MAX_TEXT]
    )
    return "".join(char for char in plain if char.isprintable() or char == "\n").strip()[:MAX_TEXT]


def _time(line: _Line | None) -> CalendarTime | None:
    return read_time(line.value, line.parameters.get("TZID", "")) if line else None


def _lasting(start: CalendarTime | None, line: _Line | None) -> CalendarTime | None:
    if start is None or line is None:
        return None
    try:
        lasts = vDuration.from_ical(line.value.strip())  # type: ignore[no-untyped-call]  # checked below
    except (ValueError, OverflowError):
        return None
    return later(start, lasts) if isinstance(lasts, timedelta) else None


def _person(line: _Line) -> Address:
    found = address(line.value.strip())
    written = found.address if found and "@" in found.address else ""
    named = line.parameters.get("CN", "")
    name = "".join(char for char in named if char.isprintable()).strip().strip("\"'")[:200]
    return Address(address=written, name="" if name.lower() == written else name)
