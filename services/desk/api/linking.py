"""Tickets that have to do with each other: link and unlink."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.named import Number, the_ticket
from services.desk.desk import TheDesk
from services.desk.making import actor_of
from services.desk.queries.tickets import LARGEST_NUMBER
from services.desk.signin.auth import TokenUser
from shared.contracts.tickets import LinkKind, LinkTickets, UnlinkTickets

router = APIRouter(prefix="/tickets/{number}/links", tags=["tickets"])


class LinkIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    to: int = Field(ge=1, le=LARGEST_NUMBER, description="Number of the other ticket.", examples=[4711])
    how: LinkKind = Field(description="What the other ticket is to this one.", examples=["relates"])


@router.post("", summary="Link to another ticket", responses=NOT_HERE | REFUSED)
async def link(
    *, desk: TheDesk, user: TokenUser, number: Number, wanted: LinkIn, key: Key, response: Response
) -> CommandAnswer:
    """Link two tickets. Both show it, each from its side."""
    async with desk.reading(user) as reading:
        ticket, other = await the_ticket(reading, number), await the_ticket(reading, wanted.to)
    command = LinkTickets(
        id=key.id, tenant=user.tenant, ticket=ticket.id, to=other.id, how=wanted.how, actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)


@router.delete("/{to}", summary="Remove a link", responses=NOT_HERE | REFUSED)
async def unlink(
    *, desk: TheDesk, user: TokenUser, number: Number, to: Number, key: Key, response: Response
) -> CommandAnswer:
    """Remove what people linked. That a ticket follows another is how it came to be, and stays."""
    async with desk.reading(user) as reading:
        ticket, other = await the_ticket(reading, number), await the_ticket(reading, to)
    command = UnlinkTickets(
        id=key.id, tenant=user.tenant, ticket=ticket.id, to=other.id, actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)
