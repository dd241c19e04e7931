"""The page on which posts are chosen that become a ticket of their own."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.commands import Done, ask
from services.desk.desk import Desk, TheDesk
from services.desk.forms.fields import ids_of, key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome, show
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.queries.timeline import last_posts
from services.desk.signin.auth import Form, Signed, SignedIn, Writer
from shared.contracts.tickets import SplitTicket

router = APIRouter(prefix="/tickets/{number}/split", include_in_schema=False)

SHOWN = 500
"""Posts to choose from: the newest."""


@router.get("")
async def split_page(desk: TheDesk, signed: Writer, number: Number, post: UUID | None = None) -> Response:
    """`post`: the first of those that are to be split off; those after it are chosen too."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        ids = [one.id for one in await last_posts(reading, ticket.id, SHOWN)] if post else []
    chosen = ids[ids.index(post) :] if post in ids else []
    return await _shown(desk, signed, number, chosen=chosen)


@router.post("")
async def split(desk: TheDesk, signed: Signed, number: Number, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    chosen, subject = list(dict.fromkeys(ids_of(form, "post"))), text_of(form, "subject")
    if not chosen or not subject:
        wrong = (
            gettext("Choose at least one post.")
            if not chosen
            else gettext("Write the subject of the new ticket.")
        )
        return await _shown(desk, signed, number, wrong=wrong, chosen=chosen, subject=subject)
    version = text_of(form, "version")
    command = SplitTicket(
        id=key_of(form),
        tenant=signed.tenant,
        ticket=ticket.id,
        posts=tuple(chosen),
        subject=subject,
        expected_version=int(version) if version.isdecimal() else None,
        actor=actor_of(signed.user),
    )
    answer = await ask(desk, command)
    said, wrong = outcome(answer, "split")
    if wrong:
        return await _shown(desk, signed, number, wrong=wrong, chosen=chosen, subject=subject)
    own = answer.facts.get("number", number) if isinstance(answer, Done) else number
    return back(f"/tickets/{own}", said)


async def _shown(
    desk: Desk,
    signed: SignedIn,
    number: int,
    *,
    wrong: str = "",
    chosen: list[UUID] | None = None,
    subject: str | None = None,
) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        return await show(
            desk,
            reading,
            signed,
            "split.html",
            status=422 if wrong else 200,
            ticket=ticket,
            posts=await last_posts(reading, ticket.id, SHOWN),
            chosen=set(chosen or ()),
            subject=ticket.subject if subject is None else subject,
            wrong=wrong,
        )
