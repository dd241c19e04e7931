"""Tickets: the commands that change them and the events that tell of it."""

from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, JsonValue

from shared.contracts.base import Message, Value
from shared.contracts.mail import Address, AutomaticKind, MailFile


class Kind(StrEnum):
    """Internal when the person who owns the ticket is an employee."""

    INTERNAL = "internal"
    EXTERNAL = "external"


class Actor(Value):
    """Who or what caused a change. Exactly one of the ids is set; none for the system itself."""

    user: UUID | None = None
    trigger: UUID | None = None
    mail: UUID | None = None
    name: str = ""
    """As shown in the history."""


class FieldChange(Value):
    field: str
    old: JsonValue = None
    new: JsonValue = None


class TicketSnapshot(Value):
    """The facts of a ticket when an event happened; conditions and templates read nothing else."""

    id: UUID
    number: int
    version: int
    subject: str
    status: str
    category: str = ""
    """What rules take the status for: new, open, pending, resolved, closed or merged."""
    priority: str
    kind: Kind
    department: UUID | None = None
    assignee: UUID | None = None
    tags: tuple[str, ...] = ()
    fields: dict[str, JsonValue] = Field(default_factory=dict)
    """Values of custom fields by key."""
    contact: UUID | None = None
    contact_address: Address | None = None
    contact_language: str = ""
    """A tag such as `de-AT`; empty when nobody knows it."""
    organization: UUID | None = None
    organization_name: str = ""
    mailbox: UUID | None = None
    """The mailbox its first mail came to."""
    receiving_address: str = ""
    thread: tuple[str, ...] = ()
    """The last Message-IDs of the ticket, oldest first, for threading headers."""
    created_at: AwareDatetime


class PostFacts(Value):
    """What a post is, without its words."""

    id: UUID
    kind: Literal["mail_in", "mail_out", "note", "system"]
    author: Address | None = None
    automatic: AutomaticKind | None = None
    bounced_message_id: str | None = None
    bounced_recipient: str | None = None
    bounce_permanent: bool = True
    """False: the server that sent it back will try again, or says that another time may do."""
    by_person: bool = True
    files: tuple[MailFile, ...] = ()
    """Its first attachments that may be passed on as they are; inline images are none."""


class OpenTicket(Message):
    """A person opens a ticket at the desk."""

    name: ClassVar[str] = "ticket.open.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    subject: str
    body: str
    """Blob of a `Draft`."""
    contact: Address
    department: UUID | None = None
    mailbox: UUID | None = None
    actor: Actor
    files: tuple[MailFile, ...] = ()
    mailed: bool = False
    """The words go out as its first mail, which is asked for next: they are no note."""


class AddNote(Message):
    """A person adds an internal note."""

    name: ClassVar[str] = "ticket.note.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    body: str
    """Blob of a `Draft`."""
    actor: Actor
    files: tuple[MailFile, ...] = ()


class ChangeTicket(Message):
    """Change fields of a ticket. With `expected_version`, refused when somebody was faster."""

    name: ClassVar[str] = "ticket.change.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    changes: dict[str, JsonValue]
    """Field to new value."""
    expected_version: int | None = None
    actor: Actor


class MergeTickets(Message):
    """A person says that two tickets are one: the posts of the source are shown on the target from now on."""

    name: ClassVar[str] = "ticket.merge.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    source: UUID
    target: UUID
    expected_version: int | None = None
    """Of the source."""
    actor: Actor


class UndoMerge(Message):
    """A person takes a merge back: what was moved returns, what came since stays."""

    name: ClassVar[str] = "ticket.merge.undo.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    source: UUID
    actor: Actor


class SplitTicket(Message):
    """A person says that some posts of a ticket are another matter: they become a ticket of their own."""

    name: ClassVar[str] = "ticket.split.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    posts: tuple[UUID, ...]
    subject: str
    expected_version: int | None = None
    actor: Actor


class LinkKind(StrEnum):
    """What the other ticket is to the one that is linked."""

    RELATES = "relates"
    PARENT = "parent"
    CHILD = "child"
    DUPLICATE_OF = "duplicate_of"


class LinkTickets(Message):
    """A person says how two tickets belong together."""

    name: ClassVar[str] = "ticket.link.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    to: UUID
    how: LinkKind
    actor: Actor


class UnlinkTickets(Message):
    """A person takes a link back, whichever of the two made it."""

    name: ClassVar[str] = "ticket.unlink.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    to: UUID
    actor: Actor


class AddParticipant(Message):
    """A person lets somebody take part in a ticket, who may answer from then on."""

    name: ClassVar[str] = "ticket.participant.add.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    person: Address
    actor: Actor


class RemoveParticipant(Message):
    """A person removes somebody from a ticket, who may not answer any more."""

    name: ClassVar[str] = "ticket.participant.remove.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    person: Address
    actor: Actor


class DecideHeldMail(Message):
    """A person says whether a held mail belongs to the ticket it is held on."""

    name: ClassVar[str] = "ticket.held.decide.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    held: UUID
    belongs: bool
    actor: Actor


class TicketEvent(Message):
    """What every event about a ticket carries."""

    ticket: TicketSnapshot
    actor: Actor = Actor()

    @property
    def about(self) -> UUID:
        return self.ticket.id


class TicketCreated(TicketEvent):
    name: ClassVar[str] = "ticket.created.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers",)

    post: PostFacts | None = None
    silent: bool = False
    """Opened by an import: no trigger fires."""
    split_from: UUID | None = None
    """The ticket that its posts were on before: whoever wrote them has been told of a new ticket already."""


class PostAdded(TicketEvent):
    name: ClassVar[str] = "post.added.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("mailer", "triggers")

    post: PostFacts


class TicketChanged(TicketEvent):
    name: ClassVar[str] = "ticket.changed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers", "mailer")

    changes: tuple[FieldChange, ...]
    automatic: AutomaticKind | None = None
    """Set when an automatic mail caused it."""
    silent: bool = False
    """One of many that a domain moved: no trigger fires."""


class InactiveTicketClosed(TicketEvent):
    """Closed by inactivity, never by a person."""

    name: ClassVar[str] = "ticket.inactive.closed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers",)

    status_before: str


class ReminderDue(TicketEvent):
    """The ticket will be closed by inactivity soon; once per silence."""

    name: ClassVar[str] = "ticket.reminder.due.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers",)

    closes_at: AwareDatetime
