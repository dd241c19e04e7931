"""Link a ticket to another from its page, and take the link back."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.commands import ask
from services.desk.desk import TheDesk
from services.desk.forms.fields import key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome
from services.desk.pages.ticket import Number, number_typed, ticket_or_404, ticket_shown
from services.desk.pages.ticketview import Trouble
from services.desk.queries.ticket import full_ticket
from services.desk.signin.auth import Form, Signed
from shared.contracts.tickets import LinkKind, LinkTickets, UnlinkTickets

router = APIRouter(prefix="/tickets/{number}/links", include_in_schema=False)


@router.post("")
async def link(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        other = await full_ticket(reading, number_typed(form, "to"))
    how = text_of(form, "how")
    if other is None or how not in set(LinkKind):
        why = gettext(
            "There is no ticket “%(typed)s” to link to: write its number, and say what it is.",
            typed=text_of(form, "to"),
        )
        return await ticket_shown(desk, signed, number, trouble=Trouble("links", why))
    command = LinkTickets(
        id=key_of(form),
        tenant=signed.tenant,
        ticket=ticket.id,
        to=other.id,
        how=LinkKind(how),
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "linked")
    if wrong:
        return await ticket_shown(desk, signed, number, trouble=Trouble("links", wrong))
    return back(f"/tickets/{number}", said)


@router.post("/{to}/remove")
async def unlink(desk: TheDesk, signed: Signed, number: Number, to: Number, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket, other = await ticket_or_404(reading, number), await ticket_or_404(reading, to)
    command = UnlinkTickets(
        id=key_of(form),
        tenant=signed.tenant,
        ticket=ticket.id,
        to=other.id,
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "unlinked")
    if wrong:
        return await ticket_shown(desk, signed, number, trouble=Trouble("links", wrong))
    return back(f"/tickets/{number}", said)
