"""Internal notes: add one, and for a while change or withdraw it."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.desk.asking.commands import ask
from services.desk.composing.drafting import end_draft
from services.desk.composing.keeping import kept_words
from services.desk.composing.uploading import attached_or_why, chosen_in
from services.desk.composing.writing import NO_FILE, Words, drawn_in, for_page, speaks_of_a_file, words_of
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import key_of, text_of
from services.desk.languages import gettext, later
from services.desk.making import actor_of
from services.desk.pages.showing import SAID, back, fresh, outcome, show, wants_json
from services.desk.pages.ticket import Number, ticket_or_404, ticket_shown
from services.desk.pages.ticketview import Trouble
from services.desk.pages.typed import Typed
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket
from services.desk.queries.timeline import Post, one_post
from services.desk.signin.auth import Form, PostForm, Signed, SignedIn
from services.desk.timeline.mailview import own_files, shown_mail
from services.desk.timeline.noting import life_of, may_do
from shared.contracts.notes import EditNote, WithdrawNote, changeable_until
from shared.contracts.tickets import AddNote
from shared.storage.options import options_of

router = APIRouter(prefix="/tickets/{number}", include_in_schema=False)

NO_IMAGE = later("An image cannot be added to a note that is there. Write another note for it.")
EMPTY = later("The note is empty: write something first.")


@router.post("/note")
async def note(
    *, desk: TheDesk, signed: Signed, number: Number, form: PostForm, request: Request
) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    filled = Typed.of(form, await chosen_in(desk, signed.user, form))
    said = await _add(desk, signed, ticket, filled, key_of(form))
    if isinstance(said, Trouble):
        if wants_json(request):
            return JSONResponse({"why": said.text, "ask": said.ask}, 422)
        filled = replace(filled, anyway=said.ask == "attached")
        return await ticket_shown(desk, signed, number, trouble=said, note=filled)
    await end_draft(desk, signed.user, filled.draft)
    if wants_json(request):
        return JSONResponse({"said": gettext(SAID[said]), **fresh()})
    return back(f"/tickets/{number}", said, "#latest")


async def _add(desk: Desk, signed: SignedIn, ticket: FullTicket, filled: Typed, key: UUID) -> str | Trouble:
    words = words_of(filled.text, filled.html)
    if words.blank:
        return Trouble("note", gettext(EMPTY))
    has_files = filled.files.taken or filled.files.refused or words.images
    if not has_files and not filled.anyway and speaks_of_a_file(words.text):
        return Trouble("note", gettext(NO_FILE), ask="attached")
    files = await attached_or_why(desk, signed.user, filled.files, sent=False, drawn=words.images)
    if isinstance(files, str):
        return Trouble("note", files)
    command = AddNote(
        id=key,
        tenant=signed.tenant,
        ticket=ticket.id,
        body=await kept_words(desk, signed.tenant, words),
        actor=actor_of(signed.user),
        files=files,
    )
    said, wrong = outcome(await ask(desk, command), "noted")
    return Trouble("note", wrong) if wrong else said


@router.get("/notes/{post}")
async def note_page(desk: TheDesk, signed: Signed, number: Number, post: UUID) -> Response:
    return await _shown(desk, signed, number, post)


@router.post("/notes/{post}")
async def edit(desk: TheDesk, signed: Signed, number: Number, post: UUID, form: Form) -> Response:
    words = words_of(text_of(form, "text"), text_of(form, "html"))
    if words.blank:
        return await _shown(desk, signed, number, post, wrong=gettext(EMPTY))
    async with desk.reading(signed.user) as reading:
        ticket, found = await _note_or_404(reading, number, post)
    if drawn_in(words.html or "") - {file.content_id for file in own_files(found, ())}:
        return await _shown(desk, signed, number, post, wrong=gettext(NO_IMAGE), words=words)
    command = EditNote(
        id=key_of(form),
        tenant=signed.tenant,
        ticket=ticket.id,
        post=post,
        body=await kept_words(desk, signed.tenant, words),
        expected_version=_version(text_of(form, "version")),
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "edited")
    if wrong:
        return await _shown(desk, signed, number, post, wrong=wrong, words=words)
    return back(f"/tickets/{number}", said, f"#post-{post}")


@router.post("/notes/{post}/withdraw")
async def withdraw(desk: TheDesk, signed: Signed, number: Number, post: UUID, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket, _ = await _note_or_404(reading, number, post)
    command = WithdrawNote(
        id=key_of(form),
        tenant=signed.tenant,
        ticket=ticket.id,
        post=post,
        expected_version=_version(text_of(form, "version")),
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "withdrawn")
    if wrong:
        return await _shown(desk, signed, number, post, wrong=wrong)
    return back(f"/tickets/{number}", said, f"#post-{post}")


async def _shown(
    desk: Desk, signed: SignedIn, number: int, post: UUID, *, wrong: str = "", words: Words | None = None
) -> Response:
    """The page of one note, with what was typed when it could not be taken."""
    async with desk.reading(signed.user) as reading:
        ticket, found = await _note_or_404(reading, number, post)
        allowed = (await options_of(reading.db, signed.tenant)).allowed_mime_types
        mail = await shown_mail(desk.blobs, signed.tenant, found, allowed)
        typed = words or Words(mail.text, mail.html or None)
        return await show(
            desk,
            reading,
            signed,
            "note.html",
            status=422 if wrong else 200,
            ticket=ticket,
            post=found,
            mail=mail,
            life=life_of(found),
            may=may_do(signed.user, found, desk.clock()),
            until=changeable_until(found.created_at),
            wrong=wrong,
            typed=Typed(text=typed.text, html=for_page(typed.html or "", f"/posts/{post}/inline/")),
        )


async def _note_or_404(reading: Reading, number: int, post: UUID) -> tuple[FullTicket, Post]:
    ticket = await ticket_or_404(reading, number)
    found = await one_post(reading, post)
    if found is None or found.ticket != ticket.id or found.kind != "note":
        raise NotHere(gettext("Ticket #%(number)s has no such note.", number=number))
    return ticket, found


def _version(typed: str) -> int:
    """A form without its version was made of none."""
    return int(typed) if typed.isascii() and typed.isdigit() else 0
