"""Notices to employees: of what, how each person wants them, and the mail that brings them."""

from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.contracts.base import Message, Value
from shared.contracts.mail import Address
from shared.contracts.tickets import TicketEvent

MOST_LISTED = 50
"""Tickets that one mail names; of the others it says how many there are."""


class NoticeKind(StrEnum):
    """What an employee is told of."""

    ASSIGNED = "assigned"
    """A ticket was given to them."""
    MENTIONED = "mentioned"
    """A note names them with an @."""
    REPLIED = "replied"
    """Somebody wrote on a ticket that is theirs."""
    REMINDER = "reminder"
    """A ticket that is theirs will be closed by inactivity."""


class Way(StrEnum):
    """How somebody wants to be told."""

    OFF = "off"
    AT_ONCE = "at_once"
    DIGEST = "digest"
    """Once a day, in one mail."""


Hour = Annotated[int, Field(ge=0, le=23)]


class Choices(Value):
    """What one person has chosen; each has these until then."""

    assigned: Way = Way.AT_ONCE
    mentioned: Way = Way.AT_ONCE
    replied: Way = Way.AT_ONCE
    reminder: Way = Way.DIGEST
    digest_hour: Hour = 8
    """On the clock of the tenant."""

    def way(self, kind: NoticeKind) -> Way:
        return {
            NoticeKind.ASSIGNED: self.assigned,
            NoticeKind.MENTIONED: self.mentioned,
            NoticeKind.REPLIED: self.replied,
            NoticeKind.REMINDER: self.reminder,
        }[kind]


class PeopleMentioned(TicketEvent):
    """A note by a person names colleagues. A note that was changed names again those whom it named before."""

    name: ClassVar[str] = "people.mentioned.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers",)

    post: UUID
    people: tuple[UUID, ...]


class SendNotice(Message):
    """Send an employee one mail about tickets. It is on no ticket: no timeline shows it."""

    name: ClassVar[str] = "notice.send.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer",)

    effect: UUID
    """Domain key, as of `SendMail`."""
    to: Address
    subject: str
    body: str
    """Blob of a `Draft`."""
    tickets: tuple[UUID, ...]
    """Those that it names."""
    leads_to: UUID | None = None
    """The ticket that an answer to it belongs to; none when it is about several."""
    mailbox: UUID | None = None
    """Through which it goes; none: any of the tenant."""


class NoticeSent(Message):
    """The provider gave a notice another Message-ID than ours, by which answers name it."""

    name: ClassVar[str] = "notice.sent.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    message_id: str
    leads_to: UUID | None = None


class NoticeReturned(Message):
    """A notice came back as undeliverable."""

    name: ClassVar[str] = "notice.returned.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer",)

    message_id: str
    recipient: str | None = None
    permanent: bool = True
