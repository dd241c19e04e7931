"""What a trigger waits for, as it is saved: its type with options, and further conditions as a typed tree."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    TypeAdapter,
    field_validator,
    model_validator,
)


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


TICKET_FACTS = (
    "subject", "status", "category", "priority", "kind", "department", "assignee", "tags", "contact_address",
    "contact_language", "contact_domain", "organization", "organization_name", "mailbox", "receiving_address",
    "created_at",
)  # fmt: skip
"""Facts of the ticket itself, as it was when the event happened."""
EVENT_FACTS = (
    "post.kind", "post.author", "post.author_domain", "post.automatic", "post.by_person", "actor",
    "changed_fields", "time.weekday", "time.hour", "time.date",
    "time.business_hours",
)  # fmt: skip
"""Facts of what happened: the post that did it, who or what did, which fields changed, and
when, on the tenant's clock."""
OWN_FIELD = re.compile(r"fields\.[a-z][a-z0-9_]{0,39}")
DEEPEST, MOST_PARTS = 5, 100
NO_VALUE = ("is_set", "is_not_set")
OF_LISTS = ("one_of", "none_of")
OF_ORDER = ("above", "below")
OF_TEXTS = ("contains", "contains_not", "begins", "ends", "matches")
NO_TEXTS = ("tags", "changed_fields", "post.by_person", "time.hour", "time.business_hours")
"""Facts that are lists, numbers, or yes and no."""
LONGEST_PATTERN = 300
"""Characters. Whether a pattern is one, and how much it may take, is told by `shared.matching`."""


class Is(_Saved):
    """One fact compared with a value. What a ticket does not have is nothing: it is no text, begins with
    nothing, and is neither above nor below anything."""

    op: Literal[
        "is", "is_not", "contains", "contains_not", "begins", "ends", "matches", "one_of", "none_of", "above",
        "below", "is_set", "is_not_set",
    ]  # fmt: skip
    field: str
    value: JsonValue = None

    @field_validator("field")
    @classmethod
    def _fact_exists(cls, field: str) -> str:
        if field not in {*TICKET_FACTS, *EVENT_FACTS} and not OWN_FIELD.fullmatch(field):
            known = ", ".join((*TICKET_FACTS, *EVENT_FACTS))
            raise ValueError(f"there is no fact {field!r}; there are {known} and fields.KEY of custom fields")
        return field

    @model_validator(mode="after")
    def _value_suits(self) -> Self:
        given = self.value
        if self.op in NO_VALUE and given is not None:
            raise ValueError(f"{self.op} takes no value")
        if self.op in OF_LISTS and not isinstance(given, list):
            raise ValueError(f"{self.op} takes a list of values")
        if self.op in OF_ORDER and (
            isinstance(given, bool) or given == "" or not isinstance(given, int | float | str)
        ):
            raise ValueError(f"{self.op} takes a number, or a text such as 2026-01-31")
        if self.op in OF_TEXTS and not (isinstance(given, str) and given):
            raise ValueError(f"{self.op} takes a text")
        return self

    @model_validator(mode="after")
    def _pattern_suits(self) -> Self:
        if self.op != "matches":
            return self
        if self.field in NO_TEXTS:
            raise ValueError(f"matches asks a text, and {self.field} is none")
        if len(str(self.value)) > LONGEST_PATTERN:
            raise ValueError(f"matches takes a pattern of at most {LONGEST_PATTERN} characters")
        return self


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


def bounded(condition: Condition) -> Condition:
    """Refuse a tree that nobody could read.

    Raises:
        ValueError: it is too deep or has too many parts.
    """
    if (deep := _depth(condition)) > DEEPEST:
        raise ValueError(f"conditions nest {deep} deep; at most {DEEPEST} can be read")
    if (many := _parts(condition)) > MOST_PARTS:
        raise ValueError(f"{many} conditions are too many; at most {MOST_PARTS}")
    return condition


def facts_asked(condition: Condition) -> set[str]:
    """Name every fact that a condition asks."""
    if isinstance(condition, Is):
        return {condition.field}
    return set().union(*map(facts_asked, _inner(condition)))


def values_asked(condition: Condition) -> list[tuple[str, JsonValue]]:
    """Return every value that a fact is asked to be, or not to be, beside the fact."""
    if isinstance(condition, Is):
        if condition.op in {"is", "is_not"}:
            return [(condition.field, condition.value)]
        listed = condition.value if condition.op in OF_LISTS and isinstance(condition.value, list) else []
        return [(condition.field, one) for one in listed]
    return [asked for part in _inner(condition) for asked in values_asked(part)]


def patterns_in(condition: Condition) -> set[str]:
    """Return every regular expression that a condition asks."""
    if isinstance(condition, Is):
        return {str(condition.value)} if condition.op == "matches" else set()
    return set().union(*map(patterns_in, _inner(condition)))


def _inner(condition: Condition) -> tuple[Condition, ...]:
    match condition:
        case All(of=parts) | AnyOf(of=parts):
            return parts
        case Not(of=part):
            return (part,)
        case Is():
            return ()


def _depth(condition: Condition) -> int:
    return 1 + max(map(_depth, _inner(condition)), default=0)


def _parts(condition: Condition) -> int:
    return 1 + sum(map(_parts, _inner(condition)))


Conditions = Annotated[Condition, AfterValidator(bounded)]
"""What a trigger asks further."""

when_of: TypeAdapter[When] = TypeAdapter(When)
condition_of: TypeAdapter[Condition] = TypeAdapter(Conditions)
