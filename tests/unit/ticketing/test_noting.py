"""Who may still change a note, and what the others are told."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.ticketing.noting import Wish, Written, refusal

WRITTEN = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
EVA, BEN = UUID(int=1), UUID(int=2)
NOTE = Written("note", EVA, WRITTEN, version=2, withdrawn=False)
EDIT, WITHDRAW = Wish(EVA, is_admin=False, withdraws=False, version=2), Wish(EVA, False, True, 2)


@pytest.mark.parametrize("wish", [EDIT, WITHDRAW, Wish(EVA, False, False, None)])
def test_its_author_may_until_the_window_ends(wish: Wish) -> None:
    end = WRITTEN + timedelta(minutes=15)
    assert refusal(NOTE, wish, end) is None
    refused = refusal(NOTE, wish, end + timedelta(seconds=1))
    assert refused is not None
    assert "since 2026-11-24 12:15 UTC" in refused.why


@pytest.mark.parametrize(
    ("note", "wish", "told"),
    [
        (NOTE, Wish(BEN, False, False, 2), "only who wrote"),
        (NOTE, Wish(BEN, False, True, 2), "or an administrator"),
        (NOTE, Wish(BEN, True, False, 2), "only who wrote"),
        (NOTE, Wish(None, False, True, 2), "only who wrote"),
        (Written("note", None, WRITTEN, 2, False), Wish(None, False, False, 2), "only who wrote"),
        (NOTE, Wish(EVA, False, False, 1), "a moment ago"),
        (Written("mail_out", EVA, WRITTEN, 2, False), EDIT, "never a mail"),
        (Written("note", EVA, WRITTEN, 2, withdrawn=True), WITHDRAW, "withdrawn before"),
    ],
)
def test_others_are_told_why_not(note: Written, wish: Wish, told: str) -> None:
    refused = refusal(note, wish, WRITTEN)
    assert refused is not None
    assert told in refused.why


def test_an_administrator_withdraws_the_note_of_another_at_any_time() -> None:
    assert refusal(NOTE, Wish(BEN, True, True, 2), WRITTEN + timedelta(days=900)) is None
