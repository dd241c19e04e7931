"""Graph's mail types as models: what a message says, how it is marked, and what clients may write."""

from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel


def _clean(value: object) -> object:
    """Text that SQLite and JSON can hold: a lone surrogate becomes a question mark."""
    return value.encode("utf-8", "replace").decode() if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


Text = Annotated[str, BeforeValidator(_clean)]


class Shape(BaseModel):
    """Names as Graph writes them, and no others. Null is as good as absent; annotations are passed over."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="forbid")
    passed_over: ClassVar[frozenset[str]] = frozenset()
    """What Graph knows and a client may repeat, but not set."""

    @model_validator(mode="before")
    @classmethod
    def _written(cls, written: object) -> object:
        if not isinstance(written, dict):
            return written
        return {
            name: value
            for name, value in written.items()
            if value is not None
            and name not in cls.passed_over
            and ("@" not in name or name == "@odata.type")
        }


class Typed(Shape):
    """An entity or complex type, whose type a client may name."""

    odata_type: str = Field("", alias="@odata.type", exclude=True)


class Action(BaseModel):
    """The parameters of an action: Microsoft's own client writes them with a capital, others do not."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True, extra="ignore")

    @model_validator(mode="before")
    @classmethod
    def _uncapitalised(cls, written: object) -> object:
        if not isinstance(written, dict):
            return written
        return {key[:1].lower() + key[1:]: value for key, value in written.items()}


class EmailAddress(Typed):
    name: Text | None = None
    address: Text | None = None


class Recipient(Typed):
    email_address: EmailAddress = EmailAddress()


class Body(Typed):
    content_type: Annotated[Literal["text", "html"], BeforeValidator(_lower)] = "text"
    content: Text = ""


class Header(Typed):
    name: Text
    value: Text


class Moment(Typed):
    """Graph's dateTimeTimeZone."""

    date_time: str
    time_zone: str | None = None


class Flag(Typed):
    flag_status: Literal["notFlagged", "complete", "flagged"] = "notFlagged"
    start_date_time: Moment | None = None
    due_date_time: Moment | None = None
    completed_date_time: Moment | None = None


class ExtendedProperty(Typed):
    id: Text
    value: Text


class FileIn(Shape):
    """An attachment as a client posts it."""

    passed_over: ClassVar[frozenset[str]] = frozenset(
        ["id", "size", "lastModifiedDateTime", "contentLocation", "providerType", "permission", "isFolder"]
    )

    odata_type: str = Field("#microsoft.graph.fileAttachment", alias="@odata.type")
    name: Text = ""
    content_type: Text | None = None
    content_bytes: str = ""
    content_id: Text | None = None
    is_inline: bool = False
    item: "MessageIn | None" = None
    """What an item attachment holds."""
    source_url: Text | None = None
    """Where a reference attachment leads."""


Importance = Annotated[Literal["low", "normal", "high"], BeforeValidator(_lower)]
Classification = Literal["focused", "other"]


class Content(Shape):
    """What a message says. Immutable once it is no draft."""

    subject: Text = ""
    body: Body = Body()
    sender: Recipient | None = None
    from_: Recipient | None = Field(None, alias="from")
    to_recipients: tuple[Recipient, ...] = ()
    cc_recipients: tuple[Recipient, ...] = ()
    bcc_recipients: tuple[Recipient, ...] = ()
    reply_to: tuple[Recipient, ...] = ()
    importance: Importance = "normal"
    internet_message_headers: tuple[Header, ...] = ()
    internet_message_id: Text = ""
    conversation_id: str = ""
    conversation_index: str = ""
    sent: int | None = None
    """Seconds since 1970; none while it is not sent."""
    is_delivery_receipt_requested: bool | None = None
    is_read_receipt_requested: bool | None = False


class Marks(Shape):
    """What a reader does to a message."""

    is_read: bool = False
    categories: tuple[Text, ...] = ()
    flag: Flag = Flag()
    inference_classification: Classification = "focused"


class MessageIn(Shape):
    """A message as a client writes it; what is absent stays as it is."""

    passed_over: ClassVar[frozenset[str]] = frozenset(
        [
            "id", "changeKey", "createdDateTime", "lastModifiedDateTime", "receivedDateTime", "sentDateTime",
            "hasAttachments", "bodyPreview", "parentFolderId", "conversationId", "conversationIndex",
            "isDraft", "webLink", "uniqueBody", "extensions", "multiValueExtendedProperties",
        ]
    )  # fmt: skip
    odata_type: str = Field("", alias="@odata.type")
    subject: Text | None = None
    body: Body | None = None
    sender: Recipient | None = None
    from_: Recipient | None = Field(None, alias="from")
    to_recipients: tuple[Recipient, ...] | None = None
    cc_recipients: tuple[Recipient, ...] | None = None
    bcc_recipients: tuple[Recipient, ...] | None = None
    reply_to: tuple[Recipient, ...] | None = None
    importance: Importance | None = None
    internet_message_headers: tuple[Header, ...] | None = None
    internet_message_id: Text | None = None
    is_delivery_receipt_requested: bool | None = None
    is_read_receipt_requested: bool | None = None
    is_read: bool | None = None
    categories: tuple[Text, ...] | None = None
    flag: Flag | None = None
    inference_classification: Classification | None = None
    single_value_extended_properties: tuple[ExtendedProperty, ...] = ()
    attachments: tuple[FileIn, ...] = ()

    def changes(self, kind: type[Content] | type[Marks]) -> dict[str, object]:
        """The fields of `kind` that were written, with null as not written."""
        written = self.model_fields_set & kind.model_fields.keys()
        return {name: value for name in written if (value := getattr(self, name)) is not None}
