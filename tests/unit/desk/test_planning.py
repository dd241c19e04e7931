"""A time as people write it, on a clock that is put forward and back; and what is late."""

from datetime import UTC, datetime, timedelta

import pytest

from services.desk.composing.planning import LATE, LONGEST_UNDO, NotAMoment, can_undo, late_by, planned_moment

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
VIENNA = "Europe/Vienna"


@pytest.mark.parametrize(
    ("written", "zone", "moment"),
    [
        ("2026-03-28 09:00", VIENNA, "2026-03-28T08:00"),
        ("2026-03-29 09:00", VIENNA, "2026-03-29T07:00"),
        ("2026-03-30T09:00", VIENNA, "2026-03-30T07:00"),
        ("2026-10-24 09:00", VIENNA, "2026-10-24T07:00"),
        ("2026-10-25 09:00", VIENNA, "2026-10-25T08:00"),
        ("2026-10-25 09:00", "America/New_York", "2026-10-25T13:00"),
        ("2026-10-25 09:00", "", "2026-10-25T09:00"),
        ("2026-10-25 09:00+05:30", VIENNA, "2026-10-25T03:30"),
    ],
)
def test_nine_in_the_morning_is_nine_on_that_day_s_clock(written: str, zone: str, moment: str) -> None:
    assert planned_moment(written, zone, NOW) == datetime.fromisoformat(f"{moment}+00:00")


def test_a_time_that_the_clock_leaves_out_is_the_same_hour_later() -> None:
    left_out = planned_moment("2026-03-29 02:30", VIENNA, NOW)
    assert left_out == planned_moment("2026-03-29 03:30", VIENNA, NOW)


def test_a_time_that_the_clock_shows_twice_is_the_first_of_them() -> None:
    assert planned_moment("2026-10-25 02:30", VIENNA, NOW) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "zone"),
    [("tomorrow", VIENNA), ("2026-13-01 09:00", VIENNA), ("2026-10-25 09:00", "Mars/Olympus"),
     ("2026-02-28 09:00", VIENNA), ("0001-01-01 00:00", VIENNA), ("9999-12-31 23:59", "America/New_York"),
     ("9999-12-31T23:59:59", ""), ("9999-12-31T23:59:59-14:00", ""), ("0001-01-01T00:00:00+14:00", ""),
     ("2028-03-01 13:00", "")],
)  # fmt: skip
def test_what_is_no_time_to_come_is_said_so(written: str, zone: str) -> None:
    assert isinstance(planned_moment(written, zone, NOW), NotAMoment)


def test_no_time_is_now() -> None:
    assert planned_moment("  ", VIENNA, NOW) is None


def test_what_leaves_or_waits_beyond_its_time_is_late() -> None:
    send_at = NOW - timedelta(hours=3)
    assert late_by(send_at, None, NOW) == timedelta(hours=3)
    assert late_by(send_at, send_at + timedelta(hours=1), NOW) == timedelta(hours=1)
    assert late_by(send_at, send_at + LATE / 2, NOW) is None
    assert late_by(None, NOW, NOW) is None


def test_only_what_waits_for_a_few_seconds_is_undone_others_are_cancelled() -> None:
    assert can_undo(NOW + LONGEST_UNDO, NOW)
    assert not can_undo(NOW + timedelta(minutes=1), NOW)
    assert not can_undo(None, NOW)
