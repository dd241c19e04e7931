"""Pass a mail of a ticket on to others."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.auth import PostForm, Signed, SignedIn
from services.desk.commands import Done, Refused, ask
from services.desk.desk import Desk, TheDesk
from services.desk.drafting import begun_on, end_draft
from services.desk.errors import NotHere
from services.desk.forwarding import Original, forward_subject, original_of
from services.desk.pages.replies import Sent, moment_in, people_in, told
from services.desk.pages.showing import back, key_of, show, text_of, texts_of, wants_json
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.pages.ticketview import Trouble
from services.desk.pages.typed import Typed
from services.desk.prose import framed_words
from services.desk.queries.people import own_addresses
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket
from services.desk.queries.timeline import Post, one_post
from services.desk.reader import reader
from services.desk.rendering import sentence
from services.desk.replying import Reply, command_to_send, options_for, speaking
from services.desk.uploading import attached_or_why, chosen_in
from services.desk.writing import words_of
from shared.contracts.sending import SendMail

router = APIRouter(prefix="/tickets/{number}/forward/{post}", include_in_schema=False)


@router.get("")
async def forward_page(desk: TheDesk, signed: Signed, number: Number, post: UUID) -> Response:
    return await _shown(desk, signed, number, post)


@router.post("")
async def forward(
    *, desk: TheDesk, signed: Signed, number: Number, post: UUID, form: PostForm, request: Request
) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket, found = await _mail_or_404(reading, number, post)
    filled = Typed.of(form, await chosen_in(desk, signed.user, form))
    result = await _send(desk, signed, ticket, found, form=form, filled=filled)
    if isinstance(result, Trouble):
        if wants_json(request):
            return told(result)
        return await _shown(
            desk, signed, number, post, trouble=result, filled=filled, ticked=texts_of(form, "file")
        )
    await end_draft(desk, signed.user, filled.draft)
    if wants_json(request):
        return told(result, to=f"/tickets/{number}?said={result.said}#latest")
    return back(f"/tickets/{number}", result.said, "#latest")


async def _send(
    desk: Desk, signed: SignedIn, ticket: FullTicket, post: Post, *, form: FormData, filled: Typed
) -> Sent | Trouble:
    command = await _command(desk, signed, ticket, post, form=form, filled=filled)
    if isinstance(command, str):
        return Trouble("forward", command)
    match await ask(desk, command):
        case Refused(why):
            return Trouble("forward", sentence(why))
        case Done(facts):
            return Sent("forwarded", str(facts.get("outgoing", "")))
        case _:
            return Sent("working")


async def _command(
    desk: Desk, signed: SignedIn, ticket: FullTicket, post: Post, *, form: FormData, filled: Typed
) -> SendMail | str:
    """Make the mail, or say why it cannot be made."""
    if ticket.merged_into is not None:
        return f"This ticket was merged: forward on {ticket.merged_where}."
    original = await original_of(desk, signed.tenant, post)
    words = words_of(filled.text, filled.html)
    async with desk.reading(signed.user) as reading:
        people = people_in(form, await own_addresses(reading))
        zone = filled.zone or (await options_for(reading)).time_zone
        moment = moment_in(form, filled, zone, desk.clock())
        if isinstance(people, str) or isinstance(moment, str):
            return people if isinstance(people, str) else str(moment)
        wanted = Reply(key_of(form), original.below(words), people, moment or desk.clock() + reader().undo)
        command = await command_to_send(desk, reading, signed.user, ticket, wanted)
    files = await attached_or_why(desk, signed.user, filled.files, sent=True, drawn=words.images)
    if isinstance(files, str):
        return files
    told_files = (*files, *original.chosen(texts_of(form, "file")))
    subject = " ".join(text_of(form, "subject").split()) or forward_subject(post.subject or ticket.subject)
    return command.model_copy(update={"files": told_files, "subject": subject, "forwards": True})


async def _mail_or_404(reading: Reading, number: int, post: UUID) -> tuple[FullTicket, Post]:
    ticket = await ticket_or_404(reading, number)
    found = await one_post(reading, post)
    if found is None or found.ticket != ticket.id:
        raise NotHere(f"Ticket #{number} has no such post.")
    return ticket, found


async def _shown(
    desk: Desk,
    signed: SignedIn,
    number: int,
    post: UUID,
    *,
    trouble: Trouble | None = None,
    filled: Typed | None = None,
    ticked: list[str] | None = None,
) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket, found = await _mail_or_404(reading, number, post)
        original: Original = await original_of(desk, signed.tenant, found)
        begun = await begun_on(reading, signed.user, ticket.id, "forward")
        begun = [one for one in begun if one.one("answers") == str(post)]
        typed = filled or (Typed.begun(begun[0]) if begun else Typed())
        subject = begun[0].one("subject") if begun and not filled else ""
        return await show(
            desk,
            reading,
            signed,
            "forward.html",
            status=422 if trouble else 200,
            trouble=trouble,
            ticket=ticket,
            post=found,
            original=original,
            shown=framed_words(original.html),
            typed=replace(typed, others=tuple(one.told for one in begun if one.draft.id != typed.draft)),
            subject=subject or forward_subject(found.subject or ticket.subject),
            ticked=[file.sha256 for file in original.listed] if ticked is None else ticked,
            speaking=speaking(ticket, signed.user, await options_for(reading)),
        )
