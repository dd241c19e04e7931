"""Mailboxes and how each stands; never their secrets."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, Field

from services.desk.api.paging import Page, whole
from services.desk.auth import AdminToken
from services.desk.desk import TheDesk
from services.desk.queries.mailboxes import Light, folder_choices, mailbox_rows, scan_period

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
async def list_folders(desk: TheDesk, user: AdminToken, mailbox: UUID) -> Page[FolderOut]:
    """All of them, as ingest last saw them; empty before the mailbox was read for the first time."""
    async with desk.reading(user) as reading:
        found = await folder_choices(reading, mailbox)
    return whole([FolderOut(id=one, path=path) for one, path in found])


@router.get("", summary="List mailboxes")
async def list_mailboxes(desk: TheDesk, user: AdminToken) -> Page[MailboxOut]:
    """All of them."""
    async with desk.reading(user) as reading:
        rows, period = await mailbox_rows(reading), await scan_period(reading)
    now = desk.clock()
    names = set(MailboxOut.model_fields) - {"state"}
    return whole(
        [
            MailboxOut(state=row.light(now, period), **{name: getattr(row, name) for name in names})
            for row in rows
        ]
    )
