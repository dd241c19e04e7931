"""Which of the notices that wait for one person go into the next mail, and when the others come. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.triggers.noticing import Person, goes_at
from shared.contracts.hours import BusinessClock
from shared.contracts.notices import Choices, NoticeKind, Way


@dataclass(frozen=True)
class Waiting:
    """A notice that waits, with its ticket and post as they are now."""

    id: UUID
    kind: NoticeKind
    who: str
    at: datetime
    ticket: UUID
    number: int
    reference: str
    subject: str
    department: UUID | None
    assignee: UUID | None
    mailbox: UUID | None
    is_done: bool
    post: UUID | None = None
    words: str = ""
    """How the post begins; empty when it was withdrawn."""


@dataclass(frozen=True)
class Gathered:
    """What becomes of the notices of one person."""

    goes: tuple[Waiting, ...] = ()
    moot: tuple[Waiting, ...] = ()
    """Of these there is nothing to tell any more."""
    next_at: datetime | None = None
    """When the first of the others goes."""


@dataclass(frozen=True)
class Wishes:
    """How and when somebody is to be told."""

    choices: Choices
    clock: BusinessClock
    not_before: datetime


def gather(waiting: Sequence[Waiting], person: Person | None, wishes: Wishes, now: datetime) -> Gathered:
    """Sort what waits. Once one goes at once, all that are told at once go with it."""
    told = [one for one in waiting if person is not None and _still_holds(one, person, wishes.choices)]
    moments = [(one, wishes.choices.way(one.kind), _moment(one, wishes)) for one in told]
    begun = any(way is Way.AT_ONCE and moment <= now for _, way, moment in moments)
    goes = [one for one, way, moment in moments if moment <= now or (begun and way is Way.AT_ONCE)]
    later = [moment for one, _, moment in moments if one not in goes]
    return Gathered(
        goes=tuple(goes),
        moot=tuple(one for one in waiting if one not in told),
        next_at=min(later, default=None),
    )


def _still_holds(one: Waiting, person: Person, choices: Choices) -> bool:
    if choices.way(one.kind) is Way.OFF or not person.sees(one.department, one.assignee):
        return False
    match one.kind:
        case NoticeKind.MENTIONED:
            return bool(one.words)
        case NoticeKind.REMINDER:
            return one.assignee == person.id and not one.is_done
        case _:
            return one.assignee == person.id


def _moment(one: Waiting, wishes: Wishes) -> datetime:
    choices = wishes.choices
    return goes_at(choices.way(one.kind), one.at, choices.digest_hour, wishes.clock, wishes.not_before)
