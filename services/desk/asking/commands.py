"""Send a command to another service and wait for its answer."""

import asyncio
from dataclasses import dataclass, field

from pydantic import JsonValue
from sqlalchemy import Text, cast, select

from services.desk.desk import Desk
from services.desk.languages import gettext
from services.desk.queries.reading import Reading
from shared.contracts.base import Message
from shared.messaging.topology import queues_of
from shared.storage.messages import inbox, parked
from shared.waiting import woken

FIRST_LOOK_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 0.5


@dataclass(frozen=True)
class Done:
    """It was done; the facts are the answer's own."""

    facts: dict[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class Refused:
    """It was not done, and why, in words for a person."""

    why: str
    facts: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def invalid(self) -> bool:
        """What was asked for cannot be, and to ask again does not help."""
        return self.facts.get("invalid") is True


@dataclass(frozen=True)
class StillWorking:
    """Nobody has answered yet. The command is kept and will be done: asking again with its id is safe."""


Answer = Done | Refused | StillWorking


async def ask(desk: Desk, command: Message) -> Answer:
    """Send a command and wait. Its id makes it one: asked twice, it is done once and answered the same."""
    with desk.answers.expecting(command.id) as told:
        found = await _look(desk, command)
        if isinstance(found, StillWorking):
            async with desk.units.acting(command.tenant) as unit:
                unit.emit(command)
            found = await _wait(desk, command, told)
    return found


async def _wait(desk: Desk, command: Message, told: asyncio.Event) -> Answer:
    pause = FIRST_LOOK_SECONDS
    until = asyncio.get_running_loop().time() + desk.patience.total_seconds()
    while asyncio.get_running_loop().time() < until:
        if await woken(told, pause):
            told.clear()
        else:
            pause = min(pause * 1.6, LONGEST_PAUSE_SECONDS)
        found = await _look(desk, command)
        if not isinstance(found, StillWorking):
            return found
    return StillWorking()


async def _look(desk: Desk, command: Message) -> Answer:
    async with desk.reading_all(command.tenant) as reading:
        result = await _result(reading, command)
        if result is not None:
            return answer_of(result)
        if await _gave_up(reading, command):
            return Refused(
                gettext("This could not be done. The reason stands under Operations, parked messages.")
            )
    return StillWorking()


def answer_of(result: JsonValue) -> Answer:
    """Read the answer's convention: `{"ok": true, …}` or `{"refused": "a sentence", …}`, with
    `"invalid": true` where a value cannot be."""
    facts = result if isinstance(result, dict) else {}
    others = {name: value for name, value in facts.items() if name not in {"ok", "refused"}}
    return Refused(str(facts["refused"]), others) if "refused" in facts else Done(others)


async def _result(reading: Reading, command: Message) -> JsonValue:
    found = await reading.db.execute(
        select(inbox.c.result).where(
            reading.own(inbox), inbox.c.message_id == command.id, inbox.c.queue.in_(queues_of(type(command)))
        )
    )
    results: list[JsonValue] = [row.result for row in found if row.result is not None]
    return results[0] if results else None


async def _gave_up(reading: Reading, command: Message) -> bool:
    found = await reading.db.execute(
        select(parked.c.id)
        .where(reading.own(parked), parked.c.message_id == cast(str(command.id), Text))
        .limit(1)
    )
    return found.first() is not None
