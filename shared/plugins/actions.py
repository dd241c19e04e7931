"""An action: what a trigger does when it fires. It decides; ticketing, the mailer and triggers do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Protocol, runtime_checkable
from uuid import UUID

from pydantic import BaseModel, JsonValue

from shared.contracts.custom_fields import CustomField
from shared.contracts.mail import Address, MailFile
from shared.contracts.tickets import PostFacts, TicketSnapshot


@dataclass(frozen=True)
class Occasion:
    """What an action may know: the snapshot of the event, and the people around the ticket."""

    ticket: TicketSnapshot
    post: PostFacts | None
    now: datetime
    assignee: Address | None = None
    department_members: tuple[Address, ...] = ()
    participants: tuple[Address, ...] = ()
    """Who takes part in the ticket, its contact among them; without those who were removed."""
    users: Mapping[str, UUID] = field(default_factory=dict)
    """Everybody who may be assigned, by address in small letters."""
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)
    """Those that the tenant has defined, by key."""
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    """Of the event itself: old and new values, the status before closing, when it closes."""


@dataclass(frozen=True)
class SendTo:
    """Effect: a mail to each of `to`, rendered by the mailer from the ticket's facts.

    `template` is the text; empty, it is made from `html`."""

    to: tuple[Address, ...]
    subject: str
    template: str
    cc: tuple[Address, ...] = ()
    files: tuple[MailFile, ...] = ()
    html: str | None = None
    signature: bool = False
    """With the signature of the ticket's department."""


@dataclass(frozen=True)
class SetFields:
    """Effect: change fields of the ticket."""

    changes: dict[str, JsonValue]


@dataclass(frozen=True)
class PutNote:
    """Effect: an internal note on the ticket, by the trigger. At most `LONGEST_NOTE` characters."""

    text: str


@dataclass(frozen=True)
class SetTags:
    """Effect: tags are added to those of the ticket, and others taken away."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True)
class AssignNext:
    """Effect: the member of a department whose turn it is has the ticket."""

    department: UUID
    only_unassigned: bool = True


@dataclass(frozen=True)
class CallHook:
    """Effect: the event goes to an address by HTTP, signed. `secret`: sealed (`shared.plugins.sealing`)."""

    url: str
    secret: str = field(repr=False)


@dataclass(frozen=True)
class Nothing:
    """The action had nothing to do, and why."""

    why: str


Effect = SendTo | SetFields | PutNote | SetTags | AssignNext | CallHook | Nothing


class ActionType(Protocol):
    """A kind of action; found by its entry point in `postroom.actions`."""

    key: ClassVar[str]
    title: ClassVar[str]
    params: ClassVar[type[BaseModel]]
    """Validates what a trigger saves; the settings page builds its form from it."""

    def decide(self, occasion: Occasion, params: Any) -> Sequence[Effect]:  # Any: the model above
        """Say what is to be done. No I/O: the same answer each time it is asked."""


@runtime_checkable
class NamesAssignee(ActionType, Protocol):
    """An action whose parameters name a user for the ticket: one who is given none is refused when it is
    saved, and not only when it fires."""

    def assignee_of(self, params: Any) -> str | None:  # Any: the model above
        """The id or the address of that user; None: nobody."""
