"""Mails in quarantine, taking them out, and making no ticket of them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.making import actor_of
from services.desk.queries.operations import Aside, quarantined
from services.desk.queries.paging import token_of
from services.desk.queries.passport import ledger_entry
from services.desk.signin.auth import TokenUser
from shared.contracts.quarantine import DecideQuarantined, Decision, DropQuarantined

router = APIRouter(prefix="/quarantine", tags=["mails"])


class QuarantinedOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    mailbox_address: str | None
    reason: str | None = Field(examples=["too_large"])
    detail: str | None
    size: int | None
    attempts: int
    blob: str | None = Field(description="Null: its bytes were never fetched.")
    listed_at: datetime
    received_at: datetime | None
    dropped_by: str | None
    dropped_at: datetime | None


@router.get("", summary="List mails in quarantine")
async def list_quarantined(
    desk: TheDesk,
    user: TokenUser,
    state: Annotated[
        Aside, Query(description="`dropped`: those of which no ticket is made.")
    ] = "quarantined",
    *,
    asked: Asked,
) -> Page[QuarantinedOut]:
    """The latest first."""
    async with desk.reading(user) as reading:
        found = await quarantined(reading, state, asked.one_more, asked.place)
    return asked.of(found, QuarantinedOut.model_validate, lambda one: token_of(one.aside_at, one.id))


@router.post("/{mail}/drop", summary="Make no ticket of a mail", responses=NOT_HERE | REFUSED)
async def drop(desk: TheDesk, user: TokenUser, mail: UUID, key: Key, response: Response) -> CommandAnswer:
    """Nothing is deleted: the mail stays with its bytes, told as dropped, and can be retried or accepted."""
    await _seen(desk, user, mail)
    command = DropQuarantined(id=key.id, tenant=user.tenant, mail=mail, actor=actor_of(user))
    return await carried_out(desk, key, command, response)


@router.post(
    "/{mail}/{decision}", summary="Retry a mail, or make a ticket of it anyway", responses=NOT_HERE | REFUSED
)
async def decide(
    desk: TheDesk, user: TokenUser, mail: UUID, decision: Decision, *, key: Key, response: Response
) -> CommandAnswer:
    """`accept`: a ticket with what the header says and the whole mail as a file, where its bytes are kept.
    Also of a mail that was dropped."""
    await _seen(desk, user, mail)
    command = DecideQuarantined(
        id=key.id, tenant=user.tenant, mail=mail, decision=decision, actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)


async def _seen(desk: TheDesk, user: TokenUser, mail: UUID) -> None:
    async with desk.reading(user) as reading:
        if await ledger_entry(reading, mail) is None:
            raise NotHere("The ledger has no such mail.")
