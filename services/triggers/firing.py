"""One trigger and one event: verdict, effects, commands."""

from uuid import UUID, uuid5

from pydantic import JsonValue, ValidationError

from services.triggers import repository
from services.triggers.conditions import Fires, Stays, fires
from services.triggers.repository import TriggerRow
from shared.contracts.errors import Permanent
from shared.contracts.sending import SendMail, TemplateBody
from shared.contracts.tickets import (
    Actor,
    ChangeTicket,
    InactiveTicketClosed,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketEvent,
)
from shared.contracts.triggers import condition_of, when_of
from shared.messaging.unit import Unit
from shared.plugins.actions import ActionType, Effect, Nothing, Occasion, SendTo, SetFields
from shared.plugins.loading import plugin

DEEPEST_HOPS = 18
"""A chain of eight triggers: each link is a command and an event, after two hops of the mail itself."""


async def consider(unit: Unit, event: TicketEvent, trigger: TriggerRow) -> None:
    """Let one trigger look at an event, and keep its verdict with the reason."""
    try:
        when = when_of.validate_python({"type": trigger.type, **trigger.when})
        condition = condition_of.validate_python(trigger.conditions) if trigger.conditions else None
        verdict = fires(when, condition, event)
        if isinstance(verdict, Stays):
            why: dict[str, JsonValue] = {"why": verdict.why, "seen": verdict.seen}
            await repository.remember_verdict(unit, event.id, trigger.id, "not", why)
            return
        effects = await _effects(unit, event, trigger)
    except (ValidationError, Permanent) as error:
        reason = error.reason if isinstance(error, Permanent) else "what was saved of it is no longer valid"
        await repository.remember_verdict(unit, event.id, trigger.id, "failed", {"why": reason})
        return
    assert isinstance(verdict, Fires)
    await _carry_out(unit, event, trigger, effects)


async def _effects(unit: Unit, event: TicketEvent, trigger: TriggerRow) -> list[Effect]:
    action: ActionType = plugin("postroom.actions", trigger.action)
    params = action.params.model_validate(trigger.params)
    occasion = Occasion(
        ticket=event.ticket,
        post=event.post if isinstance(event, TicketCreated) else None,
        now=unit.now,
        assignee=await repository.address_of(unit.db, event.ticket.assignee),
        department_members=await repository.members(unit.db, event.ticket.department),
        facts=facts_of(event),
    )
    return list(action.decide(occasion, params))


async def _carry_out(unit: Unit, event: TicketEvent, trigger: TriggerRow, effects: list[Effect]) -> None:
    told: list[JsonValue] = []
    suppressed = False
    for effect in effects:
        reason = suppression(event, effect)
        if reason is not None:
            suppressed = True
            told.append(reason)
        elif isinstance(effect, Nothing):
            told.append(effect.why)
        else:
            told.append(await _hand_on(unit, event, trigger, effect))
    outcome = "suppressed" if suppressed else "fired"
    await repository.remember_verdict(unit, event.id, trigger.id, outcome, {"did": told})


def suppression(event: TicketEvent, effect: Effect) -> str | None:
    """Say why an effect must not happen: a chain too deep, or an answer to automatic mail."""
    if event.hops > DEEPEST_HOPS:
        return "the chain of triggers is too deep"
    automatic = isinstance(event, TicketCreated) and event.post is not None and event.post.automatic
    if automatic and isinstance(effect, SendTo):
        return f"automatic mail ({automatic}) is never answered"
    return None


async def _hand_on(unit: Unit, event: TicketEvent, trigger: TriggerRow, effect: SendTo | SetFields) -> str:
    """Send the effect as a command to the service that does it, once for each target."""
    actor = Actor(trigger=trigger.id, name=trigger.name)
    match effect:
        case SetFields(changes):
            target = ",".join(sorted(changes))
            if await _first(unit, event, trigger, target):
                unit.emit(
                    ChangeTicket(tenant=unit.tenant, ticket=event.ticket.id, changes=changes, actor=actor)
                )
            return f"changes {target}"
        case SendTo(to, subject, template):
            target = ",".join(sorted(one.address for one in to))
            if await _first(unit, event, trigger, target):
                unit.emit(
                    SendMail(
                        tenant=unit.tenant,
                        ticket=event.ticket,
                        effect=_effect_id(event, trigger, target),
                        written_by="system",
                        actor=actor,
                        to=to,
                        subject=subject,
                        body=TemplateBody(template=template),
                        facts=facts_of(event),
                    )
                )
            return f"sends a mail to {len(to)} address{'es' if len(to) != 1 else ''}"


async def _first(unit: Unit, event: TicketEvent, trigger: TriggerRow, target: str) -> bool:
    effect = _effect_id(event, trigger, target)
    return await repository.first_time(unit, effect, event.id, trigger, target)


def _effect_id(event: TicketEvent, trigger: TriggerRow, target: str) -> UUID:
    return uuid5(event.id, f"{trigger.id}/{trigger.action}/{target}")


def facts_of(event: TicketEvent) -> dict[str, JsonValue]:
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
