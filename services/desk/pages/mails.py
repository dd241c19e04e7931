"""One mail's passport: every stage, decision and reason; and its raw bytes."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.languages import gettext
from services.desk.pages.showing import show
from services.desk.queries.passport import ledger_entry, passport
from services.desk.signin.auth import Signed
from services.desk.timeline.mailview import document_of
from services.desk.timeline.opened import attachment
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent

router = APIRouter(prefix="/mails/{mail}", include_in_schema=False)


@router.get("")
async def passport_page(desk: TheDesk, signed: Signed, mail: UUID) -> Response:
    async with desk.reading(signed.user) as reading:
        found = await passport(reading, mail)
        if found is None:
            raise NotHere(gettext("The ledger has no such mail."))
        document = None
        if found.placement:
            try:
                document = await document_of(desk.blobs, signed.tenant, found.placement.document)
            except Permanent:
                document = None
        return await show(desk, reading, signed, "passport.html", passport=found, document=document)


@router.get("/raw")
async def raw(desk: TheDesk, signed: Signed, mail: UUID) -> Response:
    async with desk.reading(signed.user) as reading:
        entry = await ledger_entry(reading, mail)
    if entry is None or entry.blob is None:
        raise NotHere(gettext("No bytes of this mail are kept."))
    try:
        return attachment(await desk.blobs.get(signed.tenant, entry.blob), f"{mail}.eml")
    except Permanent as error:
        raise NotHere(sentence(error.reason)) from error
