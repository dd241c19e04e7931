"""Many tickets changed alike, and what was changed on one."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID, uuid5

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.desk.api.answering import NOT_HERE, Key
from services.desk.api.named import Number, the_ticket
from services.desk.api.shapes import Changes
from services.desk.auth import TokenUser
from services.desk.commands import Done, Refused, ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid
from services.desk.queries.people import User
from services.desk.queries.ticket import ids_of_numbers
from services.desk.queries.timeline import changes_before
from services.desk.rendering import sentence
from services.desk.replying import actor_of
from shared.contracts.tickets import ChangeTicket

router = APIRouter(prefix="/tickets", tags=["tickets"])

AT_ONCE = 4
"""As many tickets of one call are changed at once: others use the desk too."""


class BulkIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    numbers: list[Annotated[int, Field(ge=1)]] = Field(min_length=1, max_length=200, examples=[[7, 8]])
    changes: Changes


class BulkAnswer(BaseModel):
    """What became of one ticket."""

    number: int
    state: Literal["done", "refused", "still working"]
    detail: str = Field(default="", description="Why it was refused.")


class ChangeOut(BaseModel):
    id: int = Field(description="Give that of the last one as `before` for the older ones.")
    field: str = Field(examples=["status"])
    old: JsonValue
    new: JsonValue
    actor: dict[str, JsonValue] = Field(description="The user, trigger or mail that did it, by name.")
    caused_by: UUID | None = Field(description="The message that asked for it.")
    version: int = Field(description="Of the ticket since.")
    at: datetime


@router.post("/bulk", summary="Change many tickets alike")
async def change_many(desk: TheDesk, user: TokenUser, wanted: BulkIn, key: Key) -> list[BulkAnswer]:
    """Each ticket by itself: what is refused on one is done on the others. The same key again does nothing
    twice."""
    changes = wanted.changes.named()
    if not changes or wanted.changes.version is not None:
        raise Invalid("Name fields to change, and no version: the tickets have different ones.")
    async with desk.reading(user) as reading:
        ids = await ids_of_numbers(reading, wanted.numbers)
    free = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> BulkAnswer:
        if number not in ids:
            return BulkAnswer(number=number, state="refused", detail=f"There is no ticket {number}.")
        async with free:
            return await _changed(desk, number, _command(user, ids[number], changes, key))

    return list(await asyncio.gather(*(one(number) for number in dict.fromkeys(wanted.numbers))))


@router.get("/{number}/history", summary="Read what was changed on a ticket", responses=NOT_HERE)
async def history(
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    before: Annotated[int | None, Query(description="Changes older than this one.")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[ChangeOut]:
    """The newest changes first, each with who or what made it."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        rows = await changes_before(reading, ticket.id, before, limit)
    return [ChangeOut.model_validate(dict(row)) for row in rows]


def _command(user: User, ticket: UUID, changes: dict[str, JsonValue], key: UUID) -> ChangeTicket:
    return ChangeTicket(
        id=uuid5(key, str(ticket)),
        tenant=user.tenant,
        ticket=ticket,
        changes=changes,
        actor=actor_of(user),
    )


async def _changed(desk: Desk, number: int, command: ChangeTicket) -> BulkAnswer:
    match await ask(desk, command):
        case Done():
            return BulkAnswer(number=number, state="done")
        case Refused(why):
            return BulkAnswer(number=number, state="refused", detail=sentence(why))
        case _:
            return BulkAnswer(number=number, state="still working")
