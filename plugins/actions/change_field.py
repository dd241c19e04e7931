"""Action: set one field of the ticket."""

from collections.abc import Sequence
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator

from shared.contracts.custom_fields import LONGEST_TEXT, PREFIX, CustomField, FieldType, Unfit, fitting
from shared.contracts.errors import Permanent
from shared.contracts.tickets import TicketSnapshot
from shared.plugins.actions import Effect, Nothing, Occasion, SetFields

Settable = Literal["status", "priority", "department", "assignee", "tags", "subject"]
OwnField = Annotated[str, Field(pattern=r"^fields\.[^\s.]{1,100}$")]
"""A field that the tenant has defined, by its key."""
Value = str | tuple[str, ...] | bool | float | None
_LONGEST = 500


class ChangeFieldParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    field: Settable | OwnField = Field(
        title="Field", description="Or 'fields.' and the key of a custom field.", union_mode="left_to_right"
    )
    value: Value = Field(
        None,
        title="New value",
        description="An id or nothing for department and assignee; a list, or text with commas, for tags; for"
        " a custom field a text that its type reads, or nothing to clear it; else text.",
        validate_default=True,
    )

    @field_validator("value")
    @classmethod
    def _value_fits_the_field(cls, value: Value, info: ValidationInfo) -> Value:
        match info.data.get("field"):
            case str(own) if own.startswith(PREFIX):
                return _own(value)
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

    def assignee_of(self, params: ChangeFieldParams) -> str | None:
        return str(params.value) if params.field == "assignee" and params.value else None

    def decide(self, occasion: Occasion, params: ChangeFieldParams) -> Sequence[Effect]:
        """The change, unless the ticket has the value already.

        Raises:
            Permanent: the custom field is not there any more, or the value does not fit it.
        """
        if params.field.startswith(PREFIX):
            return [_own_change(occasion, params.field.removeprefix(PREFIX), params.value)]
        value: JsonValue = list(params.value) if isinstance(params.value, tuple) else params.value
        if _current(occasion.ticket, params.field) == value:
            return [Nothing(f"{params.field} has this value already")]
        return [SetFields({params.field: value})]


def _own_change(occasion: Occasion, key: str, wanted: Value) -> Effect:
    field = occasion.custom_fields.get(key)
    if field is None:
        raise Permanent(f"there is no custom field {key!r}", code="unknown_field")
    value = fitting(field, _read(field, wanted))
    if isinstance(value, Unfit):
        raise Permanent(value.why, code="unfit")
    if occasion.ticket.fields.get(key) == value:
        return Nothing(f"{PREFIX}{key} has this value already")
    return SetFields({f"{PREFIX}{key}": value})


def _read(field: CustomField, value: Value) -> JsonValue:
    """Read a text, which is all that a form has, as what the field holds."""
    if isinstance(value, tuple):
        return list(value)
    if not isinstance(value, str):
        return value
    match field.type:
        case FieldType.MULTI:
            return [part.strip() for part in value.split(",") if part.strip()]
        case FieldType.BOOLEAN:
            return {"true": True, "yes": True, "false": False, "no": False}.get(value.lower(), value)
        case FieldType.NUMBER:
            return _number(value)
        case _:
            return value


def _number(text: str) -> JsonValue:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _own(value: Value) -> Value:
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        raise ValueError(f"a text has at most {LONGEST_TEXT} characters")
    return value or None if isinstance(value, str | tuple) else value


def _current(ticket: TicketSnapshot, field: str) -> JsonValue:
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
        case _:
            return ticket.subject


def _tags(value: Value) -> tuple[str, ...]:
    if isinstance(value, bool | float):
        raise ValueError("tags are a list of words")  # noqa: TRY004 - pydantic tells of a ValueError
    written = value.split(",") if isinstance(value, str) else value or ()
    tags = tuple(dict.fromkeys(tag.strip() for tag in written if tag.strip()))
    if any(len(tag) > _LONGEST for tag in tags):
        raise ValueError(f"a tag has at most {_LONGEST} characters")
    return tags


def _text(value: Value) -> str:
    if not isinstance(value, str) or not 1 <= len(value) <= _LONGEST:
        raise ValueError(f"a text of 1 to {_LONGEST} characters is needed")
    return value
