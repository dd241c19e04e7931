"""The states of one send, when to try again, and what to do after an uncertain one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from shared.contracts.sending import SendState
from shared.plugins.mailboxes import Prepared, Sent, Unconfirmed

_ALLOWED = {
    SendState.PLANNED: {SendState.QUEUED, SendState.SENDING, SendState.HELD, SendState.CANCELLED},
    SendState.QUEUED: {SendState.SENDING, SendState.PLANNED, SendState.HELD, SendState.CANCELLED},
    SendState.HELD: {SendState.QUEUED, SendState.CANCELLED},
    SendState.SENDING: {SendState.SENT, SendState.QUEUED, SendState.HELD, SendState.FAILED},
    SendState.SENT: {SendState.BOUNCED},
    SendState.FAILED: {SendState.QUEUED, SendState.CANCELLED},
    SendState.BOUNCED: set[SendState](),
    SendState.CANCELLED: set[SendState](),
}


def allowed(state: SendState, becomes: SendState) -> bool:
    """Whether a mail may go from one state to another; to stay is always allowed."""
    return becomes is state or becomes in _ALLOWED[state]


class Failure(StrEnum):
    """What an attempt failed of."""

    TRANSIENT = "transient"
    AUTH = "auth"
    """The mailbox' secret is refused: all its mail waits while somebody enters another one."""
    PERMANENT = "permanent"


@dataclass(frozen=True)
class Later:
    at: datetime


@dataclass(frozen=True)
class GiveUp:
    reason: str


WAITS = (
    *(timedelta(minutes=minutes) for minutes in (1, 5, 15)),
    *(timedelta(hours=hours) for hours in (1, 1, 2, 2, 3, 4, 5, 6)),
)
"""Between attempts: twelve of them in a little over a day."""


def after_failure(
    attempts: int, failure: Failure, retry_after: timedelta | None, now: datetime
) -> Later | GiveUp:
    """Decide what follows an attempt that failed; `attempts` counts it."""
    assert attempts >= 1
    if failure is Failure.PERMANENT:
        return GiveUp("the provider refused the mail")
    if attempts > len(WAITS):
        return GiveUp(f"{attempts} attempts failed")
    return Later(now + max(WAITS[attempts - 1], retry_after or timedelta()))


@dataclass(frozen=True)
class MarkSent:
    """It left. `assumed`: concluded, not seen."""

    message_id: str
    assumed: bool = False


@dataclass(frozen=True)
class DispatchAgain:
    handle: str


@dataclass(frozen=True)
class PrepareAgain:
    """It was never dispatched; preparing finds what lies there already."""


@dataclass(frozen=True)
class LookLater:
    at: datetime


@dataclass(frozen=True)
class AskPerson:
    """It may have left, and nobody can find out. To send it again is a person's decision."""

    why: str


SENT_ITEMS_LAG = timedelta(minutes=10)
LOOK_EVERY = timedelta(minutes=1)


def after_uncertain(
    found: Sent | Prepared | Unconfirmed | None,
    *,
    handle_recorded: bool,
    uncertain_since: datetime,
    now: datetime,
    message_id: str,
) -> MarkSent | DispatchAgain | PrepareAgain | LookLater | AskPerson:
    """Decide what to do with a mail whose attempt had no end.

    A handle is committed before the mail is dispatched. So without one it never left; with one, a draft
    that is gone has left, though its copy may take a while to be seen.
    """
    match found:
        case Sent(as_read):
            return MarkSent(as_read or message_id)
        case Unconfirmed(why):
            return AskPerson(why)
        case Prepared(handle) if handle_recorded:
            return DispatchAgain(handle)
        case _ if not handle_recorded:
            return PrepareAgain()
        case _ if now - uncertain_since < SENT_ITEMS_LAG:
            return LookLater(now + LOOK_EVERY)
        case _:
            return MarkSent(message_id, assumed=True)
