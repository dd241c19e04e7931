"""Graph's answers, as far as they are read."""

from typing import TypeVar

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from shared.contracts.errors import Transient

Shape = TypeVar("Shape", bound="Read")


class Read(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


SIZE = "Integer 0xe08"
"""PidTagMessageSize, as Graph spells it in its answers."""

WITH_SIZE = f"singleValueExtendedProperties($filter=id eq '{SIZE}')"
"""The `$expand` that has a mail's size told."""


class Property(Read):
    id: str
    value: str


class MessageRead(Read):
    id: str
    received_date_time: AwareDatetime | None = None
    is_draft: bool = False
    parent_folder_id: str | None = None
    internet_message_id: str | None = None
    single_value_extended_properties: tuple[Property, ...] = ()
    removed: dict[str, str] | None = Field(None, alias="@removed")

    @property
    def size(self) -> int | None:
        """Exchange's own count of bytes, when it was asked for; somewhat above that of the MIME."""
        told = {one.id.lower(): one.value for one in self.single_value_extended_properties}.get(SIZE.lower())
        return int(told) if told is not None and told.isascii() and told.isdigit() else None


class MessagesRead(Read):
    value: tuple[MessageRead, ...] = ()
    next_link: str | None = Field(None, alias="@odata.nextLink")
    delta_link: str | None = Field(None, alias="@odata.deltaLink")


class HeaderRead(Read):
    name: str
    value: str = ""


class BodyRead(Read):
    content_type: str = "text"
    content: str = ""


class PersonRead(Read):
    name: str | None = None
    address: str | None = None


class AuthorRead(Read):
    email_address: PersonRead = PersonRead()


class PartsRead(Read):
    """What a mail is put together from when it has no MIME."""

    subject: str | None = None
    body: BodyRead = BodyRead()
    internet_message_id: str | None = None
    internet_message_headers: tuple[HeaderRead, ...] = ()
    author: AuthorRead | None = Field(None, alias="from")

    @property
    def sender(self) -> str:
        return (self.author.email_address.address or "") if self.author else ""


class AttachmentRead(Read):
    odata_type: str = Field("", alias="@odata.type")
    id: str
    name: str | None = None
    content_type: str | None = None
    content_id: str | None = None
    is_inline: bool = False


class AttachmentsRead(Read):
    value: tuple[AttachmentRead, ...] = ()
    next_link: str | None = Field(None, alias="@odata.nextLink")


class FolderRead(Read):
    id: str
    display_name: str = ""
    child_folder_count: int = 0
    total_item_count: int = 0


class FoldersRead(Read):
    value: tuple[FolderRead, ...] = ()
    next_link: str | None = Field(None, alias="@odata.nextLink")


class UploadRead(Read):
    upload_url: str
    next_expected_ranges: tuple[str, ...] = ()


class RangesRead(Read):
    next_expected_ranges: tuple[str, ...] = ()


def read(shape: type[Shape], response: httpx.Response) -> Shape:
    """The answer as a model.

    Raises:
        Transient: it is none, as when a gateway answers in Graph's place.
    """
    try:
        return shape.model_validate_json(response.content)
    except ValidationError as error:
        raise Transient("Graph's answer cannot be read", code="bad_answer") from error
