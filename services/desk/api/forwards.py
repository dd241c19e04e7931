"""Passing a mail of a ticket on to others."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import Field

from services.desk.api.answering import NOT_HERE, REFUSED, TAKES_FILES, CommandAnswer, Key, carried_out
from services.desk.api.given import Files, Given, Html, PersonIn
from services.desk.api.named import Number, the_ticket
from services.desk.api.people import addresses_of
from services.desk.composing.addressing import Unusable, recipients
from services.desk.composing.forwarding import forward_subject, original_of
from services.desk.composing.replying import Reply, command_to_send
from services.desk.composing.uploading import attached
from services.desk.composing.writing import words_of
from services.desk.desk import TheDesk
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.queries.people import own_addresses
from services.desk.queries.timeline import one_post
from services.desk.signin.auth import TokenUser

router = APIRouter(prefix="/tickets/{number}/posts/{post}/forwards", tags=["tickets"])


class ForwardIn(Given):
    to: list[PersonIn] = Field(min_length=1)
    cc: list[PersonIn] = Field(default_factory=list)
    bcc: list[PersonIn] = Field(default_factory=list)
    subject: Annotated[str, Field(max_length=998)] = ""
    text: Annotated[str, Field(max_length=500_000)] = Field(default="", description="Above the original.")
    html: Html
    original_files: list[str] | None = Field(
        default=None, description="Of its files those with these SHA-256; left out: all of them."
    )
    files: Files


@router.post("", summary="Forward a mail", responses=NOT_HERE | REFUSED | TAKES_FILES)
async def forward(
    *,
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    post: UUID,
    wanted: ForwardIn,
    key: Key,
    response: Response,
) -> CommandAnswer:
    """The original stands quoted below the words. Such a mail answers nobody."""
    words = words_of(wanted.text, wanted.html)
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        if ticket.merged_into is not None:
            raise Conflict(f"Ticket {number} was merged.", remedy=f"Forward on {ticket.merged_where}.")
        found = await one_post(reading, post)
        if found is None or found.ticket != ticket.id:
            raise NotHere(f"Ticket {number} has no such post.")
        to, cc, bcc = (addresses_of(line) for line in (wanted.to, wanted.cc, wanted.bcc))
        people = recipients(to, cc, await own_addresses(reading), bcc)
        if isinstance(people, Unusable):
            raise Invalid(people.why)
        original = await original_of(desk, user.tenant, found)
        asked = Reply(key.id, original.below(words), people)
        command = await command_to_send(desk, reading, user, ticket, asked)
    own = await attached(desk, user, wanted.files, sent=True, drawn=words.images)
    named = wanted.original_files
    chosen = [file.sha256 for file in original.listed] if named is None else named
    subject = " ".join(wanted.subject.split()) or forward_subject(found.subject or ticket.subject)
    changed = {"files": (*own, *original.chosen(chosen)), "subject": subject, "forwards": True}
    return await carried_out(desk, key, command.model_copy(update=changed), response)
