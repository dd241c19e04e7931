"""Does a trigger fire, and if not, why. Pure: it reads the event's snapshot and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import JsonValue

from services.triggers.facts import facts_of
from shared import matching
from shared.contracts.hours import BusinessClock
from shared.contracts.tickets import (
    InactiveTicketClosed,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketEvent,
)
from shared.contracts.triggers import (
    All,
    AnyOf,
    Closed,
    Condition,
    FieldChanged,
    Is,
    NewTicket,
    Not,
    Reminder,
    When,
)

Facts = Mapping[str, JsonValue]
UNIVERSAL = BusinessClock()


@dataclass(frozen=True)
class Fires:
    """All it waits for is so."""


@dataclass(frozen=True)
class Stays:
    """It does not fire: the first thing that said no, and the value that was seen."""

    why: str
    seen: JsonValue = None


def fires(
    when: When, condition: Condition | None, event: TicketEvent, clock: BusinessClock = UNIVERSAL
) -> Fires | Stays:
    """Decide for one trigger and one event. `clock`: by which times are asked.

    Raises:
        BadPattern: a regular expression that was saved is not valid any more.
    """
    first = _type_fits(when, event)
    if isinstance(first, Stays) or condition is None:
        return first
    return _holds(condition, facts_of(event, clock))


def _type_fits(when: When, event: TicketEvent) -> Fires | Stays:
    match when, event:
        case FieldChanged(), TicketChanged():
            return _change_fits(when, event)
        case NewTicket(), TicketCreated(split_from=UUID()):
            return Stays("it was split off another ticket: its people were told then")
        case NewTicket(kinds=kinds), TicketCreated(ticket=ticket):
            return Fires() if kinds in {"both", ticket.kind.value} else Stays("kind", ticket.kind.value)
        case Closed(status=status), InactiveTicketClosed(status_before=before):
            return Fires() if status in {None, before} else Stays("status before closing", before)
        case Reminder(status=status), ReminderDue(ticket=ticket):
            return Fires() if status in {None, ticket.status} else Stays("status", ticket.status)
        case _:
            return Stays("it waits for another event", event.name)


def _change_fits(when: FieldChanged, event: TicketChanged) -> Fires | Stays:
    changes = [change for change in event.changes if when.field in {None, change.field}]
    if not changes:
        return Stays(f"{when.field} did not change", [change.field for change in event.changes])
    if when.old is not None and all(change.old != when.old for change in changes):
        return Stays("old value", changes[0].old)
    fitting = [change for change in changes if when.old is None or change.old == when.old]
    if when.new is not None and all(change.new != when.new for change in fitting):
        return Stays("new value", fitting[0].new)
    return Fires()


def _holds(condition: Condition, facts: Facts) -> Fires | Stays:
    match condition:
        case All(of=parts):
            return next((no for part in parts if isinstance(no := _holds(part, facts), Stays)), Fires())
        case AnyOf(of=parts):
            return _any(parts, facts)
        case Not(of=part):
            return Stays(f"not ({told(part)})") if isinstance(_holds(part, facts), Fires) else Fires()
        case Is():
            seen = facts.get(condition.field)
            return Fires() if _compares(condition, seen) else Stays(told(condition), seen)


def _any(parts: tuple[Condition, ...], facts: Facts) -> Fires | Stays:
    noes = [_holds(part, facts) for part in parts]
    stays = [one for one in noes if isinstance(one, Stays)]
    if len(stays) < len(parts):
        return Fires()
    return Stays("none of: " + "; ".join(one.why for one in stays), [one.seen for one in stays])


def told(condition: Condition) -> str:
    """Say a condition in a line, as verdicts do."""
    match condition:
        case All(of=parts):
            return " and ".join(f"({told(part)})" for part in parts)
        case AnyOf(of=parts):
            return " or ".join(f"({told(part)})" for part in parts)
        case Not(of=part):
            return f"not ({told(part)})"
        case Is(op=op, field=field, value=None):
            return f"{field} {op.replace('_', ' ')}"
        case Is(op=op, field=field, value=value):
            wanted = ", ".join(map(str, value)) if isinstance(value, list) else value
            return f"{field} {op.replace('_', ' ')} {wanted}"


def _compares(condition: Is, seen: JsonValue) -> bool:
    wanted = condition.value
    match condition.op:
        case "is":
            return seen == wanted
        case "is_not":
            return seen != wanted
        case "one_of" | "none_of":
            among = isinstance(wanted, list) and seen in wanted
            return among is (condition.op == "one_of")
        case "is_set" | "is_not_set":
            return (seen not in (None, "", [])) is (condition.op == "is_set")
        case "contains" | "contains_not":
            return _has(seen, str(wanted)) is (condition.op == "contains")
        case "begins":
            return isinstance(seen, str) and seen.casefold().startswith(str(wanted).casefold())
        case "ends":
            return isinstance(seen, str) and seen.casefold().endswith(str(wanted).casefold())
        case "matches":
            return isinstance(seen, str) and matching.fits(str(wanted), seen)
        case "above" | "below":
            return _is_beyond(seen, wanted, up=condition.op == "above")


def _has(seen: JsonValue, wanted: str) -> bool:
    """A text has a part, a list has a member; capitals do not matter."""
    if isinstance(seen, list):
        return wanted.casefold() in [str(one).casefold() for one in seen]
    return isinstance(seen, str) and wanted.casefold() in seen.casefold()


def _is_beyond(seen: JsonValue, wanted: JsonValue, *, up: bool) -> bool:
    """Numbers compare as numbers, texts as texts, which dates are written for; anything else does not."""
    if isinstance(seen, bool):
        return False
    if isinstance(seen, int | float) and isinstance(wanted, int | float):
        return seen > wanted if up else seen < wanted
    if isinstance(seen, str) and isinstance(wanted, str):
        return seen > wanted if up else seen < wanted
    return False
