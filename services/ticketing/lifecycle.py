"""What a post or a change does to a ticket. Pure."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from pydantic import JsonValue

from services.ticketing.defined import Defined
from shared.contracts.acting import LONGEST_TAG
from shared.contracts.custom_fields import PREFIX, Unfit, fitting
from shared.contracts.statuses import Category
from shared.contracts.tickets import Kind

PRIORITIES = ("low", "normal", "high", "urgent")
REFERENCES = ("department", "assignee", "contact", "organization")
SETTABLE = ("subject", "status", "priority", "kind", *REFERENCES, "tags", "fields.<key>")
LONGEST_SUBJECT = 998


@dataclass(frozen=True)
class Refused:
    """A change that is not made, in words for a person."""

    why: str


def invalid(*why: str) -> dict[str, JsonValue]:
    """The answer to values that cannot be. Who repeats them is told the same, which of other refusals nobody
    knows."""
    return {"refused": "; ".join(why), "invalid": True}


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


def status_after_mail(status: str, category: str, *, reopen: bool, automatic: bool) -> str:
    """A customer who writes has a ticket that is ours to do; automatic mail changes nothing."""
    if automatic:
        return status
    return "open" if reopen or category in {Category.PENDING, Category.RESOLVED} else status


def status_after_answer(status: str, category: str) -> str:
    """A new ticket that a person answered is open."""
    return "open" if category == Category.NEW else status


def status_after_failure(status: str, category: str) -> str:
    """A ticket whose mail never left is ours to do."""
    done = {Category.PENDING, Category.RESOLVED, Category.CLOSED}
    return "open" if category in done else status


def checked(field: str, value: JsonValue, defined: Defined) -> JsonValue | Refused:
    """Check a new value of a field; return it as it is to be kept."""
    match field:
        case "subject":
            return _text(value)
        case "status":
            return _one_of(field, value, defined.statuses)
        case "priority":
            return _one_of(field, value, PRIORITIES)
        case "kind":
            return _one_of(field, value, tuple(Kind))
        case reference if reference in REFERENCES:
            return _reference(field, value)
        case "tags":
            return _tags(value)
        case custom if custom.startswith(PREFIX):
            return _custom(custom.removeprefix(PREFIX), value, defined)
        case _:
            return Refused(f"a ticket has no field {field!r} to change; there are: {', '.join(SETTABLE)}")


def _custom(key: str, value: JsonValue, defined: Defined) -> JsonValue | Refused:
    field = defined.fields.get(key)
    if field is None:
        there = ", ".join(sorted(defined.fields)) or "none"
        return Refused(f"there is no custom field {key!r}; there are: {there}")
    found = fitting(field, value)
    return Refused(found.why) if isinstance(found, Unfit) else found


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
    if any(len(tag.strip()) > LONGEST_TAG for tag in map(str, value)):
        return Refused(f"a tag has at most {LONGEST_TAG} characters")
    return [*sorted({str(tag).strip() for tag in value})]
