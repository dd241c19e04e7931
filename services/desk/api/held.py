"""Mail that is held on a ticket until a person says where it belongs; and tickets left unread."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.given import Given
from services.desk.api.named import Number, the_ticket
from services.desk.api.paging import Page, whole
from services.desk.api.shapes import Person
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.making import actor_of
from services.desk.queries.seen import leave_unread
from services.desk.queries.timeline import Held, held_on, is_held_on
from services.desk.signin.auth import TokenUser
from shared.contracts.tickets import DecideHeldMail

router = APIRouter(prefix="/tickets/{number}", tags=["tickets"])


class HeldOut(BaseModel):
    id: UUID
    mail: UUID = Field(description="`GET /mails/{mail}` tells all of it.")
    sender: Person | None
    reason: str = Field(description="Why it was not simply added.", examples=["its sender is new"])
    at: datetime


class DecisionIn(Given):
    decision: Annotated[
        Literal["belongs", "new"], Field(description="It belongs to this ticket, or opens one of its own.")
    ]


@router.get("/held", summary="List mail that is held on a ticket", responses=NOT_HERE)
async def list_held(desk: TheDesk, user: TokenUser, number: Number) -> Page[HeldOut]:
    """All of it, the oldest first."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        return whole([_out(one) for one in await held_on(reading, ticket.id)])


@router.post("/held/{held}", summary="Say where held mail belongs", responses=NOT_HERE | REFUSED)
async def decide(
    *,
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    held: UUID,
    wanted: DecisionIn,
    key: Key,
    response: Response,
) -> CommandAnswer:
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        if not await is_held_on(reading, held, ticket.id):
            raise NotHere("No such mail waits on this ticket.")
    belongs = wanted.decision == "belongs"
    command = DecideHeldMail(id=key.id, tenant=user.tenant, held=held, belongs=belongs, actor=actor_of(user))
    return await carried_out(desk, key, command, response)


@router.post("/unread", status_code=204, summary="Leave a ticket unread", responses=NOT_HERE)
async def unread(desk: TheDesk, user: TokenUser, number: Number) -> Response:
    """For the person of the token, until they open it again."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
    async with desk.writing(user.tenant) as db:
        await leave_unread(db, user.tenant, user.id, [ticket.id], desk.clock())
    return Response(status_code=204)


def _out(held: Held) -> HeldOut:
    sender = held.message.sender if held.message else None
    person = Person(address=sender.address, name=sender.name) if sender else None
    return HeldOut(id=held.id, mail=held.mail, sender=person, reason=held.reason, at=held.at)
