"""Previews of triggers: what one would do with a ticket, with its mail as it would leave."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.triggers import saved_trigger, sealed, told_refusals
from services.desk.asking.previewing import ask_for_preview
from services.desk.configuration.triggers import TriggerSettings
from services.desk.desk import TheDesk
from services.desk.errors import Invalid
from services.desk.signin.auth import AdminToken

router = APIRouter(prefix="/triggers/previews", tags=["settings"])


class PreviewWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ticket: Annotated[int, Field(ge=1)] = Field(description="Its number.", examples=[4711])
    trigger: UUID | None = Field(default=None, description="A saved one.")
    settings: TriggerSettings | None = Field(default=None, description="One that is not saved; goes first.")


class PreviewedMailOut(BaseModel):
    to: list[str]
    cc: list[str]
    spared: list[str] = Field(description="Our own mailboxes, which get none.")
    subject: str
    text: str
    html: str | None = Field(description="Sanitised; null: the text is shown as HTML.")
    files: list[str]


class TriggerPreviewOut(BaseModel):
    happened_at: datetime | None = Field(
        description="Of the last event of the ticket that the trigger waits for; null: it had none."
    )
    mails: list[PreviewedMailOut]
    others: list[str] = Field(description="What else it would do, or why it would not.")


@router.post("", summary="Preview a trigger with a ticket", responses=NOT_HERE | REFUSED)
async def preview(desk: TheDesk, user: AdminToken, wanted: PreviewWanted) -> TriggerPreviewOut:
    """What the action would do if the trigger fired on this ticket now, whatever its conditions say. Nothing
    is sent, changed or kept. A template that cannot be filled is refused, with the fact that it names."""
    settings = wanted.settings
    if settings is None and wanted.trigger is not None:
        settings = (await saved_trigger(desk, user, wanted.trigger)).settings
    if settings is None:
        raise Invalid("A preview needs a trigger or the `settings` of one.")
    with told_refusals():
        made = await ask_for_preview(desk, user, sealed(desk, settings), wanted.ticket)
    mails = [
        PreviewedMailOut(
            **mail.model_dump(include={"subject", "text", "html", "files"}),
            to=[one.address for one in mail.to],
            cc=[one.address for one in mail.cc],
            spared=[one.address for one in mail.spared],
        )
        for mail in made.mails
    ]
    return TriggerPreviewOut(happened_at=made.happened_at, mails=mails, others=list(made.others))
