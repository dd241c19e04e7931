"""Fields that a tenant adds to its tickets: their types, and what fits them. Pure."""

import math
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from pydantic import JsonValue

LONGEST_TEXT = 2_000
PREFIX = "fields."
"""Before the key of a custom field where it stands among the fields of a ticket, as in a change."""


class FieldType(StrEnum):
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    CHOICE = "choice"
    MULTI = "multi"


@dataclass(frozen=True)
class CustomField:
    key: str
    name: str
    type: FieldType
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unfit:
    """A value that does not fit a field, in words for a person."""

    why: str


def fitting(field: CustomField, value: JsonValue) -> JsonValue | Unfit:
    """Return a value as it is kept, None to clear the field, or say what would fit."""
    if value is None or value in ("", []):
        return None
    fits, wanted = _fits(field, value)
    if not fits:
        return Unfit(f"{field.name} ({PREFIX}{field.key}) {wanted}")
    if field.type is FieldType.MULTI and isinstance(value, list):
        return [choice for choice in field.choices if choice in value]
    return value


def _fits(field: CustomField, value: JsonValue) -> tuple[bool, str]:
    offered = ", ".join(field.choices)
    match field.type, value:
        case FieldType.TEXT, _:
            fits = isinstance(value, str) and len(value) <= LONGEST_TEXT
            return fits, f"is a text of at most {LONGEST_TEXT} characters"
        case FieldType.NUMBER, _:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            return number and math.isfinite(float(str(value))), "is a number, such as 12.5"
        case FieldType.BOOLEAN, _:
            return isinstance(value, bool), "is true or false"
        case FieldType.DATE, _:
            return _is_date(value), "is a date, such as 2026-11-24"
        case FieldType.CHOICE, _:
            return value in field.choices, f"is one of: {offered}"
        case FieldType.MULTI, _:
            several = isinstance(value, list) and all(one in field.choices for one in value)
            return several, f"is a list of: {offered}"


def _is_date(value: JsonValue) -> bool:
    try:
        return isinstance(value, str) and date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
