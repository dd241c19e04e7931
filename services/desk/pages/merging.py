"""Merge a ticket into another from its page, and undo it."""

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
from shared.contracts.tickets import MergeTickets, UndoMerge

router = APIRouter(prefix="/tickets/{number}/merge", include_in_schema=False)


@router.post("")
async def merge(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    into = number_typed(form, "into")
    async with desk.reading(signed.user) as reading:
        source = await ticket_or_404(reading, number)
        target = await full_ticket(reading, into)
    if target is None:
        wanted = text_of(form, "into")
        trouble = Trouble(
            "merge",
            gettext("There is no ticket “%(wanted)s” to merge into: write its number.", wanted=wanted),
        )
        return await ticket_shown(desk, signed, number, trouble=trouble)
    command = MergeTickets(
        id=key_of(form),
        tenant=signed.tenant,
        source=source.id,
        target=target.id,
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "merged")
    if wrong:
        return await ticket_shown(desk, signed, number, trouble=Trouble("merge", wrong))
    return back(f"/tickets/{into}", said)


@router.post("/undo")
async def undo(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        source = await ticket_or_404(reading, number)
    if source.merged_into is not None and source.merged_into_number is None:
        trouble = Trouble(
            "merge",
            gettext(
                "It was merged into %(merged_where)s: ask a member of its department.",
                merged_where=source.merged_where,
            ),
        )
        return await ticket_shown(desk, signed, number, trouble=trouble)
    command = UndoMerge(id=key_of(form), tenant=signed.tenant, source=source.id, actor=actor_of(signed.user))
    said, wrong = outcome(await ask(desk, command), "unmerged")
    if wrong:
        return await ticket_shown(desk, signed, number, trouble=Trouble("merge", wrong))
    return back(f"/tickets/{number}", said)
