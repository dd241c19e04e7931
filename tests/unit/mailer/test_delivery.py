"""States of a send, and what follows a failure or an uncertain end."""

from datetime import UTC, datetime, timedelta

import pytest

from services.mailer.delivery import (
    SENT_ITEMS_LAG,
    WAITS,
    AskPerson,
    DispatchAgain,
    Failure,
    GiveUp,
    Later,
    LookLater,
    MarkSent,
    PrepareAgain,
    after_failure,
    after_uncertain,
    allowed,
)
from shared.contracts.sending import SendState
from shared.plugins.mailboxes import Prepared, Sent, Unconfirmed

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize("end", [SendState.CANCELLED, SendState.BOUNCED])
def test_nothing_follows_an_end(end: SendState) -> None:
    assert [state for state in SendState if allowed(end, state)] == [end]


@pytest.mark.parametrize("state", [state for state in SendState if state is not SendState.SENDING])
def test_a_mail_is_sent_only_while_it_is_being_sent(state: SendState) -> None:
    assert allowed(state, SendState.SENT) is (state is SendState.SENT)


def test_a_mail_that_is_being_sent_cannot_be_cancelled() -> None:
    assert not allowed(SendState.SENDING, SendState.CANCELLED)


def test_attempts_go_on_for_about_a_day() -> None:
    now, attempts = NOW, 1
    while isinstance(then := after_failure(attempts, Failure.TRANSIENT, None, now), Later):
        assert then.at > now
        now, attempts = then.at, attempts + 1
    assert attempts == 12
    assert timedelta(hours=22) < now - NOW < timedelta(hours=26)


def test_waits_grow() -> None:
    assert list(WAITS) == sorted(WAITS)


def test_refused_mail_is_given_up_at_once() -> None:
    assert isinstance(after_failure(1, Failure.PERMANENT, None, NOW), GiveUp)


def test_mail_waits_for_another_secret() -> None:
    assert after_failure(1, Failure.AUTH, None, NOW) == Later(NOW + WAITS[0])


@pytest.mark.parametrize(("asked", "waits"), [(timedelta(seconds=5), WAITS[0]), (timedelta(hours=1),) * 2])
def test_longer_of_ladder_and_retry_after_counts(asked: timedelta, waits: timedelta) -> None:
    assert after_failure(1, Failure.TRANSIENT, asked, NOW) == Later(NOW + waits)


@pytest.mark.parametrize(
    ("found", "handle_recorded", "age", "expected"),
    [
        (Sent("theirs@exchange"), True, timedelta(), MarkSent("theirs@exchange")),
        (Sent(None), True, timedelta(), MarkSent("ours@acme")),
        (Sent("theirs@exchange"), False, timedelta(), MarkSent("theirs@exchange")),
        (Prepared("draft"), True, timedelta(), DispatchAgain("draft")),
        (Prepared("draft"), True, timedelta(days=2), DispatchAgain("draft")),
        (Prepared("draft"), False, timedelta(), PrepareAgain()),
        (Unconfirmed("no answer"), True, timedelta(), AskPerson("no answer")),
        (Unconfirmed("no answer"), False, timedelta(days=2), AskPerson("no answer")),
        (None, False, timedelta(days=2), PrepareAgain()),
        (None, True, timedelta(), LookLater(NOW + timedelta(minutes=1))),
        (None, True, SENT_ITEMS_LAG, MarkSent("ours@acme", assumed=True)),
    ],
)
def test_uncertain_mail_is_sent_exactly_once(
    found: Sent | Prepared | Unconfirmed | None, handle_recorded: bool, age: timedelta, expected: object
) -> None:
    decided = after_uncertain(
        found, handle_recorded=handle_recorded, uncertain_since=NOW - age, now=NOW, message_id="ours@acme"
    )
    assert decided == expected
