"""How long a mailbox rests that has used up its day."""

from datetime import UTC, datetime, timedelta

import pytest

from services.mailer.pacing import rest
from shared.plugins.mailboxes import Pace

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
LEFT = [(NOW - 20 * HOUR, 2), (NOW - 10 * HOUR, 3), (NOW - HOUR, 4)]


@pytest.mark.parametrize(
    ("limit", "wanted", "wait"),
    [
        (10, 1, None),
        (9, 1, 4 * HOUR),
        (9, 2, 4 * HOUR),
        (9, 3, 14 * HOUR),
        (9, 9, 23 * HOUR),
        (9, 500, 23 * HOUR),
    ],
)
def test_a_mail_waits_until_its_recipients_fit(limit: int, wanted: int, wait: timedelta | None) -> None:
    assert rest(Pace(limit), LEFT, wanted, NOW) == wait


def test_a_mailbox_that_sent_nothing_waits_for_nothing() -> None:
    assert rest(Pace(1), [], 500, NOW) is None
