"""The passport of one mail."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.desk.api.answering import NOT_HERE
from services.desk.api.shapes import SendingOut, sending_out
from services.desk.api.verdicts import VerdictOut
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.queries.passport import passport
from services.desk.signin.auth import TokenUser
from shared.plugins.mailboxes import Done

router = APIRouter(prefix="/mails", tags=["mails"])

OF_LEDGER = ("state", "reason", "detail", "size", "listed_at", "stored_at", "settled_at")


class PlacementOut(BaseModel):
    outcome: str = Field(examples=["added"])
    reason: str = Field(examples=["it answers a mail of this ticket"])
    ticket: int | None
    at: datetime


class ReceiptOut(BaseModel):
    done: Done = Field(description="`elsewhere`: somebody had moved it, and it stays there.")
    folder: str | None = Field(description="The provider's id of the folder that the mail is in since.")
    folder_path: str | None = Field(examples=["Inbox/Done"])
    provider_id: str | None = Field(description="The provider's id of the mail there.")


class PassportOut(BaseModel):
    """Every stage of one mail, with its reason."""

    mail: UUID
    mailbox: str | None
    state: str = Field(examples=["settled"])
    reason: str | None
    detail: str | None = Field(
        description="More about the reason, in the provider's words where there are any."
    )
    size: int | None
    listed_at: datetime
    stored_at: datetime | None
    settled_at: datetime | None
    dropped_by: str | None = Field(description="Who decided that it becomes no ticket.")
    dropped_at: datetime | None
    receipt: ReceiptOut | None = Field(description="What was done in the mailbox once the mail was kept.")
    placement: PlacementOut | None
    held: str | None
    verdicts: list[VerdictOut]
    outgoing: list[SendingOut] = Field(description="Mail on the same ticket since it was placed.")


@router.get("/{mail}", summary="Why is this mail where it is?", responses=NOT_HERE)
async def read_passport(desk: TheDesk, user: TokenUser, mail: UUID) -> PassportOut:
    async with desk.reading(user) as reading:
        found = await passport(reading, mail)
    if found is None:
        raise NotHere("The ledger has no such mail.")
    entry, placed = found.ledger, found.placement
    now = desk.clock()
    return PassportOut(
        mail=entry.id,
        mailbox=entry.mailbox_address,
        **{name: getattr(entry, name) for name in (*OF_LEDGER, "dropped_by", "dropped_at")},
        receipt=ReceiptOut.model_validate({**entry.receipt, "folder_path": entry.folder_path})
        if entry.receipt
        else None,
        placement=PlacementOut(
            outcome=placed.outcome, reason=placed.reason, ticket=placed.number, at=placed.at
        )
        if placed
        else None,
        held=found.held,
        verdicts=[VerdictOut.model_validate(one, from_attributes=True) for one in found.verdicts],
        outgoing=[sending_out(mail, now) for mail in found.outgoing],
    )
