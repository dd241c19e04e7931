"""Internal notes of a ticket: add one, change it for a while, withdraw it."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.desk.api.answering import NOT_HERE, REFUSED, TAKES_FILES, CommandAnswer, Key, carried_out
from services.desk.api.given import Files, Given, Html, Text
from services.desk.api.named import Number, the_ticket
from services.desk.composing.keeping import kept_words
from services.desk.composing.uploading import attached
from services.desk.composing.writing import words_of
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.making import actor_of
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket
from services.desk.queries.timeline import one_post
from services.desk.signin.auth import TokenUser
from shared.contracts.notes import EditNote, WithdrawNote
from shared.contracts.tickets import AddNote

router = APIRouter(prefix="/tickets/{number}/notes", tags=["tickets"])


class NoteText(Given):
    text: Text = Field(examples=["Known batch, replacement is free."])
    html: Html


class NoteIn(NoteText):
    files: Files


class NoteChange(NoteText):
    version: int | None = Field(default=None, description="Of the note as you read it.", examples=[1])


@router.post("", summary="Add an internal note", responses=NOT_HERE | REFUSED | TAKES_FILES)
async def note(
    *, desk: TheDesk, user: TokenUser, number: Number, wanted: NoteIn, key: Key, response: Response
) -> CommandAnswer:
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
    words = words_of(wanted.text, wanted.html)
    body = await kept_words(desk, user.tenant, words)
    files = await attached(desk, user, wanted.files, sent=False, drawn=words.images)
    command = AddNote(
        id=key.id, tenant=user.tenant, ticket=ticket.id, body=body, actor=actor_of(user), files=files
    )
    return await carried_out(desk, key, command, response)


@router.patch("/{post}", summary="Change a note", responses=NOT_HERE | REFUSED)
async def edit(
    *,
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    post: UUID,
    wanted: NoteChange,
    key: Key,
    response: Response,
) -> CommandAnswer:
    """Whoever wrote it may, for 15 minutes; the words before stay in the history. A mail never changes."""
    async with desk.reading(user) as reading:
        ticket = await _with_post(reading, number, post)
    command = EditNote(
        id=key.id,
        tenant=user.tenant,
        ticket=ticket.id,
        post=post,
        body=await kept_words(desk, user.tenant, words_of(wanted.text, wanted.html)),
        expected_version=wanted.version,
        actor=actor_of(user),
    )
    return await carried_out(desk, key, command, response)


@router.delete("/{post}", summary="Withdraw a note", responses=NOT_HERE | REFUSED)
async def withdraw(
    *, desk: TheDesk, user: TokenUser, number: Number, post: UUID, key: Key, response: Response
) -> CommandAnswer:
    """Whoever wrote it may, for 15 minutes; an administrator at any time. Who and when stay to be seen."""
    async with desk.reading(user) as reading:
        ticket = await _with_post(reading, number, post)
    command = WithdrawNote(id=key.id, tenant=user.tenant, ticket=ticket.id, post=post, actor=actor_of(user))
    return await carried_out(desk, key, command, response)


async def _with_post(reading: Reading, number: int, post: UUID) -> FullTicket:
    ticket = await the_ticket(reading, number)
    found = await one_post(reading, post)
    if found is None or found.ticket != ticket.id:
        raise NotHere(f"Ticket {number} has no such post.")
    return ticket
