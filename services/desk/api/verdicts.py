"""Why triggers fired on a ticket, and why others did not."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field, JsonValue

from services.desk.api.answering import NOT_HERE
from services.desk.api.named import Number, the_ticket
from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.queries.paging import token_of
from services.desk.queries.verdicts import Asked as Happened
from services.desk.queries.verdicts import of_ticket
from services.desk.signin.auth import TokenUser

router = APIRouter(prefix="/tickets", tags=["tickets"])


class VerdictOut(BaseModel):
    """What one trigger made of it."""

    trigger: str = Field(description="Its name.")
    id: UUID = Field(description="Of the trigger.")
    contract: str = Field(examples=["ticket.changed.v1"])
    outcome: Literal["fired", "not", "suppressed", "failed", "shadow"]
    why: JsonValue = Field(description="What it did; or the condition that said no, with what was seen.")
    at: datetime


class ChangedOut(BaseModel):
    field: str
    old: JsonValue = None
    new: JsonValue = None


class AskedOut(BaseModel):
    """Something that happened, and every trigger that was asked about it."""

    event: UUID
    contract: str = Field(examples=["ticket.changed.v1"])
    at: datetime
    actor: dict[str, JsonValue]
    changes: list[ChangedOut]
    verdicts: list[VerdictOut]


@router.get("/{number}/verdicts", summary="Why did triggers fire, or not?", responses=NOT_HERE)
async def verdicts(
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    asked: Asked,
) -> Page[AskedOut]:
    """What happened on the ticket, newest first, with each trigger that was asked. Kept for 30 days."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        found = await of_ticket(reading, ticket.id, asked.place, asked.one_more)
    return asked.of(found, _out, lambda one: token_of(one.at, one.id))


def _out(one: Happened) -> AskedOut:
    return AskedOut(
        event=one.id,
        contract=one.contract,
        at=one.at,
        actor=one.actor,
        changes=[ChangedOut.model_validate(change, from_attributes=True) for change in one.changes],
        verdicts=[VerdictOut.model_validate(verdict, from_attributes=True) for verdict in one.verdicts],
    )
