"""Carry out what was decided: each effect once, handed on as a command to the service that does it."""

from collections.abc import Collection
from uuid import UUID, uuid5

from pydantic import JsonValue

from services.triggers import handing, repository
from services.triggers.deciding import Outcome, Saved, Verdict, told_of
from services.triggers.laying import lay_ready
from shared.blobs.store import BlobStore
from shared.contracts.acting import WriteNote
from shared.contracts.sending import Draft, SendMail, TemplateBody
from shared.contracts.tickets import Actor, ChangeTicket, TicketEvent
from shared.messaging.unit import Unit
from shared.plugins.actions import CallHook, Effect, Nothing, PutNote, SendTo, SetFields

ALREADY = "it was done before"


async def carry_out(
    unit: Unit, event: TicketEvent, verdict: Verdict, blobs: BlobStore
) -> dict[str, JsonValue]:
    """Do what a trigger decided; return what is kept of it. In shadow nothing is done, and all is told."""
    repeated = set()
    if not verdict.trigger.shadow:
        for number, effect in enumerate(verdict.effects):
            if not await _hand_on(unit, event, verdict.trigger, effect, blobs):
                repeated.add(number)
    return described(verdict, repeated)


def described(verdict: Verdict, repeated: Collection[int] = ()) -> dict[str, JsonValue]:
    """Return what is kept of a verdict. `repeated`: which of its effects were done before."""
    if verdict.outcome in {Outcome.NOT, Outcome.FAILED}:
        return verdict.why
    kept = verdict.why.get("did")
    did: list[JsonValue] = [*kept] if isinstance(kept, list) else []
    for number, effect in enumerate(verdict.effects):
        did.append(what_is_done(effect) + (f": {ALREADY}" if number in repeated else ""))
    return {**verdict.why, "did": did}


def what_is_done(effect: Effect) -> str:
    """Say an effect in a line, without words of the mail."""
    match effect:
        case SetFields(changes):
            return f"changes {target_of(effect)}" if changes else "changes nothing"
        case SendTo(to=to, cc=cc):
            to = (*to, *cc)
            return f"sends a mail to {len(to)} address{'es' if len(to) != 1 else ''}"
        case Nothing(why):
            return why
        case _:
            return handing.what_is_done(effect)


def target_of(effect: Effect) -> str:
    """Return what an effect acts on: part of the key under which it happens once."""
    match effect:
        case SetFields(changes):
            return ",".join(sorted(changes))
        case SendTo(to=to, cc=cc):
            return ",".join(sorted(one.address for one in (*to, *cc)))
        case Nothing():
            return ""
        case _:
            return handing.target_of(effect)


async def _hand_on(unit: Unit, event: TicketEvent, trigger: Saved, effect: Effect, blobs: BlobStore) -> bool:
    """Send the effect as a command. False: this event had it done before."""
    target = target_of(effect)
    key = uuid5(event.id, f"{trigger.id}/{trigger.action}/{target}")
    if not await repository.first_time(unit, key, event, trigger, target):
        return False
    actor = Actor(trigger=trigger.id, name=trigger.name)
    match effect:
        case SetFields(changes):
            unit.emit(ChangeTicket(tenant=unit.tenant, ticket=event.ticket.id, changes=changes, actor=actor))
        case SendTo():
            unit.emit(_mail(unit, event, effect, key, actor))
        case PutNote(text):
            body = await blobs.put(unit.tenant, Draft(text=text).model_dump_json().encode())
            unit.emit(WriteNote(tenant=unit.tenant, ticket=event.ticket.id, body=body, actor=actor))
        case CallHook():
            await lay_ready(unit, key, event, trigger.id, effect)
        case Nothing():
            pass
        case _:
            unit.emit(handing.command_for(event, effect, actor))
    return True


def _mail(unit: Unit, event: TicketEvent, effect: SendTo, key: UUID, actor: Actor) -> SendMail:
    return SendMail(
        tenant=unit.tenant,
        ticket=event.ticket,
        effect=key,
        written_by="system",
        actor=actor,
        to=effect.to,
        cc=effect.cc,
        files=effect.files,
        subject=effect.subject,
        body=TemplateBody(template=effect.template, html=effect.html),
        facts=told_of(event),
        signature=effect.signature,
    )
