"""Add people to a ticket from its page, and remove them."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.commands import ask
from services.desk.composing.addressing import Unusable, typed
from services.desk.desk import TheDesk
from services.desk.forms.fields import key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome
from services.desk.pages.ticket import Number, ticket_or_404, ticket_shown
from services.desk.pages.ticketview import Trouble
from services.desk.signin.auth import Form, Signed
from shared.contracts.mail import Address
from shared.contracts.tickets import AddParticipant, RemoveParticipant

router = APIRouter(prefix="/tickets/{number}/participants", include_in_schema=False)


@router.post("")
async def add(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    named = typed(text_of(form, "person"))
    if isinstance(named, Unusable) or len(named) != 1:
        why = named.why if isinstance(named, Unusable) else gettext("Write one address: name@example.com.")
        return await ticket_shown(desk, signed, number, trouble=Trouble("people", why))
    command = AddParticipant(
        id=key_of(form),
        tenant=signed.tenant,
        ticket=ticket.id,
        person=named[0],
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "joined")
    if wrong:
        return await ticket_shown(desk, signed, number, trouble=Trouble("people", wrong))
    return back(f"/tickets/{number}", said)


@router.post("/remove")
async def remove(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    command = RemoveParticipant(
        id=key_of(form),
        tenant=signed.tenant,
        ticket=ticket.id,
        person=Address(address=text_of(form, "address").lower()),
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "removed")
    if wrong:
        return await ticket_shown(desk, signed, number, trouble=Trouble("people", wrong))
    return back(f"/tickets/{number}", said)
