"""Tickets that are one: merge and undo."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.named import Number, the_ticket
from services.desk.desk import TheDesk
from services.desk.errors import Conflict
from services.desk.making import actor_of
from services.desk.queries.tickets import LARGEST_NUMBER
from services.desk.signin.auth import TokenUser
from shared.contracts.tickets import MergeTickets, UndoMerge

router = APIRouter(prefix="/tickets/{number}/merge", tags=["tickets"])


ASK_A_MEMBER = "Ask a member of its department to undo the merge."


class MergeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    into: int = Field(
        ge=1, le=LARGEST_NUMBER, description="Number of the ticket that stays.", examples=[4711]
    )
    version: int | None = Field(default=None, description="Of the ticket that is merged, as you read it.")


@router.post("", summary="Merge into another ticket", responses=NOT_HERE | REFUSED)
async def merge(
    *, desk: TheDesk, user: TokenUser, number: Number, wanted: MergeIn, key: Key, response: Response
) -> CommandAnswer:
    """Show the posts of this ticket on another, where answers to its mail go too. It can be undone."""
    async with desk.reading(user) as reading:
        source, target = await the_ticket(reading, number), await the_ticket(reading, wanted.into)
    command = MergeTickets(
        id=key.id,
        tenant=user.tenant,
        source=source.id,
        target=target.id,
        expected_version=wanted.version,
        actor=actor_of(user),
    )
    return await carried_out(desk, key, command, response)


@router.delete("", summary="Undo a merge", responses=NOT_HERE | REFUSED)
async def undo(
    *, desk: TheDesk, user: TokenUser, number: Number, key: Key, response: Response
) -> CommandAnswer:
    """Give this ticket back what it had before it was merged. What came since stays where it came to."""
    async with desk.reading(user) as reading:
        source = await the_ticket(reading, number)
    if source.merged_into is not None and source.merged_into_number is None:
        raise Conflict(f"Ticket {number} was merged into {source.merged_where}.", remedy=ASK_A_MEMBER)
    command = UndoMerge(id=key.id, tenant=user.tenant, source=source.id, actor=actor_of(user))
    return await carried_out(desk, key, command, response)
