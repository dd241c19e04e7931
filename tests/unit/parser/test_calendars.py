"""Calendars: times and zones, and that none of them fails or delays a mail."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.parser.calendars import MAX_ATTENDEES, MAX_EVENTS
from services.parser.calendartimes import read_time
from services.parser.parsing import parse
from shared.contracts.documents import Document
from shared.contracts.mail import ParsingPolicy

EVENT = b"BEGIN:VEVENT\nUID:%d\nDTSTART:20240402T100000Z\nEND:VEVENT\n"


def mail_with(calendar: bytes, words: bytes = b"") -> Document:
    raw = (
        b"From: a@b.example\nContent-Type: multipart/mixed; boundary=b0\n\n--b0\n\n"
        + words
        + b"\n--b0\nContent-Type: text/calendar\n\nBEGIN:VCALENDAR\n"
        + calendar
        + b"\n--b0--\n"
    )
    return parse(raw, ParsingPolicy()).document


@pytest.mark.parametrize(
    ("text", "zone", "local", "known", "at"),
    [
        ("20240402T100000Z", "", "2024-04-02T10:00:00", "UTC", "2024-04-02T10:00:00+00:00"),
        ("20240402T100000Z", "Europe/Berlin", "2024-04-02T10:00:00", "UTC", "2024-04-02T10:00:00+00:00"),
        (
            "20240702T100000",
            "Romance Standard Time",
            "2024-07-02T10:00:00",
            "Europe/Paris",
            "2024-07-02T08:00:00+00:00",
        ),
        (
            "20240102T100000",
            "America/New_York",
            "2024-01-02T10:00:00",
            "America/New_York",
            "2024-01-02T15:00:00+00:00",
        ),
        ("20240402T1000", "UTC", "2024-04-02T10:00:00", "UTC", "2024-04-02T10:00:00+00:00"),
        ("20161231T235960Z", "", "2016-12-31T23:59:59", "UTC", "2016-12-31T23:59:59+00:00"),
        ("20240402T100000", "", "2024-04-02T10:00:00", None, None),
        ("20240402T100000", "Mars/Crater", "2024-04-02T10:00:00", "Mars/Crater", None),
        ("20240402T100000", "../../etc/passwd", "2024-04-02T10:00:00", "../../etc/passwd", None),
        ("20240402T100000", "Europe", "2024-04-02T10:00:00", "Europe", None),
        ("20240402", "", "2024-04-02", None, None),
    ],
)
def test_a_time_is_of_its_zone(text: str, zone: str, local: str, known: str | None, at: str | None) -> None:
    found = read_time(text, zone)
    assert found
    assert (found.local, found.zone, found.at and found.at.isoformat()) == (local, known, at)


@pytest.mark.parametrize(
    "text", ["", "tomorrow", "20241301", "20240230T100000", "20240402T990000", "2024-04-02"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert read_time(text) is None


def test_rules_of_a_zone_are_not_computed() -> None:
    rule = b"BEGIN:VTIMEZONE\nTZID:Mine\nBEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0000\n"
    rule += b"TZOFFSETTO:+0100\nRRULE:FREQ=SECONDLY\nEND:STANDARD\nEND:VTIMEZONE\n"
    document = mail_with(rule + b"BEGIN:VEVENT\nDTSTART;TZID=Mine:20240402T100000\nEND:VEVENT\n")
    (event,) = document.calendar
    assert event.start
    assert (event.start.zone, event.start.at) == ("Mine", None)


def test_of_very_many_events_and_attendees_the_first_are_told() -> None:
    assert len(mail_with(b"".join(EVENT % number for number in range(5_000))).calendar) == MAX_EVENTS
    many = b"".join(b"ATTENDEE:mailto:a%d@b.example\n" % number for number in range(5_000))
    (event,) = mail_with(b"BEGIN:VEVENT\n" + many + b"END:VEVENT\n").calendar
    assert len(event.attendees) == MAX_ATTENDEES


@pytest.mark.parametrize(
    "calendar",
    [
        b"BEGIN:VEVENT\n" * 20_000,
        b"SUMMARY:" + b"a" * 1_000_000,
        b"BEGIN:VEVENT\nSUMMARY" + b";A=b" * 50_000 + b":x",
        b"BEGIN:VEVENT\nSUMMARY;" + b'A="' * 50_000,
        b"BEGIN:VEVENT\n" + b"X\n " * 100_000,
        b"BEGIN:VEVENT\n" + b"BEGIN:VALARM\n" * 20_000,
        b"BEGIN:VEVENT\nDTSTART:20240402T100000Z\nDURATION:P" + b"9" * 200_000 + b"D",
        b"BEGIN:VEVENT\nDTSTART:99991231T235959\nDURATION:P9999D\nEND:VEVENT",
    ],
)
@pytest.mark.timeout(60)
def test_a_hostile_calendar_delays_no_mail(calendar: bytes) -> None:
    assert mail_with(calendar, b"Hello").body.reply_text == "Hello"


@given(
    st.binary(max_size=300),
    st.sampled_from([b"DTSTART", b"DURATION", b"ATTENDEE;CN=", b"TZID=", b"COMMENT:"]),
)
def test_no_calendar_fails_a_mail(noise: bytes, before: bytes) -> None:
    calendar = b"BEGIN:VEVENT\nDTSTART:20240402T100000\n" + before + noise
    document = mail_with(calendar.replace(b"--b0", b""), b"Hello")
    Document.model_validate_json(document.model_dump_json())
    assert document.body.reply_text == "Hello"


@pytest.mark.parametrize(
    ("method", "program", "more", "words", "automatic"),
    [
        (b"REPLY", b"Microsoft", b"", b"", True),
        (b"REPLY", b"Microsoft", b"", b"I shall be late.", False),
        (b"REPLY", b"Microsoft", b"COMMENT:I shall be late.\n", b"", False),
        (b"REPLY", b"-//Google Inc//", b"", b"Ann has accepted.", True),
        (b"REPLY", b"-//Google Inc//", b"COMMENT:I shall be late.\n", b"Ann has accepted.", False),
        (b"REPLY", b"-//Somebody//", b"", b"Ann has accepted.", False),
        (b"COUNTER", b"Microsoft", b"", b"", False),
        (b"REQUEST", b"Microsoft", b"", b"", False),
        (b"CANCEL", b"Microsoft", b"", b"", False),
    ],
)
def test_an_answer_without_a_word_of_its_owner_is_automatic(
    *, method: bytes, program: bytes, more: bytes, words: bytes, automatic: bool
) -> None:
    calendar = b"METHOD:" + method + b"\nPRODID:" + program + b"\nBEGIN:VEVENT\n" + more + b"END:VEVENT\n"
    assert (mail_with(calendar, words).automatic is not None) is automatic
