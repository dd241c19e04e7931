"""Action: send an email to somebody around the ticket."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from shared.contracts.mail import Address
from shared.plugins.actions import Effect, Nothing, Occasion, SendTo
from shared.plugins.templates import TemplateError, check_template

Recipient = Literal["contact", "assignee", "department", "address"]
_ADDRESS = r"^[^@\s,;<>\"]{1,64}@[^@\s,;<>\"]{1,255}$"


def _template(text: str) -> str:
    try:
        check_template(text)
    except TemplateError as error:
        raise ValueError(str(error)) from error
    return text


Template = Annotated[str, AfterValidator(_template)]


class SendEmailParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    recipient: Recipient = Field("contact", title="To")
    address: Annotated[str, Field(pattern=_ADDRESS)] | None = Field(None, title="Address")
    """Only for the recipient `address`."""
    subject: Annotated[Template, Field(min_length=1, max_length=500)] = Field(title="Subject")
    body: Annotated[Template, Field(min_length=1, max_length=32_000)] = Field(title="Text")

    @model_validator(mode="after")
    def _address_belongs_to_its_recipient(self) -> Self:
        if (self.recipient == "address") is not (self.address is not None):
            raise ValueError("an address is given for the recipient 'address', and for no other")
        return self


class SendEmail:
    """The action `send_email`."""

    key: ClassVar[str] = "send_email"
    title: ClassVar[str] = "Send an email"
    params: ClassVar[type[BaseModel]] = SendEmailParams

    def decide(self, occasion: Occasion, params: SendEmailParams) -> Sequence[Effect]:
        """One mail that names everybody, or none and why."""
        if params.recipient == "contact" and occasion.post is not None and occasion.post.automatic:
            return [Nothing("automatic mail is never answered")]
        people = _people(occasion, params)
        if not people:
            return [Nothing(_MISSING[params.recipient])]
        return [SendTo(people, params.subject, params.body)]


_MISSING: dict[Recipient, str] = {
    "contact": "the ticket has no contact with an address",
    "assignee": "nobody is assigned",
    "department": "the department has no members",
    "address": "no address is given",
}


def _people(occasion: Occasion, params: SendEmailParams) -> tuple[Address, ...]:
    found: tuple[Address | None, ...]
    match params.recipient:
        case "contact":
            found = (occasion.ticket.contact_address,)
        case "assignee":
            found = (occasion.assignee,)
        case "department":
            found = occasion.department_members
        case "address":
            found = (Address(address=(params.address or "").lower()),)
    by_address = {person.address: person for person in found if person is not None and person.address}
    return tuple(by_address.values())
