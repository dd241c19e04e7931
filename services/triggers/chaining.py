"""How far a chain of triggers would go: what one changes, the next hears."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from services.triggers.deciding import Around, Outcome, Saved, Verdict, decide
from shared.contracts.custom_fields import PREFIX
from shared.contracts.statuses import category_of_built_in
from shared.contracts.tickets import Actor, FieldChange, TicketChanged, TicketEvent, TicketSnapshot
from shared.plugins.actions import SetFields

LONGEST_CHAIN = 8
"""Where live chains are stopped."""
MOST_LINKS = 64
"""So many links are followed of one event; a chain that branches is not followed for ever."""


@dataclass
class _Left:
    around: Around
    links: int = MOST_LINKS


def chain_after(verdict: Verdict, event: TicketEvent, on_changes: Sequence[Saved], around: Around) -> int:
    """Return how many links follow from what a trigger would do, itself included: 0 when it does nothing, 1
    when nothing hears of it, `LONGEST_CHAIN` when it would be stopped. An estimate: people and other mail
    come between in life, and only changed fields are followed."""
    return _length(verdict, event, on_changes, LONGEST_CHAIN, _Left(around))


def _length(verdict: Verdict, event: TicketEvent, on_changes: Sequence[Saved], most: int, left: _Left) -> int:
    if most == 0 or verdict.outcome is not Outcome.FIRED or not verdict.effects:
        return 0
    longest = 0
    for effect in verdict.effects:
        if isinstance(effect, SetFields) and left.links > 0:
            left.links -= 1
            changed = _after(event, effect, verdict.trigger)
            heard = decide(on_changes, changed, left.around, event.occurred_at) if changed.changes else []
            lengths = (_length(one, changed, on_changes, most - 1, left) for one in heard)
            longest = max(longest, *lengths, 0)
    return 1 + longest


def _after(event: TicketEvent, effect: SetFields, trigger: Saved) -> TicketChanged:
    """The event that the change would give."""
    before = event.ticket
    changes = tuple(
        FieldChange(field=name, old=old, new=value)
        for name, value in effect.changes.items()
        if (old := _value(before, name)) != value
    )
    return TicketChanged(
        tenant=event.tenant,
        ticket=_changed(before, {change.field: change.new for change in changes}),
        actor=Actor(trigger=trigger.id, name=trigger.name),
        changes=changes,
        occurred_at=event.occurred_at,
    )


def _value(ticket: TicketSnapshot, name: str) -> JsonValue:
    if name in TicketSnapshot.model_fields:
        value: JsonValue = ticket.model_dump(mode="json", include={name})[name]
        return value
    return ticket.fields.get(name.removeprefix(PREFIX))


def _changed(ticket: TicketSnapshot, values: dict[str, JsonValue]) -> TicketSnapshot:
    known = {name: value for name, value in values.items() if name in TicketSnapshot.model_fields}
    own = {name.removeprefix(PREFIX): value for name, value in values.items() if name not in known}
    if "status" in known:
        known["category"] = category_of_built_in(str(known["status"])) or ticket.category
    facts = ticket.model_dump(mode="json") | known | {"fields": {**ticket.fields, **own}}
    return TicketSnapshot.model_validate(facts)
