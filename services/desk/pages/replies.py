"""Answer a ticket by mail: the form of the editor, and the same asked by its script."""

from dataclasses import dataclass, replace
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from starlette.datastructures import FormData

from services.desk.asking.alongside import give_status
from services.desk.asking.commands import Done, Refused, ask
from services.desk.composing.addressing import Recipients, Unusable, recipients, ticked, typed
from services.desk.composing.drafting import end_draft
from services.desk.composing.planning import NotAMoment, named_moment, planned_moment
from services.desk.composing.replying import Reply, command_to_send, options_for
from services.desk.composing.uploading import attached_or_why, chosen_in
from services.desk.composing.writing import NO_FILE, speaks_of_a_file, words_of
from services.desk.desk import Desk, TheDesk
from services.desk.forms.fields import id_of, key_of, text_of, texts_of
from services.desk.languages import gettext
from services.desk.pages.showing import SAID, back, fresh, wants_json
from services.desk.pages.ticket import Number, ticket_or_404, ticket_shown
from services.desk.pages.ticketview import Trouble
from services.desk.pages.typed import Typed
from services.desk.queries.newest import Newer, newer_post
from services.desk.queries.people import own_addresses
from services.desk.queries.ticket import FullTicket
from services.desk.reader import reader
from services.desk.signin.auth import PostForm, Signed, SignedIn
from services.desk.wording.reported import reported
from services.desk.wording.times import ago

router = APIRouter(prefix="/tickets/{number}", include_in_schema=False)


@dataclass(frozen=True)
class Sent:
    """A reply that the mailer has; `mail` is empty while it has not answered."""

    said: str
    mail: str = ""


@router.post("/reply")
async def reply(
    *, desk: TheDesk, signed: Signed, number: Number, form: PostForm, request: Request
) -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
    filled = Typed.of(form, await chosen_in(desk, signed.user, form))
    result = await _send(desk, signed, ticket, form, filled)
    if isinstance(result, Sent):
        await end_draft(desk, signed.user, id_of(form, "draft"))
    if wants_json(request):
        return told(result)
    if isinstance(result, Trouble):
        if result.ask:
            filled = replace(filled, seen=result.seen or filled.seen, anyway=result.ask == "attached")
        return await ticket_shown(desk, signed, number, trouble=result, reply=filled)
    return back(f"/tickets/{number}", result.said, "#latest")


def told(result: Sent | Trouble, *, to: str = "") -> Response:
    """The answer to a script. `to`: the page on which it goes on."""
    if isinstance(result, Trouble):
        asks = {"why": result.text, "ask": result.ask, "seen": str(result.seen or "")}
        return JSONResponse(asks, 422)
    undo = reader().undo.seconds if result.said in {"sent", "closed", "waits"} else 0
    return JSONResponse(
        {"said": gettext(SAID[result.said]), "mail": result.mail, "undo": undo, "to": to, **fresh()}
    )


async def _send(
    desk: Desk, signed: SignedIn, ticket: FullTicket, form: FormData, filled: Typed
) -> Sent | Trouble:
    """Send what the form asks for, unless something is missing or a person is to be asked first."""
    if ticket.merged_into is not None:
        return Trouble(
            "reply",
            gettext("This ticket was merged: answer on %(merged_where)s.", merged_where=ticket.merged_where),
        )
    async with desk.reading(signed.user) as reading:
        zone = filled.zone or (await options_for(reading)).time_zone
        wanted = _reply(form, filled, await own_addresses(reading), zone, desk.clock())
        if isinstance(wanted, str):
            return Trouble("reply", wanted)
        newer = await newer_post(reading, ticket.id, filled.seen, signed.user.id) if filled.seen else None
        if doubt := _doubt(newer, filled, wanted, desk.clock()):
            return doubt
        command = await command_to_send(desk, reading, signed.user, ticket, wanted)
    drawn = wanted.words.images
    files = await attached_or_why(desk, signed.user, filled.files, sent=True, drawn=drawn)
    if isinstance(files, str):
        return Trouble("reply", files)
    match await ask(desk, command.model_copy(update={"files": files})):
        case Refused(why):
            return Trouble("reply", reported(why))
        case Done(facts):
            mail = str(facts.get("outgoing", ""))
            if (wanted.send_at or desk.clock()) > desk.clock() + reader().undo:
                return Sent("planned", mail)
            return Sent(await give_status(desk, signed.user, command, text_of(form, "send")), mail)
        case _:
            return Sent("working")


def _doubt(newer: Newer | None, filled: Typed, wanted: Reply, now: datetime) -> Trouble | None:
    """What a person should know before it goes: once each."""
    if newer is not None:
        told = gettext(
            "%(author)s wrote %(ago)s: read it first, or send anyway.",
            author=newer.author,
            ago=ago(newer.at, now),
        )
        return Trouble("reply", told, ask="newer", seen=newer.post)
    has_files = filled.files.taken or filled.files.refused or wanted.words.images
    if not has_files and not filled.anyway and speaks_of_a_file(wanted.words.text):
        return Trouble("reply", gettext(NO_FILE), ask="attached")
    return None


def _reply(form: FormData, filled: Typed, own: frozenset[str], zone: str, now: datetime) -> Reply | str:
    """Read the reply that a form asks for, or say what is missing in it."""
    people = people_in(form, own)
    if isinstance(people, str):
        return people
    words = words_of(filled.text, filled.html)
    if words.blank:
        return gettext("The reply is empty: write something first.")
    moment = moment_in(form, filled, zone, now)
    if isinstance(moment, str):
        return moment
    unless = moment is not None and "unless" in form
    return Reply(key_of(form), words, people, moment or now + reader().undo, unless, id_of(form, "answers"))


def people_in(form: FormData, own: frozenset[str]) -> Recipients | str:
    """Read whom a mail goes to, or say what is wrong with it."""
    lines = []
    for name in ("to", "cc", "bcc"):
        added = typed(text_of(form, f"{name}_more"))
        if isinstance(added, Unusable):
            return added.why
        lines.append([*ticked(texts_of(form, name)), *added])
    people = recipients(lines[0], lines[1], own, lines[2])
    return people.why if isinstance(people, Unusable) else people


def moment_in(form: FormData, filled: Typed, zone: str, now: datetime) -> datetime | str | None:
    """Read when a mail is to leave, as the button says that was pressed; None is now."""
    way = text_of(form, "send")
    if way != "plan":
        return named_moment(way, zone, now)
    moment = planned_moment(filled.send_at, zone, now)
    if moment is None:
        return f"{gettext('No time is named.')} {gettext('Name a later moment.')}"
    return moment.why if isinstance(moment, NotAMoment) else moment
