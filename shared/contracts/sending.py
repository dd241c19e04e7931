"""Mail on its way out: the commands to the mailer and what it tells."""

from enum import StrEnum
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from shared.contracts.base import Message, Value
from shared.contracts.mail import Address, MailFile
from shared.contracts.tickets import Actor, TicketSnapshot

UNCONFIRMED = "unconfirmed"
"""The code of a mail that failed, and of which nobody knows whether it has left."""


class SendState(StrEnum):
    """Where an outgoing mail is."""

    PLANNED = "planned"
    QUEUED = "queued"
    HELD = "held"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    BOUNCED = "bounced"
    CANCELLED = "cancelled"


class Draft(Value):
    """Words written by a person, kept as a blob."""

    text: str
    html: str | None = None


class WrittenBody(Value):
    """A body that a person wrote, as the blob of a `Draft`."""

    how: Literal["written"] = "written"
    blob: str


class TemplateBody(Value):
    """A body that the mailer renders from the ticket's facts when it sends."""

    how: Literal["template"] = "template"
    template: str
    """Jinja2 text, checked when the trigger was saved. Empty when there is HTML alone, from which the text is
    made then."""
    html: str | None = None
    """Jinja2 HTML, in which facts are escaped; the result is sanitised."""


MailBody = Annotated[WrittenBody | TemplateBody, Field(discriminator="how")]


class SendMail(Message):
    """Send one mail. The mailer records it, decides when, and tells with `MailAccepted`."""

    name: ClassVar[str] = "mail.send.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer",)

    ticket: TicketSnapshot
    effect: UUID
    """Domain key: a second command with the same effect is the same mail."""
    written_by: Literal["person", "system"]
    actor: Actor
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    subject: str
    """A template too, when the body is one."""
    body: MailBody
    facts: dict[str, JsonValue] = Field(default_factory=dict)
    """What a template may name besides the ticket: facts of the event."""
    files: tuple[MailFile, ...] = ()
    send_at: AwareDatetime | None = None
    """Planned mail: not before this moment."""
    unless_customer_writes: bool = False
    """A planned mail that is cancelled when the customer writes first or the ticket closes."""
    forwards: bool = False
    """It passes a mail on to others: the customer still waits for an answer."""
    signature: bool = False
    """The mailer puts the signature of the ticket's department below it, when there is one."""


class ReleaseMail(Message):
    """A person lets a held mail go."""

    name: ClassVar[str] = "mail.release.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer",)

    outgoing: UUID
    actor: Actor


class CancelMail(Message):
    """A person cancels a planned mail or discards a held one."""

    name: ClassVar[str] = "mail.cancel.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer",)

    outgoing: UUID
    actor: Actor


class ReplanMail(Message):
    """A person gives a planned mail another time, or lets it go now."""

    name: ClassVar[str] = "mail.replan.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer",)

    outgoing: UUID
    actor: Actor
    send_at: AwareDatetime | None = None
    """None: now."""
    unless_customer_writes: bool | None = None
    """None: as it was."""


class UnblockAddress(Message):
    """A person lets automatic mail go to an address again from which mail came back."""

    name: ClassVar[str] = "address.unblock.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer",)

    address: str
    actor: Actor


class OutgoingEvent(Message):
    outgoing: UUID
    ticket: UUID

    @property
    def about(self) -> UUID:
        return self.ticket


class MailAccepted(OutgoingEvent):
    """The mailer has the mail; the ticket shows it from now on."""

    name: ClassVar[str] = "mail.accepted.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    message_id: str
    """Fixed before the first attempt; without angle brackets."""
    written_by: Literal["person", "system"]
    actor: Actor
    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    subject: str
    body: str
    """Blob of the `Draft` as it will leave."""
    has_files: bool = False
    forwards: bool = False
    """It answers nobody."""
    send_at: AwareDatetime | None = None


class MailSent(OutgoingEvent):
    name: ClassVar[str] = "mail.sent.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    message_id: str
    """As read back from the provider; it may have replaced ours."""
    sent_from: Address
    sent_at: AwareDatetime


class MailFailed(OutgoingEvent):
    """The last attempt failed, or the mail bounced: a note goes on the ticket, and it is reopened."""

    name: ClassVar[str] = "mail.failed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    state: SendState
    reason: str
    code: str | None = None
    recipients: tuple[Address, ...] = ()
