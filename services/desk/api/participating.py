"""Who takes part in a ticket: add and remove people."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.given import PersonIn
from services.desk.api.named import Number, the_ticket
from services.desk.api.people import address_of
from services.desk.desk import TheDesk
from services.desk.making import actor_of
from services.desk.signin.auth import TokenUser
from shared.contracts.mail import Address
from shared.contracts.tickets import AddParticipant, RemoveParticipant

router = APIRouter(prefix="/tickets/{number}/participants", tags=["tickets"])


@router.post("", summary="Add somebody", responses=NOT_HERE | REFUSED)
async def add(
    *, desk: TheDesk, user: TokenUser, number: Number, wanted: PersonIn, key: Key, response: Response
) -> CommandAnswer:
    """Let somebody answer who was not in the mail, and put them in copy of what answers all."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
    person = address_of(wanted)
    command = AddParticipant(
        id=key.id, tenant=user.tenant, ticket=ticket.id, person=person, actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)


@router.delete("/{address}", summary="Remove somebody", responses=NOT_HERE | REFUSED)
async def remove(
    *,
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    address: Annotated[str, Path(max_length=320, examples=["bob@example.com"])],
    key: Key,
    response: Response,
) -> CommandAnswer:
    """Hold what somebody writes, and suggest them no more. The contact of the ticket cannot be removed."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
    person = Address(address=address.lower())
    command = RemoveParticipant(
        id=key.id, tenant=user.tenant, ticket=ticket.id, person=person, actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)
