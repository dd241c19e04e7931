"""Incidents: mail is held, probably by a loop; a mailbox could not be read for a while."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.queries.incidents import mailbox_incidents, sending_incidents
from services.desk.queries.paging import token_of
from services.desk.signin.auth import TokenUser

router = APIRouter()
State = Annotated[Literal["open", "all"], Query(description="`all`: also what is over.")]


class IncidentOut(BaseModel):
    """One loop, or one burst, whose mail is held."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="`POST /outgoing/bulk` takes it.")
    guard: Literal["address", "ticket", "pair", "domain"] = Field(
        description="Which budget was used up first."
    )
    written_by: Literal["person", "system"]
    address: str = Field(description="Whom the mail is to; @ and a domain, when that is what is counted.")
    ticket: int | None = Field(description="That of its first mail.", validation_alias="number")
    count: int = Field(description="Mails that were held.")
    held: int = Field(description="Those that are held still.")
    opened_at: datetime
    last_at: datetime = Field(description="When the last one was held.")
    ended_at: datetime | None


class MailboxIncidentOut(BaseModel):
    """A time during which a mailbox could not be read."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    mailbox: UUID
    address: str | None = Field(description="Null: the mailbox is gone.")
    code: str = Field(description="The provider's own.", examples=["AADSTS7000222"])
    text: str = Field(description="In the provider's words.")
    began_at: datetime
    recovered_at: datetime | None = Field(description="Null: it goes on.")
    remedy: str | None = Field(description="What the doctor of the mailbox said since it began.")


@router.get("/sending-incidents", tags=["outgoing mail"], summary="List loops whose mail is held")
async def list_incidents(
    desk: TheDesk, user: TokenUser, asked: Asked, state: State = "open"
) -> Page[IncidentOut]:
    """The newest first. One is over when nothing was held for its window, or when people have released or
    discarded all of it; it stays in the list while it holds mail."""
    async with desk.reading(user) as reading:
        found = await sending_incidents(
            reading, desk.clock(), asked.one_more, asked.place, over=state == "all"
        )
    return asked.of(found, IncidentOut.model_validate, lambda one: token_of(one.opened_at, one.id))


@router.get("/mailbox-incidents", tags=["mailboxes"], summary="List times when a mailbox could not be read")
async def list_mailbox_incidents(
    desk: TheDesk, user: TokenUser, asked: Asked, state: State = "open"
) -> Page[MailboxIncidentOut]:
    """The newest first. One begins when a mailbox has failed for five minutes."""
    async with desk.reading(user) as reading:
        found = await mailbox_incidents(reading, asked.one_more, asked.place, over=state == "all")
    return asked.of(found, MailboxIncidentOut.model_validate, lambda one: token_of(one.began_at, one.id))
