"""An action: what a trigger does when it fires. It decides; ticketing, the mailer and triggers do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, JsonValue

from shared.contracts.mail import Address
from shared.contracts.tickets import PostFacts, TicketSnapshot


@dataclass(frozen=True)
class Occasion:
    """What an action may know: the snapshot of the event, and the people around the ticket."""

    ticket: TicketSnapshot
    post: PostFacts | None
    now: datetime
    assignee: Address | None = None
    department_members: tuple[Address, ...] = ()
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    """Of the event itself: old and new values, the status before closing, when it closes."""


@dataclass(frozen=True)
class SendTo:
    """Effect: a mail to each of `to`, rendered by the mailer from the ticket's facts."""

    to: tuple[Address, ...]
    subject: str
    template: str


@dataclass(frozen=True)
class SetFields:
    """Effect: change fields of the ticket."""

    changes: dict[str, JsonValue]


@dataclass(frozen=True)
class Nothing:
    """The action had nothing to do, and why."""

    why: str


Effect = SendTo | SetFields | Nothing


class ActionType(Protocol):
    """A kind of action; found by its entry point in `postroom.actions`."""

    key: ClassVar[str]
    title: ClassVar[str]
    params: ClassVar[type[BaseModel]]
    """Validates what a trigger saves; the settings page builds its form from it."""

    def decide(self, occasion: Occasion, params: Any) -> Sequence[Effect]:  # Any: the model above
        """Say what is to be done. No I/O: the same answer each time it is asked."""
