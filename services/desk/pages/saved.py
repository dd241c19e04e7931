"""Saved replies: the list of them, one to be written, and putting one into a reply."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.desk.composing.saving import SavedReplyIn, filled, lent, remove, save
from services.desk.composing.uploading import NO_FILES, Chosen, attached_or_why, chosen_in
from services.desk.composing.writing import for_editor
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.forms import meanwhile
from services.desk.forms.fields import text_of, texts_of
from services.desk.languages import gettext, later
from services.desk.pages.showing import back, show
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.queries.people import department_choices
from services.desk.queries.saved import Saved, saved_for, saved_named, saved_on
from services.desk.signin.auth import PostForm, Signed, SignedIn, Writer, checked_form
from shared.contracts.sending import Draft

router = APIRouter(include_in_schema=False)

PLACE = "/settings/saved-replies"
TYPED = ("name", "text", "html", "scope", "department")
LABELS = {
    "name": later("Name"),
    "text": later("Words"),
    "scope": later("For"),
    "department": later("Department"),
    "kept": later("Files"),
}
Asked = Annotated[str, Query(max_length=100)]


@router.get("/tickets/{number}/saved-replies")
async def for_a_ticket(desk: TheDesk, signed: Signed, number: Number, q: Asked = "") -> Response:
    """Names of those that fit a ticket, for the script of the editor."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        found = await saved_on(reading, signed.user.id, ticket.department, q)
    return JSONResponse([{"id": str(one.id), "name": one.name, "scope": one.scope} for one in found[:12]])


@router.post("/tickets/{number}/saved-replies/{reply}", dependencies=[Depends(checked_form)])
async def put_in(desk: TheDesk, signed: Signed, number: Number, reply: UUID) -> Response:
    """One of them, filled from the ticket, with its files ready to go along."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        found = await saved_named(reading, signed.user.id, reply)
        if found is None:
            raise NotHere(gettext("There is no such saved reply."))
        try:
            text, html = await filled(reading, signed.user, ticket, found)
        except Invalid as refusal:
            return JSONResponse({"why": refusal.detail}, 422)
    files = await lent(desk, signed.user, found.files)
    html = for_editor(Draft(text="", html=html), {})
    kept = [{"id": str(one.id), "name": one.name, "size": one.size} for one in files]
    return JSONResponse({"text": text, "html": html, "files": kept})


@router.get(PLACE)
async def saved_page(desk: TheDesk, signed: Signed, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        rows = await saved_for(reading, signed.user.id)
        return await show(desk, reading, signed, "saved_replies.html", said=said, rows=rows, place="settings")


@router.get(PLACE + "/new")
async def new_page(desk: TheDesk, signed: Writer) -> Response:
    return await _form(desk, signed, None)


@router.post(PLACE + "/new")
async def add(desk: TheDesk, signed: Signed, form: PostForm) -> Response:
    return await _save(desk, signed, None, form)


@router.get(PLACE + "/{reply}")
async def one_page(desk: TheDesk, signed: Writer, reply: UUID) -> Response:
    return await _form(desk, signed, await _one(desk, signed, reply))


@router.post(PLACE + "/{reply}")
async def change(desk: TheDesk, signed: Signed, reply: UUID, form: PostForm) -> Response:
    return await _save(desk, signed, await _one(desk, signed, reply), form)


@router.post(PLACE + "/{reply}/remove", dependencies=[Depends(checked_form)])
async def take_out(desk: TheDesk, signed: Signed, reply: UUID) -> Response:
    await remove(desk, signed.user, reply)
    return back(PLACE, "removed-reply")


async def _one(desk: Desk, signed: SignedIn, reply: UUID) -> Saved:
    async with desk.reading(signed.user) as reading:
        found = await saved_named(reading, signed.user.id, reply)
    if found is None:
        raise NotHere(gettext("There is no such saved reply."))
    return found


async def _save(desk: Desk, signed: SignedIn, saved: Saved | None, form: FormData) -> Response:
    given = {name: text_of(form, name) for name in (*TYPED, meanwhile.FIELD)}
    given["kept"] = " ".join(sorted(texts_of(form, "kept")))
    chosen = await chosen_in(desk, signed.user, form)
    files = await attached_or_why(desk, signed.user, chosen, sent=True)
    if isinstance(files, str):
        return await _form(desk, signed, saved, given=given, wrong=files, chosen=chosen)
    merged = meanwhile.together(given, given[meanwhile.FIELD], _now(saved), _part_of)
    if saved and merged.both:
        given = merged.values | {meanwhile.FIELD: ""}
        return await _form(desk, signed, saved, given=given, both=merged.both, chosen=chosen)
    values = merged.values
    kept = [one for one in (saved.files if saved else ()) if one.sha256 in values["kept"].split()]
    try:
        wanted = SavedReplyIn.model_validate(
            {name: values[name] for name in TYPED} | {"department": values["department"] or None}
        )
        await save(desk, signed.user, wanted, reply=saved.id if saved else None, files=(*kept, *files))
    except ValidationError:
        why = gettext("It needs a name of at most 80 characters.")
        return await _form(desk, signed, saved, given=given, wrong=why, chosen=chosen)
    except Invalid as refusal:
        return await _form(desk, signed, saved, given=given, wrong=refusal.detail, chosen=chosen)
    return back(PLACE, "defined")


def _now(saved: Saved | None) -> dict[str, str]:
    """Return a saved reply as its form shows it."""
    if saved is None:
        return dict.fromkeys((*TYPED, "kept"), "")
    return {
        "name": saved.name,
        "text": saved.text,
        "html": saved.html,
        "scope": saved.scope,
        "department": str(saved.department or ""),
        "kept": " ".join(sorted(one.sha256 for one in saved.files)),
    }


def _part_of(name: str) -> str:
    return "text" if name == "html" else name


async def _form(
    desk: Desk,
    signed: SignedIn,
    saved: Saved | None,
    *,
    given: dict[str, str] | None = None,
    wrong: str = "",
    both: tuple[str, ...] = (),
    chosen: Chosen = NO_FILES,
) -> Response:
    now, filled_in = _now(saved), given or _now(saved)
    called = {name: now[name] for name in ("name", "text")}
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "saved_reply.html",
            status=422 if wrong else 409 if both else 200,
            saved=saved,
            given=filled_in,
            meanwhile=meanwhile.in_words(both, LABELS, called),
            as_shown=meanwhile.shown_with(filled_in, now if saved else {}),
            wrong=wrong,
            chosen=chosen,
            departments=await department_choices(reading, also=saved.department if saved else None),
            place="settings",
        )
