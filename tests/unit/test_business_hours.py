"""Business hours: what a line may say, and whether a moment is within."""

from datetime import UTC, datetime

import pytest

from shared.contracts.hours import BusinessClock, checked_day, checked_hours

OFFICE = ("monday-friday 09:00-17:00", "saturday 10:00-24:00")
VIENNA = BusinessClock("Europe/Vienna", OFFICE, ("2026-12-25",))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2026-11-24T07:59", False),  # Tuesday, 08:59 in Vienna
        ("2026-11-24T08:00", True),
        ("2026-11-24T15:59", True),
        ("2026-11-24T16:00", False),
        ("2026-07-21T07:00", True),  # 09:00 in summer
        ("2026-07-21T06:59", False),
        ("2026-03-30T07:00", True),  # the first Monday after the clock was put forward
        ("2026-10-26T07:30", False),  # and after it was put back
        ("2026-11-28T22:59", True),  # Saturday until midnight
        ("2026-11-28T23:00", False),
        ("2026-11-29T11:00", False),  # Sunday
        ("2026-12-25T11:00", False),  # a Friday, but a holiday
    ],
)
def test_a_moment_is_within_hours_on_the_tenants_clock(moment: str, is_open: bool) -> None:
    assert VIENNA.is_open(at(moment)) is is_open


def test_days_may_go_over_the_end_of_the_week_and_none_is_never_open() -> None:
    weekend = BusinessClock(hours=("friday-monday 00:00-24:00",))
    days = [weekend.is_open(at(f"2026-11-{day}T12:00")) for day in range(23, 30)]
    assert days == [True, False, False, False, True, True, True]
    assert not BusinessClock().is_open(at("2026-11-24T12:00"))


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("Monday - Friday  9:00 - 17:00", "monday-friday 09:00-17:00"),
        ("sunday 00:00-24:00", "sunday 00:00-24:00"),
    ],
)
def test_a_line_is_kept_in_one_form(line: str, kept: str) -> None:
    assert checked_hours(line) == kept
    assert checked_hours(kept) == kept


@pytest.mark.parametrize(
    "line",
    ["", "always", "monday", "monday 9-17", "mo-fr 09:00-17:00", "monday 17:00-09:00", "monday 09:00-25:00"],
)
def test_what_is_no_hours_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match=r"hours|time|begins"):
        checked_hours(line)


def test_a_day_is_a_date() -> None:
    assert checked_day(" 2026-12-25 ") == "2026-12-25"
    with pytest.raises(ValueError, match="no day"):
        checked_day("2026-02-30")
