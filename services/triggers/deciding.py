"""What the triggers of a tenant make of one event. The same code decides live, in shadow and in a trial: it
reads the event, the triggers and the people around the ticket, and changes nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

from pydantic import JsonValue, ValidationError

from services.triggers.asking import ask
from services.triggers.conditions import Fires, Stays, fires
from shared.contracts.custom_fields import CustomField
from shared.contracts.errors import Permanent
from shared.contracts.hours import BusinessClock
from shared.contracts.mail import Address
from shared.contracts.tickets import (
    InactiveTicketClosed,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketEvent,
)
from shared.contracts.triggers import TriggerType, condition_of, when_of
from shared.matching import BadPattern
from shared.plugins.actions import ActionType, Effect, Nothing, Occasion, SendTo
from shared.plugins.loading import plugin

DEEPEST_HOPS = 18
"""A chain of eight triggers: each link is a command and an event, after two hops of the mail itself."""
MOST_IN_AN_HOUR = 100
"""Effects of triggers on one ticket within an hour; what would be more is a loop that crosses people."""

WAITS_FOR: dict[type[TicketEvent], TriggerType] = {
    TicketCreated: TriggerType.NEW_TICKET_CREATED,
    TicketChanged: TriggerType.TICKET_FIELD_CHANGE,
    InactiveTicketClosed: TriggerType.CLOSE_TICKET,
    ReminderDue: TriggerType.CLOSE_TICKET_REMINDER,
}
"""Which type hears of which event; triggers of the others are not asked."""


class Outcome(StrEnum):
    """What became of a trigger that was asked."""

    FIRED = "fired"
    NOT = "not"
    SUPPRESSED = "suppressed"
    FAILED = "failed"
    SHADOW = "shadow"
    """It would have fired, and what it would have done is written down."""


@dataclass(frozen=True)
class Saved:
    """A trigger as it is saved."""

    id: UUID
    name: str
    type: TriggerType
    when: dict[str, JsonValue]
    conditions: dict[str, JsonValue] | None
    action: str
    params: dict[str, JsonValue]
    shadow: bool = False
    stops: bool = False
    position: int = 0


@dataclass(frozen=True)
class Around:
    """Who is around the ticket, and what triggers did to it lately."""

    assignee: Address | None = None
    department_members: tuple[Address, ...] = ()
    participants: tuple[Address, ...] = ()
    users: Mapping[str, UUID] = field(default_factory=dict)
    custom_fields: Mapping[str, CustomField] = field(default_factory=dict)
    clock: BusinessClock = field(default_factory=BusinessClock)
    effects_in_an_hour: int = 0


@dataclass(frozen=True)
class Verdict:
    """What one trigger makes of one event, and why."""

    trigger: Saved
    outcome: Outcome
    why: dict[str, JsonValue] = field(default_factory=dict)
    effects: tuple[Effect, ...] = ()
    """What is to be done, or in shadow would be."""


Heard = Fires | Stays | Verdict
"""What the conditions of a trigger say; a verdict, when they cannot be asked."""
Told = TypeVar("Told")


def is_heard(event: TicketEvent) -> bool:
    """Whether triggers are asked at all: neither an import nor an applied domain fires any."""
    return not (isinstance(event, TicketCreated | TicketChanged) and event.silent)


def heard(triggers: Sequence[Saved], event: TicketEvent, clock: BusinessClock) -> list[Heard]:
    """Say of each trigger what its conditions say; they ask the event and the clock, and nobody around."""
    return [_heard(trigger, event, clock) for trigger in triggers]


def decide(
    triggers: Sequence[Saved],
    event: TicketEvent,
    around: Around,
    now: datetime,
    said: Sequence[Heard] | None = None,
) -> list[Verdict]:
    """Ask each trigger in its order; those behind one that fires and stops the others are not asked.
    `said`: what `heard` told of them; without it, it is asked by the clock of `around`."""
    verdicts: list[Verdict] = []
    stopped_by = None
    if said is None:
        said = heard(triggers, event, around.clock)
    for trigger, answer in zip(triggers, said, strict=True):
        if stopped_by is not None:
            why: dict[str, JsonValue] = {"why": "a trigger before it stops the others", "seen": stopped_by}
            verdicts.append(Verdict(trigger, Outcome.NOT, why))
            continue
        verdict = _decide(trigger, event, around, now, answer)
        verdicts.append(verdict)
        if trigger.stops and verdict.outcome is Outcome.FIRED:
            stopped_by = trigger.name
    return verdicts


def done_by(trigger: Saved, event: TicketEvent, around: Around, now: datetime) -> Verdict:
    """Ask its action alone, as if the trigger had fired: what it would do, or why it fails."""
    return _guarded(
        trigger, lambda: Verdict(trigger, Outcome.SHADOW, effects=_effects(trigger, event, around, now))
    )


def _heard(trigger: Saved, event: TicketEvent, clock: BusinessClock) -> Heard:
    return _guarded(trigger, lambda: _answer(trigger, event, clock))


def _answer(trigger: Saved, event: TicketEvent, clock: BusinessClock) -> Fires | Stays:
    when = when_of.validate_python({"type": trigger.type, **trigger.when})
    condition = condition_of.validate_python(trigger.conditions) if trigger.conditions else None
    return fires(when, condition, event, clock)


def _decide(trigger: Saved, event: TicketEvent, around: Around, now: datetime, answer: Heard) -> Verdict:
    match answer:
        case Verdict():
            return answer
        case Stays(why, seen):
            return Verdict(trigger, Outcome.NOT, {"why": why, "seen": seen})
        case Fires():
            return _guarded(
                trigger, lambda: _judged(trigger, event, around, _effects(trigger, event, around, now))
            )


def _guarded(trigger: Saved, work: Callable[[], Told]) -> Told | Verdict:
    try:
        return work()
    except (ValidationError, BadPattern):
        return _failed(trigger, "what was saved of it is no longer valid")
    except Permanent as error:
        return _failed(trigger, error.reason)
    except Exception as error:  # noqa: BLE001 - an action of others may raise anything; the event goes on
        return _failed(trigger, f"its action raised {type(error).__name__}")


# Any: `decide` of a plug-in takes its own model
def _effects(trigger: Saved, event: TicketEvent, around: Around, now: datetime) -> tuple[Effect, ...]:
    action: ActionType = plugin("postroom.actions", trigger.action)
    params: Any = action.params.model_validate(trigger.params)
    occasion = Occasion(
        ticket=event.ticket,
        post=event.post if isinstance(event, TicketCreated) else None,
        now=now,
        assignee=around.assignee,
        department_members=around.department_members,
        participants=around.participants,
        users=around.users,
        custom_fields=around.custom_fields,
        facts=told_of(event),
    )
    return ask(action, occasion, params)


def _judged(trigger: Saved, event: TicketEvent, around: Around, effects: tuple[Effect, ...]) -> Verdict:
    """Keep back what must not happen, and say so."""
    done: list[Effect] = []
    said: list[JsonValue] = []
    suppressed = False
    for effect in effects:
        if isinstance(effect, Nothing):
            said.append(effect.why)
        elif (reason := suppression(event, effect, around)) is not None:
            suppressed = True
            said.append(reason)
        else:
            done.append(effect)
    fired = Outcome.SHADOW if trigger.shadow else Outcome.FIRED
    outcome = Outcome.SUPPRESSED if suppressed else fired
    return Verdict(trigger, outcome, {"did": said}, tuple(done))


def suppression(event: TicketEvent, effect: Effect, around: Around) -> str | None:
    """Say why an effect must not happen: a chain too deep, too much on one ticket, or an answer to automatic
    mail."""
    if event.hops > DEEPEST_HOPS:
        return "the chain of triggers is too deep"
    if around.effects_in_an_hour >= MOST_IN_AN_HOUR:
        return f"triggers did {MOST_IN_AN_HOUR} things to this ticket within an hour"
    automatic = isinstance(event, TicketCreated) and event.post is not None and event.post.automatic
    if automatic and isinstance(effect, SendTo):
        return f"automatic mail ({automatic}) is never answered"
    return None


def told_of(event: TicketEvent) -> dict[str, JsonValue]:
    """Return what an action or a template may know of the event besides the ticket."""
    match event:
        case TicketChanged(changes=changes):
            return {"changes": [change.model_dump() for change in changes]}
        case InactiveTicketClosed(status_before=status):
            return {"status_before": status}
        case ReminderDue(closes_at=closes_at):
            return {"closes_at": f"{closes_at:%Y-%m-%d %H:%M} UTC"}
        case _:
            return {}


def _failed(trigger: Saved, reason: str) -> Verdict:
    return Verdict(trigger, Outcome.FAILED, {"why": reason})
