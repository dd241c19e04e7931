"""What a post or a change does to a ticket. Pure."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

STATUSES = ("new", "open", "pending", "resolved", "closed")
PRIORITIES = ("low", "normal", "high", "urgent")
SETTABLE = ("subject", "status", "priority", "department", "assignee", "tags")
LONGEST_SUBJECT = 998


@dataclass(frozen=True)
class Refused:
    """A change that is not made, in words for a person."""

    why: str


class Mergeable(Protocol):
    """What is asked of a ticket before a merge."""

    id: UUID
    number: int
    merged_into: UUID | None


def may_merge(source: Mergeable, target: Mergeable) -> Refused | None:
    """Refuse a merge that would lead in a circle, or to where nobody looks."""
    if source.id == target.id:
        return Refused("a ticket cannot be merged into itself")
    if source.merged_into is not None:
        return Refused(f"ticket {source.number} was merged already: undo that first")
    if target.merged_into is not None:
        return Refused(f"ticket {target.number} was itself merged into another: merge into that one")
    return None


def status_after_mail(status: str, *, reopen: bool, automatic: bool) -> str:
    """A customer who writes has a ticket that is ours to do; automatic mail changes nothing."""
    if automatic:
        return status
    return "open" if reopen or status in {"pending", "resolved"} else status


def status_after_answer(status: str) -> str:
    """A new ticket that a person answered is open."""
    return "open" if status == "new" else status


def checked(field: str, value: JsonValue) -> JsonValue | Refused:
    """Check a new value of a field; return it as it is to be kept."""
    match field:
        case "subject":
            return _text(value)
        case "status":
            return _one_of(field, value, STATUSES)
        case "priority":
            return _one_of(field, value, PRIORITIES)
        case "department" | "assignee":
            return _reference(field, value)
        case "tags":
            return _tags(value)
        case _:
            return Refused(f"a ticket has no field {field!r} to change; there are: {', '.join(SETTABLE)}")


def _text(value: JsonValue) -> JsonValue | Refused:
    text = " ".join(value.split()) if isinstance(value, str) else ""
    if not text or len(text) > LONGEST_SUBJECT:
        return Refused(f"a subject has 1 to {LONGEST_SUBJECT} characters")
    return text


def _one_of(field: str, value: JsonValue, allowed: tuple[str, ...]) -> JsonValue | Refused:
    return value if value in allowed else Refused(f"{field} is one of: {', '.join(allowed)}")


def _reference(field: str, value: JsonValue) -> JsonValue | Refused:
    if value is None:
        return None
    try:
        return str(UUID(str(value)))
    except ValueError:
        return Refused(f"{field} is named by its id, or is empty")


def _tags(value: JsonValue) -> JsonValue | Refused:
    if not isinstance(value, list) or not all(isinstance(tag, str) and tag.strip() for tag in value):
        return Refused("tags are a list of words")
    return [*sorted({str(tag).strip() for tag in value})]
