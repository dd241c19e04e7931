"""Who else is on a ticket, and who writes a reply to it."""

from uuid import uuid4

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from services.desk.desk import TheDesk
from services.desk.errors import Invalid
from services.desk.forms.fields import id_of, text_of
from services.desk.languages import gettext
from services.desk.live.colleagues import OpenPage, colleagues_on
from services.desk.live.presence import Doing
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.rendering import render
from services.desk.signin.auth import Form, Signed

router = APIRouter(prefix="/tickets/{number}/here", include_in_schema=False)

DOING: dict[str, Doing] = {"writes": "writes", "rests": "rests"}


@router.get("")
async def here(desk: TheDesk, signed: Signed, number: Number) -> Response:
    """The part of the page that tells of them."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        colleagues = await colleagues_on(desk, reading, ticket.id, signed.user.id)
    return HTMLResponse(render("here.html", ticket=ticket, colleagues=colleagues, alone=True))


@router.post("")
async def say(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    """`doing`: `writes` with the first key and now and then while it goes on, `rests` when it ends."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    doing = DOING.get(text_of(form, "doing"))
    if doing is None:
        raise Invalid(
            gettext("The page does not say whether somebody writes."), remedy=gettext("Reload the page.")
        )
    page = id_of(form, "page") or uuid4()
    await OpenPage(desk, signed.tenant, ticket.id, signed.user.id, page).says(doing)
    return Response(status_code=204)
