"""What a trigger waits for, as it is saved: its type with options, and further conditions as a typed tree."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, TypeAdapter


class TriggerType(StrEnum):
    """The four types, under the names of the original module."""

    TICKET_FIELD_CHANGE = "TICKET_FIELD_CHANGE"
    NEW_TICKET_CREATED = "NEW_TICKET_CREATED"
    CLOSE_TICKET = "CLOSE_TICKET"
    CLOSE_TICKET_REMINDER = "CLOSE_TICKET_REMINDER"


class _Saved(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FieldChanged(_Saved):
    """A ticket was updated; with a field, only when that one changed; with values, only when they match."""

    type: Literal[TriggerType.TICKET_FIELD_CHANGE]
    field: str | None = None
    old: JsonValue = None
    new: JsonValue = None


class NewTicket(_Saved):
    """A ticket was created. Which kind is to be said: there is no default."""

    type: Literal[TriggerType.NEW_TICKET_CREATED]
    kinds: Literal["internal", "external", "both"]


class Closed(_Saved):
    """A ticket was closed by inactivity; with a status, only when it had that one before."""

    type: Literal[TriggerType.CLOSE_TICKET]
    status: str | None = None


class Reminder(_Saved):
    """A ticket will be closed by inactivity soon."""

    type: Literal[TriggerType.CLOSE_TICKET_REMINDER]
    status: str | None = None


When = Annotated[FieldChanged | NewTicket | Closed | Reminder, Field(discriminator="type")]


class Is(_Saved):
    """One fact of the ticket compared with a value."""

    op: Literal["is", "is_not", "contains"]
    field: Literal[
        "subject", "status", "priority", "kind", "department", "assignee", "tags", "contact_address",
        "organization_name", "receiving_address",
    ]  # fmt: skip
    value: JsonValue


class All(_Saved):
    op: Literal["all"]
    of: tuple[Condition, ...]


class AnyOf(_Saved):
    op: Literal["any"]
    of: tuple[Condition, ...]


class Not(_Saved):
    op: Literal["not"]
    of: Condition


Condition = Annotated[Is | All | AnyOf | Not, Field(discriminator="op")]
All.model_rebuild()
AnyOf.model_rebuild()
Not.model_rebuild()

when_of: TypeAdapter[When] = TypeAdapter(When)
condition_of: TypeAdapter[Condition] = TypeAdapter(Condition)
