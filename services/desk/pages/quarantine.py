"""Mails that could not be read: kept, with their reason."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.auth import Signed
from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.queries.operations import quarantined

router = APIRouter(prefix="/quarantine", include_in_schema=False)

REASONS = {
    "time": "Reading it took too long.",
    "memory": "Reading it took too much memory.",
    "crash": "The reader broke on it.",
    "error": "The reader could not make sense of it.",
}


@router.get("")
async def quarantine_page(desk: TheDesk, signed: Signed) -> Response:
    async with desk.reading(signed.tenant) as reading:
        mails = await quarantined(reading)
        return await show(
            desk, reading, signed, "quarantine.html", mails=mails, reasons=REASONS, place="quarantine"
        )
