"""The stream that an open page hears of changes by."""

import math
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse

from services.desk.desk import TheDesk
from services.desk.live.colleagues import OpenPage
from services.desk.live.telling import BEAT_SECONDS
from services.desk.pages.showing import show
from services.desk.queries.ticket import full_ticket
from services.desk.queries.tickets import LARGEST_NUMBER
from services.desk.signin.auth import Signed

router = APIRouter(include_in_schema=False)


@router.get("/live")
async def live(
    *,
    desk: TheDesk,
    signed: Signed,
    ticket: int | None = None,
    mailbox: UUID | None = None,
    since: float | None = None,
    page: UUID | None = None,
    last_event_id: Annotated[float | None, Header()] = None,
) -> Response:
    """`ticket`: the number of the one that the page shows; of one that is hidden nothing is told.
    `mailbox`: the one of which administrators wait to see what is found.
    `since`: when the page began to be made. `page`: itself, which is there as long as it listens."""
    async with desk.reading(signed.user) as reading:
        known = ticket if ticket is not None and 0 < ticket <= LARGEST_NUMBER else None
        shown = await full_ticket(reading, known) if known else None

    async def told() -> AsyncIterator[str]:
        had = last_event_id or since
        whose, seen = signed.tenant, mailbox if signed.user.is_admin else None
        ticket_id = shown.id if shown else None
        with desk.live.following(whose, ticket_id, mailbox=seen, since=had) as follower:
            is_open = (
                OpenPage(desk, signed.tenant, shown.id, signed.user.id, page) if shown and page else None
            )
            async with aclosing(_heard(desk.live.stream(follower), is_open)) as events:
                async for event in events:
                    yield event

    return StreamingResponse(told(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})


async def _heard(events: AsyncIterator[str], page: OpenPage | None) -> AsyncGenerator[str]:
    """Pass events on; meanwhile a page of a ticket is there."""
    told = -math.inf
    try:
        async for event in events:
            if page and time.monotonic() - told >= BEAT_SECONDS - 1:
                told = time.monotonic()
                await page.says("here")
            yield event
    finally:
        if page:
            page.leaves()


@router.get("/side")
async def side(
    *, desk: TheDesk, signed: Signed, view: str = "", saved: str = "", place: str = "", state: str = ""
) -> Response:
    """The navigation alone, with its counts as they are now; the others: of the page."""
    async with desk.reading(signed.user) as reading:
        return await show(
            desk, reading, signed, "side.html", view=view, saved_view=saved, place=place, state=state
        )
