"""One ticket: its page, and what people do on it."""

from typing import Annotated
from uuid import UUID, uuid4

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, Response
from starlette.datastructures import FormData

from services.desk.asking.commands import ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import key_of, text_of
from services.desk.languages import gettext
from services.desk.listing import Asked
from services.desk.making import actor_of
from services.desk.pages.cameby import Came, CameFrom, beside
from services.desk.pages.showing import back, outcome, show
from services.desk.pages.ticketview import (
    Trouble,
    ticket_context,
    timeline_context,
)
from services.desk.pages.typed import Typed, taken_back
from services.desk.queries.reading import Reading
from services.desk.queries.seen import leave_unread, see_number
from services.desk.queries.ticket import FullTicket, full_ticket
from services.desk.queries.tickets import LARGEST_NUMBER
from services.desk.queries.timeline import is_held_on
from services.desk.rendering import render
from services.desk.signin.auth import Form, Signed, SignedIn
from shared.contracts.tickets import DecideHeldMail

router = APIRouter(prefix="/tickets/{number}", include_in_schema=False)

Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]


@router.get("")
async def ticket_page(
    *,
    desk: TheDesk,
    signed: Signed,
    number: Number,
    before: UUID | None = None,
    said: str = "",
    undone: UUID | None = None,
    answers: UUID | None = None,
    images: UUID | None = None,
    came: CameFrom,
) -> Response:
    """`undone`: the reply that was taken back; its words stand in the editor again. `answers`: the post that
    a reply is to answer. `images`: the post whose remote images are to be shown."""
    reply = await taken_back(desk, signed, undone) if undone else Typed(answers=answers) if answers else None
    page = await ticket_shown(
        desk, signed, number, before=before, said=said, reply=reply, came=came, images=images
    )
    async with desk.writing(signed.tenant) as db:
        await see_number(db, signed.tenant, signed.user.id, number, desk.clock())
    return page


@router.post("/unread")
async def unread(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    """Leave the ticket unread, and go back to the list."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    async with desk.writing(signed.tenant) as db:
        await leave_unread(db, signed.tenant, signed.user.id, [ticket.id], desk.clock())
    return back(Asked.of(text_of(form, "list")).address(), "unread")


@router.get("/timeline")
async def older_posts(desk: TheDesk, signed: Signed, number: Number, before: UUID) -> Response:
    """The part of the page that older posts are, for the script that puts them above."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        context = await timeline_context(desk, reading, signed.user, ticket, before)
        part = render(
            "timeline_part.html",
            ticket=ticket,
            now=desk.clock(),
            csrf=signed.form_token,
            new_key=uuid4,
            **context,
        )
        return HTMLResponse(part)


@router.post("/held/{held}")
async def decide_held(desk: TheDesk, signed: Signed, number: Number, held: UUID, form: Form) -> Response:
    """Say whether a held mail belongs to this ticket, or opens its own."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        if not await is_held_on(reading, held, ticket.id):
            raise NotHere(gettext("No such mail waits on this ticket."), remedy=gettext("Reload the ticket."))
    command = DecideHeldMail(
        id=key_of(form),
        tenant=signed.tenant,
        held=held,
        belongs=text_of(form, "decision") == "belongs",
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "decided")
    if wrong:
        return await ticket_shown(desk, signed, number, trouble=Trouble("held", wrong))
    return back(f"/tickets/{number}", said)


async def back_to_ticket(desk: Desk, signed: SignedIn, number: int, said: str) -> Response:
    """Go to a ticket; to the list when it went to a department that hides it from the person."""
    async with desk.reading(signed.user) as reading:
        if await full_ticket(reading, number) is None:
            return back("/tickets", "handed-over")
    return back(f"/tickets/{number}", said)


async def ticket_or_404(reading: Reading, number: int) -> FullTicket:
    ticket = await full_ticket(reading, number)
    if ticket is None:
        raise NotHere(
            gettext("There is no ticket #%(number)s.", number=number),
            remedy=gettext("Search for it under All."),
        )
    return ticket


def number_typed(form: FormData, name: str) -> int:
    """Read the number of a ticket as people write it; 0, which no ticket has, when it is none."""
    wanted = text_of(form, name).removeprefix("#")
    number = int(wanted) if wanted.isascii() and wanted.isdigit() else 0
    return number if number <= LARGEST_NUMBER else 0


async def ticket_shown(
    desk: Desk,
    signed: SignedIn,
    number: int,
    *,
    before: UUID | None = None,
    said: str = "",
    trouble: Trouble | None = None,
    reply: Typed | None = None,
    note: Typed | None = None,
    came: Came | None = None,
    images: UUID | None = None,
) -> Response:
    """The page of a ticket, with what went wrong in one of its forms."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        context = await ticket_context(
            desk, reading, signed.user, ticket, before=before, reply=reply, note=note, images=images
        )
        status = 200 if trouble is None else 409 if trouble.conflict else 422
        return await show(
            desk,
            reading,
            signed,
            "ticket.html",
            status=status,
            said=said,
            trouble=trouble,
            came=await beside(desk, reading, signed, number, came),
            **context,
        )
