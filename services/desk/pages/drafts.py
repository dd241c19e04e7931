"""Drafts, as the editor's script keeps them while somebody writes."""

from uuid import UUID, uuid4

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response

from services.desk.composing.drafting import draft_in, end_draft, keep_draft
from services.desk.desk import TheDesk
from services.desk.errors import Invalid
from services.desk.forms.fields import text_of
from services.desk.languages import gettext
from services.desk.pages.showing import back, wants_json
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.queries.drafts import Kind
from services.desk.signin.auth import Form, Signed, checked_form

router = APIRouter(include_in_schema=False)

KINDS: dict[str, Kind] = {"reply": "reply", "note": "note", "forward": "forward"}


@router.post("/tickets/{number}/drafts/{draft}")
async def keep(desk: TheDesk, signed: Signed, number: Number, draft: UUID, form: Form) -> Response:
    """Keep what stands in a form of a ticket; an empty one is no draft."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    kind = KINDS.get(text_of(form, "kind"))
    if kind is None:
        raise Invalid(gettext("The form does not say what is written."), remedy=gettext("Reload the page."))
    return JSONResponse(await keep_draft(desk, signed.user, draft_in(form, draft, ticket.id, kind)))


@router.post("/drafts/{draft}")
async def keep_new(desk: TheDesk, signed: Signed, draft: UUID, form: Form) -> Response:
    """The same of a ticket that is to be opened."""
    return JSONResponse(await keep_draft(desk, signed.user, draft_in(form, draft, None, "new")))


@router.post("/drafts/{draft}/discard", dependencies=[Depends(checked_form)])
async def discard(
    *, desk: TheDesk, signed: Signed, draft: UUID, request: Request, number: int = 0
) -> Response:
    """Forget a draft. `number`: of the ticket to go back to."""
    await end_draft(desk, signed.user, draft)
    if wants_json(request):
        return JSONResponse({"state": "ended", "fresh": str(uuid4())})
    return back(f"/tickets/{number}" if number else "/tickets/new", "thrown-away")
