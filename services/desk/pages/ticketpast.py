"""What was changed on a ticket, by whom and when: the newest in its panel, all on a page."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.pages.ticketview import all_names, lines_of
from services.desk.queries.changes import changes_before
from services.desk.signin.auth import Signed

router = APIRouter(prefix="/tickets/{number}/history", include_in_schema=False)

PAGE = 100


@router.get("")
async def history_page(desk: TheDesk, signed: Signed, number: Number, before: int | None = None) -> Response:
    """`before`: the change that those of this page are older than."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        rows = await changes_before(reading, ticket.id, before, PAGE + 1)
        return await show(
            desk,
            reading,
            signed,
            "ticket_history.html",
            ticket=ticket,
            lines=lines_of(rows[:PAGE], await all_names(reading)),
            before=before,
            older=rows[PAGE - 1]["id"] if len(rows) > PAGE else None,
        )
