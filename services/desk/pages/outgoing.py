"""Outgoing mail that waits: held, planned, failed; and letting it go or not."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.auth import Form, Signed, SignedIn
from services.desk.commands import ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.pages.showing import back, key_of, outcome, show, text_of
from services.desk.queries.outgoing import Waiting, outgoing_by_id, outgoing_list
from services.desk.replying import actor_of
from shared.contracts.sending import CancelMail, ReleaseMail

router = APIRouter(prefix="/outgoing", include_in_schema=False)


@router.get("")
async def outgoing_page(desk: TheDesk, signed: Signed, state: Waiting = "held", said: str = "") -> Response:
    return await _page(desk, signed, state, said=said)


@router.post("/{mail}/release")
async def release(desk: TheDesk, signed: Signed, mail: UUID, form: Form) -> Response:
    command = ReleaseMail(id=key_of(form), tenant=signed.tenant, outgoing=mail, actor=actor_of(signed.user))
    return await _done(desk, signed, command, "released", text_of(form, "from"))


@router.post("/{mail}/cancel")
async def cancel(desk: TheDesk, signed: Signed, mail: UUID, form: Form) -> Response:
    command = CancelMail(id=key_of(form), tenant=signed.tenant, outgoing=mail, actor=actor_of(signed.user))
    return await _done(desk, signed, command, "cancelled", text_of(form, "from"))


async def _done(
    desk: Desk, signed: SignedIn, command: ReleaseMail | CancelMail, said: str, origin: str
) -> Response:
    """Ask, then go back to the list or to the ticket that the form stood on."""
    async with desk.reading(signed.tenant) as reading:
        row = await outgoing_by_id(reading, command.outgoing)
    if row is None:
        raise NotHere("There is no such outgoing mail.")
    said, wrong = outcome(await ask(desk, command), said)
    if wrong:
        return await _page(desk, signed, "held", wrong=wrong)
    at_ticket = origin == "ticket" and row.number
    return back(f"/tickets/{row.number}" if at_ticket else "/outgoing", said)


async def _page(desk: Desk, signed: SignedIn, state: Waiting, *, said: str = "", wrong: str = "") -> Response:
    async with desk.reading(signed.tenant) as reading:
        rows = await outgoing_list(reading, state)
        return await show(
            desk,
            reading,
            signed,
            "outgoing.html",
            status=409 if wrong else 200,
            said=said,
            state=state,
            rows=rows,
            wrong=wrong,
            place="outgoing",
        )
