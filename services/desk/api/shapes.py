"""What the API takes and gives of tickets."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue

from services.desk.api.given import Files, Given, Html, PersonIn, Tag, Text
from services.desk.queries.links import Link
from services.desk.queries.people import Participant
from services.desk.queries.ticket import FullTicket
from services.desk.queries.tickets import TicketRow
from services.desk.queries.timeline import Outgoing, Post
from services.desk.timeline.mailview import ShownMail
from services.desk.timeline.noting import life_of
from shared.contracts.custom_fields import PREFIX
from shared.contracts.mail import MailFile
from shared.contracts.references import written


class Person(BaseModel):
    address: str = Field(examples=["anna@example.com"])
    name: str = Field(default="", examples=["Anna Steiner"])


class TicketLine(BaseModel):
    """A ticket as the list shows it."""

    id: UUID
    number: int = Field(examples=[4711])
    reference: str = Field(description="The number as it is written to people.", examples=["HD-004711"])
    subject: str = Field(examples=["Printer on fire"])
    status: str = Field(examples=["open"])
    category: str = Field(examples=["open"])
    priority: str = Field(examples=["high"])
    contact: Person | None
    assignee: UUID | None
    mailbox: str | None = Field(examples=["help@acme.test"])
    preview: str
    waiting_since: datetime | None = Field(
        description="Since when the customer waits; null when we wrote last."
    )
    changed_at: datetime
    has_files: bool
    has_held_mail: bool


class ParticipantOut(Person):
    role: str = Field(description="submitter, sender, cc, forwarder, or added: by one of us.")


class LinkOut(BaseModel):
    """Another ticket."""

    how: str = Field(
        description="What the other is to this one: relates, parent, child, duplicate_of, duplicated_by, "
        "follows, followed_by, split_from, split_into.",
        examples=["parent"],
    )
    number: int = Field(examples=[4711])
    subject: str
    status: str
    category: str


class TicketOut(BaseModel):
    """A ticket with all its fields."""

    id: UUID
    number: int = Field(examples=[4711])
    reference: str = Field(description="The number as it is written to people.", examples=["HD-004711"])
    version: int = Field(description="Name it in a change.", examples=[17])
    subject: str
    status: str
    category: str = Field(description="What rules take the status for.", examples=["open"])
    priority: str
    kind: str = Field(examples=["external"])
    department: UUID | None
    assignee: UUID | None
    contact: Person | None
    organization: str | None
    mailbox: str | None
    receiving_address: str
    tags: list[str]
    fields: dict[str, JsonValue] = Field(description="Custom fields by key.")
    follows: int | None = Field(description="Number of the closed ticket that this one follows.")
    merged_into: int | None = Field(description="Number of the ticket that shows its posts since.")
    participants: list[ParticipantOut] = Field(description="Who may answer.")
    links: list[LinkOut] = Field(description="Tickets that this one has to do with.")
    created_at: datetime
    changed_at: datetime
    waiting_since: datetime | None


class FileOut(BaseModel):
    name: str
    size: int = Field(description="Bytes.")
    sha256: str
    media_type: str = Field(description="Found in the content, not what the sender declared.")
    decision: Literal["kept", "warned", "ignored"]
    reason: str = ""


class SendingOut(BaseModel):
    """Where an outgoing mail is."""

    id: UUID
    state: str = Field(examples=["sent"])
    reason: str | None = None
    code: str | None = None
    to: list[str]
    cc: list[str]
    send_at: datetime | None = None
    sent_at: datetime | None = None
    warning: str | None = Field(default=None, description="What is to be known of a mail that leaves.")
    late_seconds: int | None = Field(default=None, description="That planned mail left late, or waits late.")


class PostOut(BaseModel):
    id: UUID
    kind: Literal["mail_in", "mail_out", "note", "system"]
    author: Person
    subject: str
    text: str = Field(
        description="The reply alone; quoted text and signature stand in `quoted` and `signature`."
    )
    quoted: str = ""
    signature: str = ""
    automatic: str | None
    files: list[FileOut]
    sending: SendingOut | None = None
    mail: UUID | None = Field(description="Its passport: /api/v1/mails/{mail}.")
    shown_at: datetime
    version: int = Field(default=1, description="Of a note: name it in a change.")
    edited_at: datetime | None = Field(default=None, description="When its author last changed a note.")
    withdrawn_at: datetime | None = Field(default=None, description="Since when a note has no words.")
    withdrawn_by: str = ""


class Changes(Given):
    """Fields to change; what is not named stays."""

    version: int | None = Field(default=None, description="Of the ticket as you read it.", examples=[17])
    subject: Annotated[str, Field(min_length=1, max_length=998)] = ""
    status: str = Field(default="", examples=["closed"])
    priority: str = Field(default="", examples=["high"])
    assignee: UUID | None = None
    department: UUID | None = None
    kind: str = Field(default="", description="internal or external.", examples=["internal"])
    contact: UUID | None = Field(default=None, description="Whom the ticket belongs to.")
    organization: UUID | None = None
    tags: list[Tag] = Field(default_factory=list, examples=[["printer"]])
    fields: dict[str, JsonValue] = Field(
        default_factory=dict,
        description="Custom fields by key; null clears one.",
        examples=[{"serial": "X1"}],
    )

    def named(self) -> dict[str, JsonValue]:
        """The changes that were asked for, each field by its name in the history."""
        wanted = self.model_dump(mode="json", exclude_unset=True, exclude={"version", "fields"})
        return wanted | {f"{PREFIX}{key}": value for key, value in self.fields.items()}


class ReplyIn(Given):
    text: Text = Field(examples=["It leaves tomorrow."])
    html: Html
    to: list[PersonIn] = Field(default_factory=list, description="Empty: whoever wrote last.")
    cc: list[PersonIn] | None = Field(default=None, description="Left out with `to` empty: who was in copy.")
    bcc: list[PersonIn] = Field(default_factory=list)
    send_at: datetime | None = Field(
        default=None,
        description="Planned, two years ahead at most. Without an offset it is on the clock of `time_zone`.",
    )
    unless_customer_writes: bool = False
    files: Files


class OpenIn(Given):
    subject: Annotated[str, Field(min_length=1, max_length=998)] = Field(examples=["New badge"])
    contact: PersonIn
    text: Text
    html: Html
    department: UUID | None = None
    mailbox: UUID | None = Field(default=None, description="Through which replies go out.")
    mailed: bool = Field(default=False, description="The text goes out to the contact as its first mail.")
    files: Files


def ticket_line(row: TicketRow, how: str) -> TicketLine:
    """`how`: the format of the tenant's numbers."""
    return TicketLine(
        id=row.id,
        number=row.number,
        reference=written(how, row.number, row.created_at),
        subject=row.subject,
        status=row.status,
        category=row.category,
        priority=row.priority,
        contact=_person(row.contact_address, row.contact_name),
        assignee=row.assignee,
        mailbox=row.mailbox_address,
        preview=row.preview or "",
        waiting_since=row.waiting_since,
        changed_at=row.changed_at,
        has_files=row.has_files,
        has_held_mail=row.is_held,
    )


def ticket_out(ticket: FullTicket, links: list[Link], people: list[Participant], how: str) -> TicketOut:
    same = (
        "id",
        "number",
        "version",
        "subject",
        "status",
        "category",
        "priority",
        "kind",
        "department",
        "assignee",
    )
    times = ("receiving_address", "tags", "fields", "created_at", "changed_at", "waiting_since")
    return TicketOut(
        **{name: getattr(ticket, name) for name in (*same, *times)},
        reference=written(how, ticket.number, ticket.created_at),
        contact=_person(ticket.contact_address, ticket.contact_name),
        organization=ticket.organization_name,
        mailbox=ticket.mailbox_address,
        follows=ticket.follows_number,
        merged_into=ticket.merged_into_number,
        participants=[ParticipantOut.model_validate(one, from_attributes=True) for one in people],
        links=[LinkOut.model_validate(link, from_attributes=True) for link in links],
    )


def post_out(post: Post, mail: ShownMail, now: datetime) -> PostOut:
    body = mail.document.body if mail.document else None
    return PostOut.model_validate(
        {
            "id": post.id,
            "kind": post.kind,
            "author": Person(address=post.author_address, name=post.author_name),
            "subject": post.subject,
            "text": body.reply_text if body else mail.text,
            "quoted": body.quoted_text if body else "",
            "signature": body.signature_text if body else "",
            "automatic": post.automatic,
            "files": [file_out(file) for file in mail.files],
            "sending": sending_out(post.outgoing, now) if post.outgoing else None,
            "mail": post.mail,
            "shown_at": post.shown_at,
            **asdict(life_of(post)),
        }
    )


def file_out(file: MailFile) -> FileOut:
    return FileOut.model_validate(file.model_dump(mode="json"))


def sending_out(mail: Outgoing, now: datetime) -> SendingOut:
    late = mail.late_by(now)
    return SendingOut(
        id=mail.id,
        state=mail.state,
        reason=mail.reason,
        code=mail.code,
        warning=mail.warning,
        to=[one["address"] for one in mail.recipients.get("to", [])],
        cc=[one["address"] for one in mail.recipients.get("cc", [])],
        send_at=mail.send_at,
        sent_at=mail.sent_at,
        late_seconds=int(late.total_seconds()) if late else None,
    )


def _person(address: str | None, name: str | None) -> Person | None:
    return Person(address=address, name=name or "") if address else None
