"""The doctor's page of a mailbox: have it examined, and see what was found as it comes."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.examining import ask_to_examine
from services.desk.desk import TheDesk
from services.desk.enrolling import the_mailbox
from services.desk.forms.fields import key_of
from services.desk.pages.showing import back, show
from services.desk.queries.examinations import Examination, examination, latest_examination
from services.desk.queries.reading import Reading
from services.desk.signin.auth import Admin, Form
from services.desk.wording.findings import headline, rows_of

router = APIRouter(prefix="/mailboxes/{mailbox}/doctor", include_in_schema=False)


@router.get("")
async def doctor_page(
    desk: TheDesk, signed: Admin, mailbox: UUID, run: UUID | None = None, said: str = ""
) -> Response:
    """`run`: the examination that was asked for; ingest may not know of it yet."""
    async with desk.reading(signed.user) as reading:
        row = await the_mailbox(reading, mailbox)
        found = await _wanted(reading, mailbox, run)
        return await show(
            desk,
            reading,
            signed,
            "doctor.html",
            said=said,
            row=row,
            found=found,
            head=headline(found, asked=run is not None),
            lines=rows_of(found.findings) if found else [],
            open=found.open if found else run is not None,
            place="mailboxes",
        )


@router.post("")
async def examine(desk: TheDesk, signed: Admin, mailbox: UUID, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        await the_mailbox(reading, mailbox)
    asked = await ask_to_examine(desk, signed.user, mailbox, key_of(form), send="send" in form)
    return back(f"/mailboxes/{mailbox}/doctor?run={asked.id}", "" if asked.taken else "working")


async def _wanted(reading: Reading, mailbox: UUID, run: UUID | None) -> Examination | None:
    """The examination that was asked for; the last one when none was, or when another runs instead."""
    found = await examination(reading, mailbox, run) if run else None
    if found is None:
        latest = await latest_examination(reading, mailbox)
        found = latest if run is None or (latest and latest.open) else None
    return found
