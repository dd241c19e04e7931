"""Many tickets changed alike, and what was changed on one."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.desk.api.answering import NOT_HERE, REFUSED, Key
from services.desk.api.given import Tag
from services.desk.api.named import Number, the_ticket
from services.desk.api.paging import Asked, Page
from services.desk.api.shapes import Changes
from services.desk.bulks import MOST, begin, preview, take_back, told_of
from services.desk.desk import Desk, TheDesk
from services.desk.effects import Effect, Wanted
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.queries.bulks import items_of, tickets_now
from services.desk.queries.changes import changes_before
from services.desk.queries.people import User
from services.desk.queries.ticket import ids_of_numbers
from services.desk.queries.tickets import LARGEST_NUMBER
from services.desk.signin.auth import TokenUser
from services.desk.timeline.naming import naming
from services.desk.wording.plain import sentence

router = APIRouter(prefix="/tickets", tags=["tickets"])

State = Literal["done", "refused", "still working"]
STATES: dict[str, State] = {"done": "done", "same": "done", "refused": "refused"}


class ManyTicketsIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    numbers: list[Annotated[int, Field(ge=1, le=LARGEST_NUMBER)]] = Field(
        min_length=1, max_length=200, examples=[[7, 8]]
    )
    changes: Changes = Field(default_factory=Changes)
    add_tags: list[Tag] = Field(default_factory=list, examples=[["printer"]])
    remove_tags: list[str] = Field(default_factory=list)

    def checked(self) -> Wanted:
        """Return what is to be changed.

        Raises:
            Invalid: nothing is, or a version is named.
        """
        tags = {"add_tags": tuple(self.add_tags), "remove_tags": tuple(self.remove_tags)}
        wanted = Wanted(values=self.changes.named(), **tags)
        if not wanted or self.changes.version is not None:
            raise Invalid("Name fields to change, and no version: the tickets have different ones.")
        return wanted


class EffectOut(BaseModel):
    """What a change would do, in words."""

    tickets: int = Field(description="How many it changes.")
    lines: list[str] = Field(examples=[["status Open → Closed"]])
    notes: list[str] = Field(examples=[["1 has a held mail"]])


class TicketAnswer(BaseModel):
    """What became of one ticket."""

    number: int
    state: State
    detail: str = Field(default="", description="Why it was refused.")


class TicketChangeOut(BaseModel):
    id: int = Field(description="Later changes have larger ones.")
    field: str = Field(examples=["status"])
    old: JsonValue
    new: JsonValue
    actor: dict[str, JsonValue] = Field(description="The user, trigger or mail that did it, by name.")
    caused_by: UUID | None = Field(description="The message that asked for it.")
    version: int = Field(description="Of the ticket since.")
    at: datetime


@router.post("/bulk", summary="Change many tickets alike", responses=REFUSED)
async def change_many(
    *, desk: TheDesk, user: TokenUser, wanted: ManyTicketsIn, key: Key, response: Response
) -> list[TicketAnswer]:
    """Each ticket by itself: what is refused on one is done on the others. The same key again does nothing
    twice. `Location` names it: there is how far it is, and it can be taken back."""
    changes = wanted.checked()
    async with desk.reading(user) as reading:
        ids = await ids_of_numbers(reading, wanted.numbers)
    await key.hold(desk, user.tenant)
    await preview(desk, user, key.id, changes, [(ids[one], one) for one in wanted.numbers if one in ids])
    await begin(desk, user, key.id)
    response.headers["Location"] = f"/api/v1/tickets/bulk/{key.id}"
    answers = {one.number: one for one in await _answers(desk, user, key.id)}
    return [answers.get(number) or _missing(number) for number in dict.fromkeys(wanted.numbers)]


@router.post("/bulk/preview", summary="Say what changing many tickets would do")
async def preview_many(desk: TheDesk, user: TokenUser, wanted: ManyTicketsIn) -> EffectOut:
    """Nothing is changed or kept. Tickets that are not there are left out."""
    changes = wanted.checked()
    async with desk.reading(user) as reading:
        ids = await ids_of_numbers(reading, wanted.numbers)
        now = await tickets_now(reading, user.id, list(ids.values()), changes)
        effect = Effect.of(changes, now.values(), await naming(reading))
    return EffectOut(tickets=effect.tickets, lines=effect.lines, notes=effect.notes)


@router.get("/bulk/{bulk}", summary="Read how far a change of many tickets is", responses=NOT_HERE)
async def read_many(desk: TheDesk, user: TokenUser, bulk: UUID) -> list[TicketAnswer]:
    """One's own, until a week after it."""
    return await _answers(desk, user, bulk)


@router.post("/bulk/{bulk}/undo", summary="Take a change of many tickets back", responses=NOT_HERE | REFUSED)
async def undo_many(desk: TheDesk, user: TokenUser, bulk: UUID) -> list[TicketAnswer]:
    """Each ticket that was changed gets its earlier values back, unless somebody changed them since."""
    await _answers(desk, user, bulk)
    undo = await take_back(desk, user, bulk)
    if undo is None:
        raise Conflict("It is not done yet, or is the undo of another.", remedy="Ask how far it is.")
    return await _answers(desk, user, undo)


@router.get("/{number}/history", summary="Read what was changed on a ticket", responses=NOT_HERE)
async def history(
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    asked: Asked,
) -> Page[TicketChangeOut]:
    """The newest changes first, each with who or what made it."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        rows = await changes_before(reading, ticket.id, asked.row, asked.one_more)
    return asked.of(rows, lambda row: TicketChangeOut.model_validate(dict(row)), lambda row: str(row["id"]))


async def _answers(desk: Desk, user: User, bulk: UUID) -> list[TicketAnswer]:
    async with desk.reading(user) as reading:
        told = await told_of(reading, user, bulk)
        if told is None:
            raise NotHere("There is no such change.", remedy="It may be too old.")
        items = await items_of(reading.db, told.bulk, MOST)
    return [
        TicketAnswer(
            number=item.number, state=STATES.get(item.state, "still working"), detail=sentence(item.detail)
        )
        for item in items
    ]


def _missing(number: int) -> TicketAnswer:
    return TicketAnswer(number=number, state="refused", detail=f"There is no ticket {number}.")
