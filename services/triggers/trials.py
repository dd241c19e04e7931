"""Try a trigger against what happened. The code that decides live decides here; what it would do is kept."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import JsonValue, TypeAdapter
from sqlalchemy import Row

from services.triggers import lookups, repository, trialrows
from services.triggers.chaining import LONGEST_CHAIN, chain_after
from services.triggers.deciding import WAITS_FOR, Around, Outcome, Saved, Verdict, decide, is_heard
from services.triggers.firing import described
from services.triggers.handlers import triggers
from services.triggers.previews import preview_of
from shared.blobs.store import BlobStore
from shared.contracts.base import CONTRACTS
from shared.contracts.tickets import TicketEvent
from shared.contracts.trials import Preview, PreviewTrigger, TryTrigger
from shared.contracts.triggers import TriggerType
from shared.messaging.unit import Unit, Units
from shared.plugins.actions import SendTo
from shared.storage import due
from shared.storage.triggers import trials

AT_ONCE = 2
EVENTS_AT_ONCE = 200
"""So many in one transaction; another trial, and whatever else is due, has its turn between two."""
KEPT = timedelta(days=7)
MOST_KEPT = dict.fromkeys(Outcome, 10_000) | {Outcome.NOT: 200}
"""Of each outcome so many rows are kept, the oldest; all are counted."""
SAVED = TypeAdapter(Saved)
NEW = UUID(int=0)
"""The id of a trigger that is not saved."""


@dataclass(frozen=True)
class Trial:
    """What is tried, and beside which others."""

    tried: Saved
    others: tuple[Saved, ...]
    """The active ones of its type, in their order, with the tried one at its place."""
    on_changes: tuple[Saved, ...]
    """The active ones that hear what it would change."""
    people: dict[tuple[UUID | None, UUID | None], Around] = field(default_factory=dict)
    """Who is around a ticket today, by assignee and department."""


@triggers.on(TryTrigger)
async def try_trigger(message: TryTrigger, units: Units) -> None:
    async with units.handling(message) as unit:
        await trialrows.enter(unit.db, message, unit.now)
        unit.answer({"ok": True, "trial": str(message.id)})
        unit.wake()


@triggers.on(PreviewTrigger)
async def preview_trigger(message: PreviewTrigger, units: Units, blobs: BlobStore) -> None:
    tried = SAVED.validate_python({**message.settings, "id": NEW, "shadow": False})
    made = await preview_of(tried, message, units)
    answer: dict[str, JsonValue] = {"refused": made} if isinstance(made, str) else {"ok": True}
    if isinstance(made, Preview):
        answer["preview"] = await blobs.put(message.tenant, made.model_dump_json().encode())
    async with units.handling(message) as unit:
        unit.answer(answer)


@triggers.each_due(trials, every=timedelta(seconds=1), at_once=AT_ONCE)
async def go_on(claimed: due.Claimed, units: Units) -> None:
    """Take the next events of a trial; what ended long ago is removed."""
    async with units.sweeping(claimed, trials) as (unit, row):
        if row.ended_at is not None:
            await trialrows.remove(unit.db, claimed.id)
            return
        trial = await _trial(unit, row.trigger, row.settings)
        contract = next(event.name for event, waits in WAITS_FOR.items() if waits is trial.tried.type)
        found = await trialrows.events_after(unit.db, row, contract, EVENTS_AT_ONCE)
        counted = Counter(row.counted)
        kept = [one for each in found if (one := await _kept(unit, claimed.id, trial, each, counted))]
        await trialrows.keep(unit.db, kept)
        last = {"at": found[-1].at.isoformat(), "id": str(found[-1].id)} if found else row.cursor
        ended = len(found) < EVENTS_AT_ONCE
        told = {"state": "done", "ended_at": unit.now} if ended else {"state": "running"}
        due_at = unit.now + KEPT if ended else unit.now
        facts = {"counted": dict(counted), "cursor": last, "attempts": 0}
        await due.finish(unit.db, trials, claimed, due_at=due_at, **facts, **told)
        unit.wake()


async def _trial(unit: Unit, replaced: UUID | None, settings: dict[str, JsonValue]) -> Trial:
    tried = SAVED.validate_python({**settings, "id": replaced or NEW, "shadow": False})
    active = await repository.active(unit.db, unit.tenant, tried.type)
    changing = TriggerType.TICKET_FIELD_CHANGE
    hear = active if tried.type is changing else await repository.active(unit.db, unit.tenant, changing)
    return Trial(
        tried,
        _in_place(active, tried),
        _in_place(hear, tried) if tried.type is changing else tuple(hear),
    )


def _in_place(active: Sequence[Saved], tried: Saved) -> tuple[Saved, ...]:
    """Put what is tried where it stands, or where it would: behind those of its position."""
    if any((one.id, one.position) == (tried.id, tried.position) for one in active):
        return tuple(tried if one.id == tried.id else one for one in active)
    others = [one for one in active if one.id != tried.id]
    before = [one for one in others if one.position <= tried.position]
    return (*before, tried, *others[len(before) :])


# Any: a row has the columns of the event
async def _kept(
    unit: Unit, run: UUID, trial: Trial, row: Row[Any], counted: Counter[str]
) -> dict[str, Any] | None:
    """Decide about one event and count it; return the row that is kept of it, if any is."""
    event = CONTRACTS[row.contract].model_validate(row.payload)
    assert isinstance(event, TicketEvent)
    if not is_heard(event):
        return None
    around = await _around(unit, trial, event)
    verdicts = await asyncio.to_thread(decide, trial.others, event, around, row.at)
    verdict = next(one for one in verdicts if one.trigger is trial.tried)
    chain = await asyncio.to_thread(chain_after, verdict, event, trial.on_changes, around)
    _count(verdict, chain, counted)
    if counted[verdict.outcome] > MOST_KEPT[verdict.outcome]:
        return None
    return {
        "trial": run,
        "event": row.id,
        "tenant": unit.tenant,
        "ticket": event.ticket.id,
        "outcome": verdict.outcome,
        "why": {**described(verdict), **_to(verdict)},
        "chain": chain,
        "at": row.at,
    }


async def _around(unit: Unit, trial: Trial, event: TicketEvent) -> Around:
    who = (event.ticket.assignee, event.ticket.department)
    if who not in trial.people:
        people = await repository.people_around(unit.db, unit.tenant, *who)
        trial.people[who] = replace(people, clock=await lookups.clock_of(unit.db, unit.tenant))
    participants = await lookups.participants_of(unit.db, unit.tenant, event.ticket.id)
    return replace(trial.people[who], participants=participants)


def _count(verdict: Verdict, chain: int, counted: Counter[str]) -> None:
    counted["events"] += 1
    counted[verdict.outcome] += 1
    counted["deepest"] = max(counted["deepest"], chain)
    counted["loops"] += chain >= LONGEST_CHAIN
    for effect in verdict.effects:
        counted["mails" if isinstance(effect, SendTo) else "changes"] += 1


def _to(verdict: Verdict) -> dict[str, JsonValue]:
    to: list[JsonValue] = []
    for effect in verdict.effects:
        if isinstance(effect, SendTo):
            to += [one.address for one in effect.to]
    return {"to": to} if to else {}
