"""Pass a mail of a ticket on to others."""

from dataclasses import replace
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.asking.commands import Done, Refused, ask
from services.desk.composing.drafting import begun_on, end_draft
from services.desk.composing.forwarding import Original, forward_subject, original_of, passed_on
from services.desk.composing.replying import Reply, command_to_send, options_for, speaking
from services.desk.composing.uploading import Chosen, again, attached_or_why, chosen_in
from services.desk.composing.writing import for_editor, words_of
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import key_of, text_of, texts_of
from services.desk.languages import gettext
from services.desk.pages.replies import Sent, moment_in, people_in, told
from services.desk.pages.showing import back, show, wants_json
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.pages.ticketview import Trouble
from services.desk.pages.typed import Typed, taken_back
from services.desk.queries.outgoing import OutgoingRow, outgoing_by_id
from services.desk.queries.people import User, own_addresses
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket
from services.desk.queries.timeline import Outgoing, Post, one_post
from services.desk.reader import reader
from services.desk.signin.auth import PostForm, Signed, SignedIn, Writer
from services.desk.timeline.mailview import draft_of
from services.desk.timeline.prose import framed_words
from services.desk.wording.reported import reported
from shared.contracts.errors import Permanent
from shared.contracts.mail import MailFile
from shared.contracts.sending import Draft, SendMail

router = APIRouter(prefix="/tickets/{number}/forward/{post}", include_in_schema=False)


@router.get("")
async def forward_page(
    *, desk: TheDesk, signed: Writer, number: Number, post: UUID, undone: UUID | None = None, said: str = ""
) -> Response:
    """`undone`: the mail by which it was forwarded, and which was taken back; its words stand here again."""
    if undone is None:
        return await _shown(desk, signed, number, post)
    async with desk.reading(signed.user) as reading:
        _, found = await _mail_or_404(reading, number, post)
        row = await outgoing_by_id(reading, undone)
    whole = await taken_back(desk, signed, undone)
    if whole is None or row is None:
        return await _shown(desk, signed, number, post)
    draft = await draft_of(desk.blobs, signed.tenant, row.mail.written or row.mail.body)
    filled, ticked = _own_part(
        await original_of(desk, signed.tenant, found), draft, whole, row.mail, signed.user
    )
    return await _shown(
        desk, signed, number, post, filled=filled, ticked=ticked, subject=row.mail.subject, said=said
    )


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
            return Trouble("forward", reported(why))
        case Done(facts):
            return Sent("forwarded", str(facts.get("outgoing", "")))
        case _:
            return Sent("working")


async def _command(
    desk: Desk, signed: SignedIn, ticket: FullTicket, post: Post, *, form: FormData, filled: Typed
) -> SendMail | str:
    """Make the mail, or say why it cannot be made."""
    if ticket.merged_into is not None:
        return gettext(
            "This ticket was merged: forward on %(merged_where)s.", merged_where=ticket.merged_where
        )
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


def _own_part(
    original: Original, draft: Draft, whole: Typed, mail: Outgoing, user: User
) -> tuple[Typed, list[str]]:
    """One's own words and files of what was passed on, and which files of the original were ticked."""
    theirs = {file.sha256 for file in original.files}
    files = [MailFile.model_validate(one) for one in mail.files]
    mine = tuple(one for one in whole.files.taken if one.sha256 not in theirs)
    ticked = [file.sha256 for file in files if file.sha256 in theirs]
    own = original.above(draft)
    if own is None:
        return whole, ticked
    again_by_id = {file.content_id: again(mail.id, user, file) for file in files if file.content_id}
    html = for_editor(own.draft, again_by_id)
    return replace(whole, text=own.text, html=html, files=Chosen(mine)), ticked


async def forwarded_post(desk: Desk, signed: SignedIn, row: OutgoingRow) -> UUID | None:
    """Return the post that a mail passes on, when it does."""
    if row.ticket is None:
        return None
    try:
        draft = await draft_of(desk.blobs, signed.tenant, row.mail.written or row.mail.body)
        async with desk.reading(signed.user) as reading:
            post = await passed_on(desk, reading, row.ticket, draft)
    except (Permanent, NotHere):
        return None
    return post.id if post else None


async def _mail_or_404(reading: Reading, number: int, post: UUID) -> tuple[FullTicket, Post]:
    ticket = await ticket_or_404(reading, number)
    found = await one_post(reading, post)
    if found is None or found.ticket != ticket.id:
        raise NotHere(gettext("Ticket #%(number)s has no such post.", number=number))
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
    subject: str = "",
    said: str = "",
) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket, found = await _mail_or_404(reading, number, post)
        original: Original = await original_of(desk, signed.tenant, found)
        begun = await begun_on(reading, signed.user, ticket.id, "forward")
        begun = [one for one in begun if one.one("answers") == str(post)]
        typed = filled or (Typed.begun(begun[0]) if begun else Typed())
        first_subject = forward_subject(found.subject or ticket.subject)
        subject = subject or (begun[0].one("subject") if begun and not filled else "")
        return await show(
            desk,
            reading,
            signed,
            "forward.html",
            status=422 if trouble else 200,
            said=said,
            trouble=trouble,
            ticket=ticket,
            post=found,
            original=original,
            shown=framed_words(original.html),
            typed=replace(typed, others=tuple(one.told for one in begun if one.draft.id != typed.draft)),
            subject=subject or first_subject,
            first_subject=first_subject,
            ticked=[file.sha256 for file in original.listed] if ticked is None else ticked,
            speaking=speaking(ticket, signed.user, await options_for(reading)),
        )
