"""When a mail that cannot be fetched is put aside."""

from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.fetching import GIVE_UP_REFUSED, GIVE_UP_UNREACHABLE, gives_up
from shared.contracts.errors import AuthExpired, Permanent, Transient

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
JUST_NOW, BEFORE_THAT = NOW - timedelta(seconds=1), NOW - timedelta(hours=12)


@pytest.mark.parametrize(
    ("error", "attempts", "worked_at", "aside"),
    [
        (Permanent("no"), GIVE_UP_REFUSED, JUST_NOW, True),
        (Permanent("no"), GIVE_UP_REFUSED - 1, JUST_NOW, False),
        (Permanent("no"), GIVE_UP_REFUSED, NOW - timedelta(seconds=31), False),
        (Permanent("no"), GIVE_UP_REFUSED, NOW - timedelta(seconds=29), True),
        (Permanent("no"), 100, BEFORE_THAT, True),
        (Permanent("no"), 20, BEFORE_THAT, False),
        (Permanent("no"), 20, None, False),
        (Transient("busy"), GIVE_UP_REFUSED, JUST_NOW, False),
        (Transient("busy"), GIVE_UP_UNREACHABLE, JUST_NOW, True),
        (AuthExpired("who are you"), 100, JUST_NOW, False),
    ],
)
def test_a_mail_is_put_aside_when_its_mailbox_has_worked_since_it_failed_first(
    error: Transient | Permanent, attempts: int, worked_at: datetime | None, aside: bool
) -> None:
    assert gives_up(error, attempts, worked_at, NOW) is aside
