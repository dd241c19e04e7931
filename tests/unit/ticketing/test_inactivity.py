"""Who is due a reminder or closing, and what that will be in the days to come."""

from datetime import UTC, datetime, timedelta

import pytest

from shared.contracts.inactivity import Close, Remind, Silence, Wait, due, foresee
from shared.contracts.options import Options

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
PLAIN = Options(close_inactive_tickets=True)
REMINDS = Options(close_inactive_tickets=True, send_ticket_close_reminder=True)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


@pytest.mark.parametrize(
    ("silence", "options", "decided"),
    [
        (Silence(ago(13.9)), PLAIN, Wait(ago(-0.1))),
        (Silence(ago(14)), PLAIN, Close()),
        (Silence(ago(11.9)), REMINDS, Wait(ago(-0.1))),
        (Silence(ago(12)), REMINDS, Remind(ago(-2))),
        (Silence(ago(300)), REMINDS, Remind(ago(-2))),
        (Silence(ago(14), reminded_at=ago(1.9)), REMINDS, Wait(ago(-0.1))),
        (Silence(ago(14), reminded_at=ago(2)), REMINDS, Close()),
        (Silence(ago(12), reminded_at=ago(13)), REMINDS, Remind(ago(-2))),
    ],
    ids=[*"abcdefgh"],
)
def test_what_is_due(silence: Silence, options: Options, decided: object) -> None:
    assert due(silence, options, NOW) == decided


def foreseen(silence: Silence, options: Options, days: int = 14) -> list[tuple[str, float]]:
    found = foresee(silence, options, NOW, NOW + timedelta(days=days))
    return [(one.what, round((one.at - NOW) / timedelta(days=1), 2)) for one in found]


def test_the_days_to_come() -> None:
    assert foreseen(Silence(ago(4)), PLAIN) == [("closing", 10)]
    assert foreseen(Silence(ago(4)), REMINDS) == [("reminder", 8), ("closing", 10)]
    assert foreseen(Silence(ago(4)), REMINDS, 9) == [("reminder", 8)]
    assert foreseen(Silence(ago(1)), PLAIN, 7) == []
    assert foreseen(Silence(ago(90)), REMINDS) == [("reminder", 0), ("closing", 2)]
    assert foreseen(Silence(ago(13.5), reminded_at=ago(1.5)), REMINDS) == [("closing", 0.5)]
    (closing,) = foresee(Silence(ago(13.5), reminded_at=ago(1.5)), REMINDS, NOW, NOW + timedelta(days=1))
    assert closing.why == "silent since 2026-11-11, reminded on 2026-11-23; closes after 14 days"


def test_what_is_foreseen_is_what_is_done_minute_by_minute() -> None:
    silence, moment, done = Silence(ago(9)), NOW, []
    while moment <= NOW + timedelta(days=14):
        match due(silence, REMINDS, moment):
            case Remind():
                done.append(("reminder", moment))
                silence = Silence(silence.since, moment)
            case Close():
                done.append(("closing", moment))
                break
        moment += timedelta(minutes=1)
    assert [(one.what, one.at) for one in foresee(Silence(ago(9)), REMINDS, NOW, moment)] == done
