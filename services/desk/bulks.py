"""Change many tickets: preview it, carry it out ticket by ticket, take it back.

One step collects answers and asks for the next tickets, under the lock of the bulk's row. Whoever started
it takes the first steps while they wait; the sweep takes the others.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from pydantic import JsonValue

from services.desk.asking.commands import LONGEST_PAUSE_SECONDS, Done, Refused, answer_of
from services.desk.desk import Desk
from services.desk.effects import Effect, Now, Values, Wanted, new_values, undone
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.queries.bulks import (
    Bulk,
    Counted,
    Item,
    answered,
    bulk_of,
    copy_done,
    counted,
    items_of,
    keep_bulk,
    locked_bulk,
    next_items,
    remove_bulk,
    set_item,
    set_state,
    tickets_now,
)
from services.desk.queries.departments import as_seen_by
from services.desk.queries.people import User, user_named
from services.desk.queries.reading import Reading
from services.desk.queries.seen import leave_unread, see
from services.desk.wording.signs import field_word
from shared.contracts.tickets import ChangeTicket
from shared.messaging.unit import Unit
from shared.waiting import woken

MOST = 10_000
"""So many tickets are changed by one bulk."""
STEP = 100
"""So many commands are under way at once: others use the desk too."""
TRIES = 3
"""So often a ticket is read again when somebody was faster."""
NEXT = timedelta(seconds=1)
PREVIEWED, KEPT = timedelta(days=1), timedelta(days=7)
"""How long a preview waits, and how long what was done can be taken back."""


@dataclass(frozen=True)
class Told:
    """How a bulk ended, or how far it is."""

    bulk: Bulk
    counted: Counted

    @property
    def done(self) -> int:
        return self.counted.states.get("done", 0)

    @property
    def can_undo(self) -> bool:
        return self.bulk.state == "done" and self.done > 0 and self.bulk.undoes is None


async def preview(
    desk: Desk, user: User, bulk: UUID, wanted: Wanted, chosen: Sequence[tuple[UUID, int]], *, back: str = ""
) -> None:
    """Keep what somebody wants to change on which tickets. Nothing happens yet."""
    now = desk.clock()
    made = Bulk(bulk, user.tenant, user.id, "preview", wanted.model_dump(mode="json"), None, back, now)
    async with desk.writing(user.tenant) as db:
        await keep_bulk(db, made, chosen[:MOST], now + PREVIEWED)


async def effect_of(
    reading: Reading, user: User, bulk: Bulk, word: Callable[[str, JsonValue], str]
) -> Effect:
    """Say what it would do to the tickets as they are now."""
    items = await items_of(reading.db, bulk, MOST)
    wanted = Wanted.model_validate(bulk.changes)
    now = await tickets_now(reading, user.id, [item.ticket for item in items], wanted)
    return Effect.of(wanted, now.values(), word)


async def told_of(reading: Reading, user: User, bulk: UUID | None) -> Told | None:
    """Return one of the person's own; None when it is not, or not there any more."""
    found = await bulk_of(reading.db, reading.tenant, bulk, user.id) if bulk else None
    return Told(found, await counted(reading.db, found)) if found else None


async def begin(desk: Desk, user: User, bulk: UUID) -> None:
    """Carry it out, as far as it comes while somebody waits."""
    async with desk.units.acting(user.tenant) as unit:
        found = await locked_bulk(unit.db, unit.tenant, bulk)
        if found is not None and found.state == "preview":
            await set_state(unit.db, found, "running", unit.now + NEXT)
    await _wait(desk, user, bulk)


async def take_back(desk: Desk, user: User, bulk: UUID) -> UUID | None:
    """Give the tickets their earlier values back, where nobody changed them since; None: there is nothing
    to take back. Returns the bulk that does it: asked twice, it is one."""
    undo = uuid5(bulk, "undo")
    async with desk.writing(user.tenant) as db:
        found = await bulk_of(db, user.tenant, bulk, user.id)
        if found is None or found.state != "done" or found.undoes is not None:
            return None
        now = desk.clock()
        made = Bulk(undo, user.tenant, user.id, "running", {}, bulk, found.back, now)
        await keep_bulk(db, made, (), now + NEXT)
        await copy_done(db, made)
    await _wait(desk, user, undo)
    return undo


async def _wait(desk: Desk, user: User, bulk: UUID) -> None:
    """Take steps until it is done or patience ends."""
    pause, until = 0.02, asyncio.get_running_loop().time() + desk.patience.total_seconds()
    while asyncio.get_running_loop().time() < until:
        async with desk.units.acting(user.tenant) as unit:
            found = await locked_bulk(unit.db, unit.tenant, bulk)
            if found is None or found.state != "running":
                return
            asked = await step(unit, found)
        if asked is None:
            return
        with desk.answers.expecting(asked) as told:
            await woken(told, pause)
        pause = min(pause * 1.6, LONGEST_PAUSE_SECONDS)


async def step(unit: Unit, bulk: Bulk) -> UUID | None:
    """Collect answers and ask for more. Returns a command that is under way; None when all is done."""
    for item, answer in await answered(unit.db, bulk):
        await _collect(unit, bulk, item, answer)
    states = (await counted(unit.db, bulk)).states
    room = STEP - states.get("asked", 0)
    items = await next_items(unit.db, bulk, room) if room > 0 else []
    asked = await _ask(unit, bulk, items) if items else None
    if not items and not states.get("asked", 0):
        await set_state(unit.db, bulk, "done", unit.now + KEPT)
        return None
    await set_state(unit.db, bulk, "running", unit.now + NEXT)
    return asked or bulk.id


async def forget_or_go_on(unit: Unit, bulk: Bulk) -> datetime | None:
    """Take the step of one that is due, or remove it in its time. Returns when it is due again; None: it is
    gone."""
    if bulk.state != "running":
        await remove_bulk(unit.db, unit.tenant, bulk.id)
        return None
    return unit.now + (NEXT if await step(unit, bulk) else KEPT)


async def _collect(unit: Unit, bulk: Bulk, item: Item, answer: JsonValue) -> None:
    match answer_of(answer):
        case Done():
            await set_item(unit.db, bulk, item.ticket, state="done")
        case Refused(facts=facts) if facts.get("conflict") and item.attempts < TRIES:
            await set_item(unit.db, bulk, item.ticket, state="waiting")
        case Refused(why):
            await set_item(unit.db, bulk, item.ticket, state="refused", detail=why)
        case _:
            pass


async def _ask(unit: Unit, bulk: Bulk, items: Sequence[Item]) -> UUID | None:
    """Ask ticketing for the next tickets, with the rights of whoever wants it as they are now."""
    everything = Reading(unit.db, unit.tenant)
    user = await user_named(everything, bulk.user)
    if user is None:
        await _refuse(unit, bulk, items, gettext("Whoever asked for it is no user any more."))
        return None
    if not user.may_write:
        await _refuse(unit, bulk, items, gettext("Whoever asked for it may change nothing any more."))
        return None
    reading = await as_seen_by(everything, user)
    wanted = Wanted.model_validate(bulk.changes)
    now = await tickets_now(reading, user.id, [item.ticket for item in items], wanted)
    command = None
    for item in items:
        ticket = now.get(item.ticket)
        if ticket is None:
            await _refuse(unit, bulk, [item], gettext("There is no ticket %(number)s.", number=item.number))
        elif isinstance(turn := _turn(bulk, item, ticket), str):
            await _refuse(unit, bulk, [item], turn)
        else:
            command = await _take(unit, bulk, user, turn) or command
    return command


@dataclass(frozen=True)
class Turn:
    """What is done to one ticket."""

    item: Item
    version: int
    old: Values
    new: Values
    read: bool | None


def _turn(bulk: Bulk, item: Item, ticket: Now) -> Turn | str:
    """Decide what is done to a ticket as it is now, or why nothing is."""
    if bulk.undoes is None:
        wanted = Wanted.model_validate(bulk.changes)
        new = new_values(wanted, ticket.values)
        read = wanted.read if wanted.read is not None and ticket.is_unread == wanted.read else None
    else:
        before, given = dict(item.old or {}), dict(item.new or {})
        was_read, _ = before.pop("read", None), given.pop("read", None)
        back = undone(before, given, ticket.values)
        if isinstance(back, str):
            return gettext("Somebody changed its %(field)s since.", field=field_word(back))
        new, read = back, was_read if isinstance(was_read, bool) else None
    if ticket.is_merged and new:
        return gettext("It was merged into another ticket.")
    return Turn(item, ticket.version, {name: ticket.values.get(name) for name in new}, new, read)


async def _take(unit: Unit, bulk: Bulk, user: User, turn: Turn) -> UUID | None:
    item = turn.item
    old, new = dict(turn.old), dict(turn.new)
    if turn.read is not None:
        mark = see if turn.read else leave_unread
        await mark(unit.db, unit.tenant, user.id, [item.ticket], unit.now)
        old, new = {**old, "read": not turn.read}, {**new, "read": turn.read}
    kept = {"old": old, "new": new} if bulk.undoes is None else {}
    if not turn.new:
        state = "same" if turn.read is None else "done"
        await set_item(unit.db, bulk, item.ticket, state=state, **kept)
        return None
    again = f" {item.attempts}" if item.attempts else ""
    command = ChangeTicket(
        id=uuid5(bulk.id, f"{item.ticket}{again}"),
        tenant=unit.tenant,
        ticket=item.ticket,
        changes=turn.new,
        expected_version=turn.version,
        actor=actor_of(user),
    )
    unit.emit(command)
    asked = {"state": "asked", "command": command.id, "attempts": item.attempts + 1}
    await set_item(unit.db, bulk, item.ticket, **asked, **kept)
    return command.id


async def _refuse(unit: Unit, bulk: Bulk, items: Sequence[Item], why: str) -> None:
    for item in items:
        await set_item(unit.db, bulk, item.ticket, state="refused", detail=why)
