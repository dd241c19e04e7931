"""The stream that an open page hears of changes by."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse

from services.desk.auth import Signed
from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.queries.ticket import full_ticket
from services.desk.queries.tickets import LARGEST_NUMBER

router = APIRouter(include_in_schema=False)


@router.get("/live")
async def live(
    *,
    desk: TheDesk,
    signed: Signed,
    ticket: int | None = None,
    since: float | None = None,
    last_event_id: Annotated[float | None, Header()] = None,
) -> Response:
    """`ticket`: the number of the one that the page shows; of one that is hidden nothing is told.
    `since`: when the page began to be made."""
    async with desk.reading(signed.user) as reading:
        known = ticket if ticket is not None and 0 < ticket <= LARGEST_NUMBER else None
        shown = await full_ticket(reading, known) if known else None

    async def told() -> AsyncIterator[str]:
        had = last_event_id or since
        with desk.live.following(signed.tenant, shown.id if shown else None, since=had) as follower:
            async for event in desk.live.stream(follower):
                yield event

    return StreamingResponse(told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


@router.get("/side")
async def side(
    *, desk: TheDesk, signed: Signed, view: str = "", saved: str = "", place: str = "", state: str = ""
) -> Response:
    """The navigation alone, with its counts as they are now; the others: of the page."""
    async with desk.reading(signed.user) as reading:
        return await show(
            desk, reading, signed, "side.html", view=view, saved_view=saved, place=place, state=state
        )
