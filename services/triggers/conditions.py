"""Does a trigger fire, and if not, why. Pure: it reads the event's snapshot and nothing else."""

from dataclasses import dataclass

from pydantic import JsonValue

from shared.contracts.tickets import (
    InactiveTicketClosed,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketEvent,
    TicketSnapshot,
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


@dataclass(frozen=True)
class Fires:
    """All it waits for is so."""


@dataclass(frozen=True)
class Stays:
    """It does not fire: the first thing that said no, and the value that was seen."""

    why: str
    seen: JsonValue = None


def fires(when: When, condition: Condition | None, event: TicketEvent) -> Fires | Stays:
    """Decide for one trigger and one event."""
    first = _type_fits(when, event)
    if isinstance(first, Stays) or condition is None:
        return first
    return _holds(condition, event.ticket)


def _type_fits(when: When, event: TicketEvent) -> Fires | Stays:
    match when, event:
        case FieldChanged(), TicketChanged():
            return _change_fits(when, event)
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


def _holds(condition: Condition, ticket: TicketSnapshot) -> Fires | Stays:
    match condition:
        case All(of=parts):
            return next((no for part in parts if isinstance(no := _holds(part, ticket), Stays)), Fires())
        case AnyOf(of=parts):
            noes = [_holds(part, ticket) for part in parts]
            return (
                Fires() if any(isinstance(one, Fires) for one in noes) else Stays("none of the alternatives")
            )
        case Not(of=part):
            return Stays("its opposite is so") if isinstance(_holds(part, ticket), Fires) else Fires()
        case Is():
            return _compares(condition, ticket)


def _compares(condition: Is, ticket: TicketSnapshot) -> Fires | Stays:
    seen = _seen(condition.field, ticket)
    match condition.op:
        case "is":
            so = seen == condition.value
        case "is_not":
            so = seen != condition.value
        case "contains":
            so = isinstance(seen, str | list) and str(condition.value).lower() in (
                seen.lower() if isinstance(seen, str) else [str(one).lower() for one in seen]
            )
    return Fires() if so else Stays(f"{condition.field} {condition.op} {condition.value}", seen)


def _seen(field: str, ticket: TicketSnapshot) -> JsonValue:
    if field == "contact_address":
        return ticket.contact_address.address if ticket.contact_address else None
    value: JsonValue = ticket.model_dump(mode="json")[field]
    return value
