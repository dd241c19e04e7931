"""Mailboxes and how each stands; never their secrets."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.auth import AdminToken
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.queries.mailboxes import Light, folder_choices, mailbox_rows, scan_period
from shared.contracts.folders import ListFolders

router = APIRouter(prefix="/mailboxes", tags=["mailboxes"])


class MailboxOut(BaseModel):
    id: UUID
    address: str = Field(examples=["help@acme.test"])
    aliases: list[str] = Field(description="Other addresses whose mail comes here.")
    provider: str = Field(examples=["graph"])
    folder: str
    state: Light
    last_scan_at: datetime | None
    last_success_at: datetime | None
    error_code: str | None = Field(description="The provider's own.", examples=["AADSTS7000222"])
    error_text: str | None
    secret_expires_at: datetime | None = Field(description="As a person or the certificate said.")
    waiting: int = Field(description="Mails listed and not yet kept.")
    imported: int = Field(description="Mails from before the mailbox was added, listed so far.")
    importing: int = Field(description="Of these, those not yet kept.")
    notified_until: datetime | None = Field(
        description="Until when the provider tells of new mail; null: it does not."
    )
    notify_code: str | None = Field(description="Why it does not; mail is found by looking all the same.")
    notify_text: str | None


class FolderOut(BaseModel):
    id: str = Field(description="The provider's own; a mailbox's `folder` and `move_to` take it.")
    path: str = Field(examples=["Inbox/Orders"])


@router.get("/{mailbox}/folders", summary="List the folders of a mailbox")
async def list_folders(desk: TheDesk, user: AdminToken, mailbox: UUID) -> list[FolderOut]:
    """As ingest last saw them; empty before the mailbox was read for the first time."""
    async with desk.reading(user) as reading:
        return [FolderOut(id=one, path=path) for one, path in await folder_choices(reading, mailbox)]


@router.post("/{mailbox}/folders", summary="List the folders of a mailbox anew", responses=NOT_HERE | REFUSED)
async def list_folders_anew(
    desk: TheDesk, user: AdminToken, mailbox: UUID, key: Key, response: Response
) -> CommandAnswer:
    """Ingest asks the provider with the next scan, which comes at once; `GET` tells them when it has."""
    async with desk.reading(user) as reading:
        if all(row.id != mailbox for row in await mailbox_rows(reading)):
            raise NotHere("There is no such mailbox.")
    return await carried_out(desk, ListFolders(id=key, tenant=user.tenant, mailbox=mailbox), response)


@router.get("", summary="List mailboxes")
async def list_mailboxes(desk: TheDesk, user: AdminToken) -> list[MailboxOut]:
    async with desk.reading(user) as reading:
        rows, period = await mailbox_rows(reading), await scan_period(reading)
    now = desk.clock()
    names = set(MailboxOut.model_fields) - {"state"}
    return [
        MailboxOut(state=row.light(now, period), **{name: getattr(row, name) for name in names})
        for row in rows
    ]
