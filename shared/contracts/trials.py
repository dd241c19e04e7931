"""Commands to try a trigger, against what happened or with one ticket: what it would do. Nothing is done."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime, JsonValue

from shared.contracts.base import Message, Value
from shared.contracts.mail import Address
from shared.contracts.tickets import TicketSnapshot


class TryTrigger(Message):
    """Try a trigger, saved or not. Triggers answers at once; the result grows in `triggers.trial` under the
    id of the command."""

    name: ClassVar[str] = "trigger.try.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers",)

    trigger: UUID | None = None
    """The saved one that the settings would replace; none for a new one, which would be the last."""
    settings: dict[str, JsonValue]
    """The fields of a trigger, as the desk has checked them."""
    since: AwareDatetime
    until: AwareDatetime


class PreviewTrigger(Message):
    """Say what a trigger, saved or not, would do with a ticket if it fired. Triggers answers with the blob of
    a `Preview`, which whoever asked reads once and removes."""

    name: ClassVar[str] = "trigger.preview.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers",)

    settings: dict[str, JsonValue]
    """The fields of a trigger, as the desk has checked them."""
    ticket: TicketSnapshot


class PreviewedMail(Value):
    """A mail as it would leave."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    spared: tuple[Address, ...] = ()
    """Our own mailboxes, which get none."""
    subject: str
    text: str
    html: str | None = None
    """Sanitised."""
    files: tuple[str, ...] = ()
    """Names."""


class Preview(Value):
    command: UUID
    """Which asked for it: no other preview has the same bytes."""
    happened_at: AwareDatetime | None = None
    """The last event of the ticket that the trigger waits for; none: an example stands for it."""
    mails: tuple[PreviewedMail, ...] = ()
    others: tuple[str, ...] = ()
    """What else it would do, or why it would not."""
