"""A contact exported and erased, after a page that says what goes; receipts of what was."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response, StreamingResponse

from services.desk.desk import TheDesk
from services.desk.forms.fields import text_of
from services.desk.languages import gettext
from services.desk.pages.showing import back, show
from services.desk.privacy import address_of, exported, privacy_of
from services.desk.queries.erasures import receipts
from services.desk.signin.auth import Admin, Form

router = APIRouter(prefix="/contacts", include_in_schema=False)

MOST = 100


@router.get("/erasures")
async def erasures(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        rows = await receipts(reading, MOST)
        return await show(desk, reading, signed, "erasures.html", said=said, rows=rows, place="contacts")


@router.get("/{contact}/export")
async def export(desk: TheDesk, signed: Admin, contact: UUID) -> StreamingResponse:
    address = await address_of(desk, signed.user, contact)
    return await exported(privacy_of(desk), signed.tenant, address)


@router.get("/{contact}/erase")
async def ask(desk: TheDesk, signed: Admin, contact: UUID, wrong: str = "") -> Response:
    address = await address_of(desk, signed.user, contact)
    found = await privacy_of(desk).found(signed.tenant, address)
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "erase.html",
            status=409 if wrong else 200,
            wrong=wrong,
            contact=contact,
            address=address,
            found=found,
            place="contacts",
        )


@router.post("/{contact}/erase")
async def erase(desk: TheDesk, signed: Admin, contact: UUID, form: Form) -> Response:
    """Only with the address typed: no click by mistake erases anybody."""
    address = await address_of(desk, signed.user, contact)
    if text_of(form, "typed").lower() != address:
        return await ask(
            desk, signed, contact, wrong=gettext("What you typed is not the address. Nothing was erased.")
        )
    await privacy_of(desk).erase(signed.tenant, address, signed.user.id)
    return back("/contacts/erasures", "erasing")
