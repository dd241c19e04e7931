"""Say what a trigger would do with one ticket if it fired: the mail as it would leave, with nothing done."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta

from pydantic import JsonValue

from services.triggers import lookups, repository
from services.triggers.deciding import WAITS_FOR, Around, Outcome, Saved, done_by, told_of
from services.triggers.firing import what_is_done
from shared.contracts.thread_tokens import plain_address
from shared.contracts.tickets import (
    InactiveTicketClosed,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketEvent,
)
from shared.contracts.trials import Preview, PreviewedMail, PreviewTrigger
from shared.contracts.triggers import TriggerType
from shared.messaging.unit import Units
from shared.plugins.actions import Effect, Nothing, PutNote, SendTo
from shared.plugins.letters import Letter, letter_of
from shared.plugins.signatures import signature_of, signed, signer_facts
from shared.plugins.templates import TemplateError, ticket_facts
from shared.storage.addresses import own_addresses
from shared.storage.engine import in_tenant
from shared.storage.signing import Signing, signing_of

CLOSES_IN = timedelta(days=2)
"""Of a reminder that stands for one that never was."""


async def preview_of(tried: Saved, message: PreviewTrigger, units: Units) -> Preview | str:
    """Return the preview, or why there is none."""
    ticket = message.ticket
    contract = next(event for event, waits in WAITS_FOR.items() if waits is tried.type)
    async with in_tenant(units.engine, message.tenant) as db:
        around = replace(
            await repository.people_around(db, message.tenant, ticket.assignee, ticket.department),
            participants=await lookups.participants_of(db, message.tenant, ticket.id),
        )
        own = await own_addresses(db, message.tenant)
        signing = await signing_of(db, message.tenant, ticket.department, None)
        last = await repository.last_event(db, message.tenant, ticket.id, contract)
    event = (
        last.model_copy(update={"ticket": ticket}) if last else example(tried.type, message, units.clock())
    )
    made = await asyncio.to_thread(_made, tried, event, around, own, signing)
    if isinstance(made, str):
        return made
    return made.model_copy(update={"command": message.id, "happened_at": last.occurred_at if last else None})


def example(type_: TriggerType, asked: PreviewTrigger, now: datetime) -> TicketEvent:
    """Make an event that such a trigger waits for, of a ticket that never had one."""
    tenant, ticket = asked.tenant, asked.ticket
    match type_:
        case TriggerType.NEW_TICKET_CREATED:
            return TicketCreated(tenant=tenant, ticket=ticket)
        case TriggerType.TICKET_FIELD_CHANGE:
            return TicketChanged(tenant=tenant, ticket=ticket, changes=())
        case TriggerType.CLOSE_TICKET:
            return InactiveTicketClosed(tenant=tenant, ticket=ticket, status_before=ticket.status)
        case TriggerType.CLOSE_TICKET_REMINDER:
            return ReminderDue(tenant=tenant, ticket=ticket, closes_at=now + CLOSES_IN)


def _made(
    tried: Saved, event: TicketEvent, around: Around, own: frozenset[str], signing: Signing | None
) -> Preview | str:
    verdict = done_by(tried, event, around, event.occurred_at)
    if verdict.outcome is Outcome.FAILED:
        return str(verdict.why["why"])
    facts = ticket_facts(event.ticket) | told_of(event)
    try:
        mails = [_mail(one, facts, own, signing) for one in verdict.effects if isinstance(one, SendTo)]
    except TemplateError as error:
        return f"the template is not valid: {error}"
    others = tuple(_told(one) for one in verdict.effects if not isinstance(one, SendTo))
    return Preview(command=event.id, mails=tuple(mails), others=others)


def _mail(
    effect: SendTo, facts: dict[str, JsonValue], own: frozenset[str], signing: Signing | None
) -> PreviewedMail:
    letter = letter_of(effect.subject, effect.template, effect.html, facts)
    if effect.signature and signing is not None:
        letter = _signed(letter, facts, signing)
    everybody = (*effect.to, *effect.cc)
    spared = tuple(one for one in everybody if plain_address(one.address.lower()) in own)
    return PreviewedMail(
        to=tuple(one for one in effect.to if one not in spared),
        cc=tuple(one for one in effect.cc if one not in spared),
        spared=spared,
        subject=letter.subject,
        text=letter.text,
        html=letter.html,
        files=tuple(file.name for file in effect.files),
    )


def _signed(letter: Letter, facts: dict[str, JsonValue], signing: Signing) -> Letter:
    signers = signer_facts(signing.agent, signing.department)
    try:
        signature = signature_of(signing.text, signing.html, facts | signers)
    except TemplateError as error:
        raise TemplateError(f"signature, {error}") from error
    return signed(letter, signature) if signature else letter


def _told(effect: Effect) -> str:
    match effect:
        case Nothing(why):
            return why
        case PutNote(text):
            return f"{what_is_done(effect)}: {text}"
        case _:
            return what_is_done(effect)
