"""Action: send an email to people around the ticket."""

import re
from collections.abc import Iterable, Sequence
from typing import Annotated, ClassVar, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from shared.contracts.custom_fields import PREFIX
from shared.contracts.errors import Permanent
from shared.contracts.languages import best_language, checked_language
from shared.contracts.mail import LONGEST_ADDRESS, Address
from shared.plugins.actions import Effect, Nothing, Occasion, SendTo
from shared.plugins.templates import MAX_TEMPLATE, checked_template

Group = Literal["contact", "participants", "assignee", "department"]
Recipient = Group | Literal["address", "field"]
_GROUPS: tuple[str, ...] = get_args(Group)
_ADDRESS = r"[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}"
_KEY = r"[^\s.,;]{1,100}"
MOST = 100
"""Recipients of one mail."""
MOST_LANGUAGES = 20
MOST_BYTES = 48_000
"""Of all parameters: they ride in one message with the ticket."""


def _listed(value: object) -> object:
    """A list, also when it was written as a text with commas."""
    if value is None:
        return ()
    return (
        tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value
    )


Template = Annotated[str, AfterValidator(checked_template)]
Copied = Annotated[
    str, Field(max_length=LONGEST_ADDRESS, pattern=rf"^({'|'.join(_GROUPS)}|{PREFIX}{_KEY}|{_ADDRESS})$")
]


Language = Annotated[str, AfterValidator(checked_language)]


def _unless_nothing(html: str, given: ValidationInfo) -> str:
    """Refuse a mail without words, at its HTML; a text that is not valid is told of by itself."""
    if not html and given.data.get("body") == "":
        raise ValueError("a text, an HTML, or both are given")
    return html


class Texts(BaseModel):
    """The words of a mail in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    subject: Annotated[Template, Field(max_length=500)] = Field(
        "", title="Subject", description="None: the one above."
    )
    body: Annotated[Template, Field(max_length=MAX_TEMPLATE)] = Field("", title="Text")
    html: Annotated[Template, Field(max_length=MAX_TEMPLATE)] = Field("", title="HTML", validate_default=True)

    says_something = field_validator("html")(_unless_nothing)


class SendEmailParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    recipient: Recipient = Field("contact", title="To")
    address: Annotated[str, Field(max_length=LONGEST_ADDRESS, pattern=f"^{_ADDRESS}$")] | None = Field(
        None, title="Address", description="Only for the recipient 'address'."
    )
    field: Annotated[str, Field(pattern=f"^{_KEY}$")] | None = Field(
        None, title="Custom field", description="Only for 'field': the key of one that holds an address."
    )
    cc: Annotated[tuple[Copied, ...], BeforeValidator(_listed), Field(max_length=20)] = Field(
        (),
        title="Cc",
        description="Separated by commas: contact, participants, assignee, department, an address, or"
        " 'fields.' and the key of a custom field.",
    )
    subject: Annotated[Template, Field(min_length=1, max_length=500)] = Field(title="Subject")
    body: Annotated[Template, Field(max_length=MAX_TEMPLATE)] = Field(
        "", title="Text", description="Left empty, it is made from the HTML."
    )
    html: Annotated[Template, Field(max_length=MAX_TEMPLATE)] = Field(
        "",
        title="HTML",
        description="Facts are escaped in it; what a mail must not have is taken out.",
        validate_default=True,
    )
    signature: Literal["customers", "always", "never"] = Field(
        "customers",
        title="Signature",
        description="The department's: below mail to the contact or the participants, always, or never.",
    )
    attach: bool = Field(
        default=False,
        title="With attachments",
        description="Of the mail that opened the ticket: files that are allowed as they are.",
    )
    texts: Annotated[dict[Language, Texts], Field(max_length=MOST_LANGUAGES)] = Field(
        {},
        title="In other languages",
        json_schema_extra={"key": "Language"},
        description="For contacts of that language: de-AT goes before de, and de before the words above.",
    )

    @model_validator(mode="after")
    def _address_and_field_belong_to_their_recipients(self) -> Self:
        if (self.recipient == "address") is not (self.address is not None):
            raise ValueError("an address is given for the recipient 'address', and for no other")
        if (self.recipient == "field") is not (self.field is not None):
            raise ValueError("a custom field is given for the recipient 'field', and for no other")
        return self

    says_something = field_validator("html")(_unless_nothing)

    @model_validator(mode="after")
    def _all_texts_fit_one_message(self) -> Self:
        if len(self.model_dump_json().encode()) > MOST_BYTES:
            raise ValueError(f"all texts have together at most {MOST_BYTES} bytes")
        return self


class SendEmail:
    """The action `send_email`."""

    key: ClassVar[str] = "send_email"
    title: ClassVar[str] = "Send an email"
    params: ClassVar[type[BaseModel]] = SendEmailParams

    def decide(self, occasion: Occasion, params: SendEmailParams) -> Sequence[Effect]:
        """One mail that names everybody, or none and why.

        Raises:
            Permanent: there would be too many recipients.
        """
        if params.recipient == "contact" and occasion.post is not None and occasion.post.automatic:
            return [Nothing("automatic mail is never answered")]
        to = _once(_people(occasion, _line_of(params)))
        if not to:
            return [Nothing(_MISSING[params.recipient])]
        named = {person.address for person in to}
        copied = _once(person for line in params.cc for person in _people(occasion, line))
        cc = tuple(person for person in copied if person.address not in named)
        if len(to) + len(cc) > MOST:
            raise Permanent(f"a mail goes to at most {MOST} people", code="too_many")
        files = occasion.post.files if params.attach and occasion.post is not None else ()
        words = _words(params, occasion.ticket.contact_language)
        subject, html = words.subject or params.subject, words.html or None
        return [SendTo(to, subject, words.body, cc, files, html, _signs(params))]


_MISSING: dict[Recipient, str] = {
    "contact": "the ticket has no contact with an address",
    "participants": "nobody takes part in the ticket",
    "assignee": "nobody is assigned",
    "department": "the department has no members",
    "address": "no address is given",
    "field": "the custom field holds no address",
}


def _signs(params: SendEmailParams) -> bool:
    return params.signature == "always" or (params.signature == "customers" and _to_customers(params))


def _words(params: SendEmailParams, language: str) -> Texts | SendEmailParams:
    """Customers are written to in their language, where there is a text in it."""
    found = best_language(language, params.texts) if _to_customers(params) else None
    return params.texts[found] if found else params


def _to_customers(params: SendEmailParams) -> bool:
    return params.recipient in {"contact", "participants"}


def _line_of(params: SendEmailParams) -> str:
    return params.address or (f"{PREFIX}{params.field}" if params.field else params.recipient)


def _people(occasion: Occasion, line: str) -> Sequence[Address | None]:
    match line:
        case "contact":
            return (occasion.ticket.contact_address,)
        case "participants":
            return occasion.participants
        case "assignee":
            return (occasion.assignee,)
        case "department":
            return occasion.department_members
        case own if own.startswith(PREFIX):
            held = occasion.ticket.fields.get(own.removeprefix(PREFIX))
            text = held.strip() if isinstance(held, str) else ""
            return (Address(address=text.lower()),) if re.fullmatch(_ADDRESS, text) else ()
        case address:
            return (Address(address=address.lower()),)


def _once(people: Iterable[Address | None]) -> tuple[Address, ...]:
    return tuple({one.address: one for one in people if one is not None and one.address}.values())
