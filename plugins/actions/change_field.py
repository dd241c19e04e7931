"""Action: set one field of the ticket."""

from collections.abc import Sequence
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator

from shared.contracts.tickets import TicketSnapshot
from shared.plugins.actions import Effect, Nothing, Occasion, SetFields

Settable = Literal["status", "priority", "department", "assignee", "tags", "subject"]
_LONGEST = 500


class ChangeFieldParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    field: Settable = Field(title="Field")
    value: str | tuple[str, ...] | None = Field(None, title="New value", validate_default=True)
    """An id or nothing for department and assignee; a list, or text with commas, for tags; else text."""

    @field_validator("value")
    @classmethod
    def _value_fits_the_field(
        cls, value: str | tuple[str, ...] | None, info: ValidationInfo
    ) -> str | tuple[str, ...] | None:
        match info.data.get("field"):
            case "tags":
                return _tags(value)
            case "department" | "assignee":
                return None if value in (None, "") else str(UUID(_text(value)))
            case _:
                return _text(value)


class ChangeField:
    """The action `change_field`."""

    key: ClassVar[str] = "change_field"
    title: ClassVar[str] = "Change a field of the ticket"
    params: ClassVar[type[BaseModel]] = ChangeFieldParams

    def decide(self, occasion: Occasion, params: ChangeFieldParams) -> Sequence[Effect]:
        """The change, unless the ticket has the value already."""
        value: JsonValue = list(params.value) if isinstance(params.value, tuple) else params.value
        if _current(occasion.ticket, params.field) == value:
            return [Nothing(f"{params.field} has this value already")]
        return [SetFields({params.field: value})]


def _current(ticket: TicketSnapshot, field: Settable) -> JsonValue:
    match field:
        case "tags":
            return list(ticket.tags)
        case "department":
            return str(ticket.department) if ticket.department else None
        case "assignee":
            return str(ticket.assignee) if ticket.assignee else None
        case "status":
            return ticket.status
        case "priority":
            return ticket.priority
        case "subject":
            return ticket.subject


def _tags(value: str | tuple[str, ...] | None) -> tuple[str, ...]:
    written = value.split(",") if isinstance(value, str) else value or ()
    tags = tuple(dict.fromkeys(tag.strip() for tag in written if tag.strip()))
    if any(len(tag) > _LONGEST for tag in tags):
        raise ValueError(f"a tag has at most {_LONGEST} characters")
    return tags


def _text(value: str | tuple[str, ...] | None) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST:
        raise ValueError(f"a text of 1 to {_LONGEST} characters is needed")
    return value
