"""A ticket that is two matters: split."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.named import Number, the_ticket
from services.desk.desk import TheDesk
from services.desk.making import actor_of
from services.desk.signin.auth import TokenUser
from shared.contracts.tickets import SplitTicket

router = APIRouter(prefix="/tickets/{number}/split", tags=["tickets"])

MOST = 500
"""Posts that are split off at once."""


class SplitIn(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    posts: Annotated[list[UUID], Field(min_length=1, max_length=MOST)] = Field(
        description="Mails and notes that become a ticket of their own; at least one stays."
    )
    subject: Annotated[str, Field(min_length=1, max_length=998)] = Field(
        description="Of the new ticket.", examples=["The other printer"]
    )
    version: int | None = Field(default=None, description="Of the ticket as you read it.")


@router.post("", summary="Split posts off", responses=NOT_HERE | REFUSED)
async def split(
    *, desk: TheDesk, user: TokenUser, number: Number, wanted: SplitIn, key: Key, response: Response
) -> CommandAnswer:
    """Make some posts a ticket of their own, whose `number` is answered. Answers to their mail go there.
    Merging the new ticket into the old one undoes it."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
    command = SplitTicket(
        id=key.id,
        tenant=user.tenant,
        ticket=ticket.id,
        posts=tuple(wanted.posts),
        subject=wanted.subject,
        expected_version=wanted.version,
        actor=actor_of(user),
    )
    return await carried_out(desk, key, command, response)
