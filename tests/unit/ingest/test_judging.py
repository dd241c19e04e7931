"""What a mail becomes when it is listed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.ingest.judging import EVER, NEVER, OLD, Becomes, Watch, becomes

ADDED = datetime(2026, 3, 2, 9, 0, 0, 700_000, tzinfo=UTC)
SECOND, DAY, YEAR = timedelta(seconds=1), timedelta(days=1), timedelta(days=365)
WANTED = ADDED - YEAR
LISTED = ADDED + YEAR
FIRST = Watch("graph box inbox", ADDED, WANTED, known=False, listed_at=None)
LATER = replace(FIRST, known=True, listed_at=LISTED)


@pytest.mark.parametrize(
    ("received", "what"),
    [
        (ADDED + DAY, Becomes.LIVE),
        (ADDED.replace(microsecond=0), Becomes.LIVE),
        (ADDED.replace(microsecond=0) - SECOND, Becomes.IMPORTED),
        (WANTED.replace(microsecond=0), Becomes.IMPORTED),
        (WANTED.replace(microsecond=0) - SECOND, Becomes.LEFT),
        (None, Becomes.MOVED_IN),
    ],
)
def test_while_a_folder_is_listed_first_the_policy_decides_about_what_was_there(
    received: datetime | None, what: Becomes
) -> None:
    assert becomes(received, FIRST) is what


@pytest.mark.parametrize("wanted_from", [EVER, WANTED, NEVER])
@pytest.mark.parametrize(
    ("received", "what"),
    [
        (LISTED, Becomes.LIVE),
        (LISTED - OLD, Becomes.LIVE),
        (LISTED - OLD - SECOND, Becomes.MOVED_IN),
        (ADDED - SECOND, Becomes.MOVED_IN),
        (ADDED - 9 * YEAR, Becomes.MOVED_IN),
        (None, Becomes.LIVE),
    ],
)
def test_what_comes_into_a_known_folder_becomes_a_ticket_whatever_the_policy(
    received: datetime | None, what: Becomes, wanted_from: datetime
) -> None:
    assert becomes(received, replace(LATER, wanted_from=wanted_from)) is what


def test_mail_that_came_while_nothing_ran_is_live_however_long_that_was() -> None:
    stopped_long_ago = replace(LATER, listed_at=ADDED + DAY)
    assert becomes(ADDED + DAY + SECOND, stopped_long_ago) is Becomes.LIVE


@pytest.mark.parametrize(("wanted_from", "what"), [(EVER, Becomes.IMPORTED), (NEVER, Becomes.LEFT)])
def test_all_and_nothing_need_no_date(wanted_from: datetime, what: Becomes) -> None:
    assert becomes(datetime(1970, 1, 1, tzinfo=UTC), replace(FIRST, wanted_from=wanted_from)) is what
