"""What is known of a contact, exported and erased; receipts of that. For administrators."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.errors import Conflict, NotHere
from services.desk.privacy import address_of, exported, privacy_of, told
from services.desk.queries.erasures import receipt_of, receipts
from services.desk.queries.paging import token_of
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken

router = APIRouter(tags=["people"])


class ErasureOut(BaseModel):
    """How an erasure stands. It says of nobody whose it was."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    found: dict[str, int] = Field(description="How much there was.", examples=[{"tickets": 1}])
    by: UUID | None = Field(description="The user who asked for it; null: a command.")
    by_name: str | None
    begun_at: datetime
    finished_at: datetime | None = Field(description="Null: at work, or broken off.")


@router.get(
    "/contacts/{contact}/export",
    summary="Export what a contact wrote and was written",
    responses=NOT_HERE | REFUSED | {200: {"content": {"application/zip": {}}, "description": "A .zip."}},
    response_class=StreamingResponse,
)
async def export_contact(desk: TheDesk, user: AdminToken, contact: UUID) -> StreamingResponse:
    """The same as `postroom contact export`: their row, tickets, mails and files; no internal notes."""
    address = await address_of(desk, user, contact)
    return await exported(privacy_of(desk), user.tenant, address)


@router.post(
    "/contacts/{contact}/erase",
    summary="Erase a contact",
    status_code=202,
    responses=NOT_HERE | REFUSED,
)
async def erase_contact(
    desk: TheDesk, user: AdminToken, contact: UUID, *, confirm: bool = False
) -> ErasureOut:
    """For good: their mails become stubs, their tickets stay. Without `confirm=true` it is refused, and
    `errors` says how much would go. What is answered is a receipt: read it to see when all is done."""
    address = await address_of(desk, user, contact)
    privacy = privacy_of(desk)
    if not confirm:
        found = await privacy.found(user.tenant, address)
        counts = {what: str(count) for what, count in found.items()}
        raise Conflict(
            f"This erases for good: {told(found)}.", remedy="Repeat it with confirm=true.", errors=counts
        )
    return await _receipt(desk, user, await privacy.erase(user.tenant, address, user.id))


@router.get("/erasures", summary="List erasures of contacts")
async def list_erasures(desk: TheDesk, user: AdminToken, asked: Asked) -> Page[ErasureOut]:
    """The latest first."""
    async with desk.reading(user) as reading:
        found = await receipts(reading, asked.one_more, asked.place)
    return asked.of(found, ErasureOut.model_validate, lambda one: token_of(one.begun_at, one.id))


@router.get("/erasures/{erasure}", summary="Read how an erasure stands", responses=NOT_HERE)
async def read_erasure(desk: TheDesk, user: AdminToken, erasure: UUID) -> ErasureOut:
    return await _receipt(desk, user, erasure)


async def _receipt(desk: TheDesk, user: User, erasure: UUID) -> ErasureOut:
    async with desk.reading(user) as reading:
        found = await receipt_of(reading, erasure)
    if found is None:
        raise NotHere("There is no such erasure.")
    return ErasureOut.model_validate(found)
