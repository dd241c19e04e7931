"""Addresses that automatic mail spares, because mail to them came back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.making import actor_of
from services.desk.queries.blocked import blocked_addresses, blocked_page
from services.desk.queries.paging import token_of
from services.desk.signin.auth import TokenUser
from shared.contracts.sending import UnblockAddress

router = APIRouter(prefix="/blocked-addresses", tags=["outgoing mail"])


class BlockedOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    address: str = Field(examples=["gone@example.com"])
    reason: str
    mail: UUID = Field(description="The outgoing mail that came back.")
    since: datetime
    until: datetime = Field(description="From then on automatic mail goes there again.")


@router.get("", summary="List addresses that automatic mail spares")
async def list_blocked(desk: TheDesk, user: TokenUser, asked: Asked) -> Page[BlockedOut]:
    """The newest first. What people write goes there nevertheless, with a warning."""
    async with desk.reading(user) as reading:
        found = await blocked_page(reading, desk.clock(), "", asked.named_place, asked.one_more)
    return asked.of(found, BlockedOut.model_validate, lambda one: token_of(one.since, one.address))


@router.delete("/{address}", summary="Let automatic mail go there again", responses=NOT_HERE | REFUSED)
async def unblock(
    desk: TheDesk,
    user: TokenUser,
    address: Annotated[str, Path(max_length=320, examples=["gone@example.com"])],
    key: Key,
    response: Response,
) -> CommandAnswer:
    async with desk.reading(user) as reading:
        if not await blocked_addresses(reading, desk.clock(), address.lower()):
            raise NotHere("Automatic mail goes to this address.")
    command = UnblockAddress(id=key.id, tenant=user.tenant, address=address.lower(), actor=actor_of(user))
    return await carried_out(desk, key, command, response)
