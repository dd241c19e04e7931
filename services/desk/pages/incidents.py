"""Incidents, open and past: mailboxes that could not be read, and mail that was held."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.queries.incidents import mailbox_incidents, sending_incidents
from services.desk.signin.auth import Signed

router = APIRouter(prefix="/incidents", include_in_schema=False)


@router.get("")
async def incidents_page(desk: TheDesk, signed: Signed) -> Response:
    async with desk.reading(signed.user) as reading:
        failing = await mailbox_incidents(reading, over=False)
        failings = await mailbox_incidents(reading, over=True)
        loops = await sending_incidents(reading, desk.clock(), over=True)
        return await show(
            desk,
            reading,
            signed,
            "incidents.html",
            failing=failing,
            recovered=[one for one in failings if one.recovered_at is not None],
            holding=[one for one in loops if one.ended_at is None or one.held],
            over=[one for one in loops if one.ended_at is not None and not one.held],
            place="incidents",
        )
