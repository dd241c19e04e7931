"""List the folders of a mailbox anew, and tell the page when they have come."""

from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel

from services.desk.asking.commands import Refused, ask
from services.desk.desk import TheDesk
from services.desk.enrolling import the_mailbox
from services.desk.errors import Conflict
from services.desk.forms.fields import key_of
from services.desk.languages import gettext
from services.desk.pages.showing import back, fresh, wants_json
from services.desk.queries.mailboxes import MailboxRow, folder_choices
from services.desk.queries.reading import Reading
from services.desk.signin.auth import Admin, Form
from services.desk.wording.amounts import counted
from services.desk.wording.reported import reported
from shared.contracts.folders import ListFolders

router = APIRouter(prefix="/mailboxes/{mailbox}/folders", include_in_schema=False)


class Listing(BaseModel):
    """How it stands, in words of a person, with the folders when they are fresh."""

    state: Literal["listing", "listed", "failing"]
    said: str
    folders: list[tuple[str, str]] = []
    key: str = ""
    """Of the form when it is sent once more: another command."""


@router.get("")
async def look(desk: TheDesk, signed: Admin, mailbox: UUID) -> Listing:
    async with desk.reading(signed.user) as reading:
        return await _listing(reading, await the_mailbox(reading, mailbox))


@router.post("", response_model=None)
async def list_again(
    desk: TheDesk, signed: Admin, mailbox: UUID, request: Request, form: Form
) -> Response | Listing:
    async with desk.reading(signed.user) as reading:
        row = await the_mailbox(reading, mailbox)
    answer = await ask(desk, ListFolders(id=key_of(form), tenant=signed.tenant, mailbox=mailbox))
    if isinstance(answer, Refused):
        raise Conflict(
            reported(answer.why), remedy=gettext("Nothing was asked of %(mailbox)s.", mailbox=row.address)
        )
    if not wants_json(request):
        return back(f"/mailboxes/{mailbox}", "folders", "#folders")
    said = gettext("Asked for. They are here within seconds.")
    return Listing(state="listing", said=said, key=fresh()["key"])


async def _listing(reading: Reading, row: MailboxRow) -> Listing:
    if row.folders_at is not None:
        found = await folder_choices(reading, row.id)
        said = counted(len(found), "%(count)s folder, as it is now.", "%(count)s folders, as they are now.")
        return Listing(state="listed", said=said, folders=found)
    if row.error_code or row.error_text:
        why = " ".join(filter(None, (row.error_code, row.error_text)))
        return Listing(
            state="failing",
            said=gettext(
                "It cannot be read now (%(why)s). They come with the first scan that works.", why=why
            ),
        )
    return Listing(state="listing", said=gettext("Listing them …"))
