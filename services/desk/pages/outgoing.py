"""Outgoing mail that waits: held, planned, failed; and letting it go or not."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.desk.asking.alongside import take_back_status
from services.desk.asking.commands import Refused, StillWorking, ask
from services.desk.asking.releasing import Action, act_on_many, command_for
from services.desk.composing.planning import planned_moment
from services.desk.composing.replying import options_for
from services.desk.composing.uploading import give_back
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.forms.fields import id_of, ids_of, key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.forwards import forwarded_post
from services.desk.pages.showing import SAID, back, outcome, show, wants_json
from services.desk.pages.typed import taken_back
from services.desk.queries.blocked import blocked_among
from services.desk.queries.incidents import sending_incidents
from services.desk.queries.outgoing import BULK, OutgoingRow, Waiting, outgoing_by_id, outgoing_list
from services.desk.signin.auth import Form, Signed, SignedIn
from services.desk.wording.reported import reported
from services.desk.wording.times import day_of
from shared.contracts.mail import MailFile
from shared.contracts.sending import CancelMail, ReleaseMail, ReplanMail

router = APIRouter(prefix="/outgoing", include_in_schema=False)


@router.get("")
async def outgoing_page(desk: TheDesk, signed: Signed, state: Waiting = "held", said: str = "") -> Response:
    return await _page(desk, signed, state, said=said)


@router.post("/bulk")
async def act_on_mails(desk: TheDesk, signed: Signed, form: Form) -> Response:
    """Release or discard what is ticked, or all that an incident holds; say what could not be done."""
    action: Action = "release" if text_of(form, "do") == "release" else "cancel"
    chosen = ids_of(form, "mail")[:BULK]
    of, key = id_of(form, "incident"), key_of(form)
    answers = await act_on_many(desk, signed.user, action, chosen, incident=of, key=key)
    whys = Counter(answer.why for answer in answers.values() if isinstance(answer, Refused))
    if whys or not answers:
        wrong = " ".join(
            gettext("%(count)s of %(all)s: %(why)s", count=count, all=len(answers), why=reported(why))
            for why, count in whys.most_common()
        )
        return await _page(desk, signed, "held", wrong=wrong or gettext("No mail is ticked."))
    working = any(isinstance(answer, StillWorking) for answer in answers.values())
    return back("/outgoing", "working" if working else {"release": "let-go", "cancel": "discarded"}[action])


@router.post("/{mail}/release")
async def release(desk: TheDesk, signed: Signed, mail: UUID, form: Form) -> Response:
    command = command_for("release", signed.user, mail, key_of(form))
    return await _done(desk, signed, command, "released", text_of(form, "from"))


@router.post("/{mail}/cancel")
async def cancel(*, desk: TheDesk, signed: Signed, mail: UUID, form: Form, request: Request) -> Response:
    """Cancel a planned or held mail; one that can be undone goes back to the editor, also of a script."""
    command = command_for("cancel", signed.user, mail, key_of(form))
    async with desk.reading(signed.user) as reading:
        row = await outgoing_by_id(reading, mail)
    undoes = row is not None and row.mail.can_undo
    if row is not None and undoes:
        files = [MailFile.model_validate(one) for one in row.mail.files]
        await give_back(desk, signed.user, mail, files)
    if undoes and wants_json(request):
        return await _undone(desk, signed, command)
    return await _done(desk, signed, command, "undone" if undoes else "cancelled", text_of(form, "from"))


async def _undone(desk: Desk, signed: SignedIn, command: ReleaseMail | CancelMail) -> Response:
    _, wrong = outcome(await ask(desk, command), "undone")
    typed = None if wrong else await taken_back(desk, signed, command.outgoing)
    if typed is None:
        return JSONResponse(
            {"why": wrong or gettext("It is cancelled. Its words cannot be shown again.")}, 409
        )
    kept = (
        "" if await take_back_status(desk, signed.user, command.outgoing) else gettext(SAID["undone-alone"])
    )
    return JSONResponse(typed.told | {"kept": kept})


@router.post("/{mail}/send")
async def send(desk: TheDesk, signed: Signed, mail: UUID, form: Form) -> Response:
    command = ReplanMail(id=key_of(form), tenant=signed.tenant, outgoing=mail, actor=actor_of(signed.user))
    return await _done(desk, signed, command, "hurried", text_of(form, "from"))


@router.post("/{mail}/plan")
async def plan(desk: TheDesk, signed: Signed, mail: UUID, form: Form) -> Response:
    """Give a planned mail another time."""
    async with desk.reading(signed.user) as reading:
        if await outgoing_by_id(reading, mail) is None:
            raise NotHere(gettext("There is no such outgoing mail."))
        zone = text_of(form, "zone") or (await options_for(reading)).time_zone
    moment = planned_moment(text_of(form, "send_at"), zone, desk.clock())
    if not isinstance(moment, datetime):
        raise Invalid(
            moment.why if moment else gettext("No time is named."), remedy=gettext("Name a later moment.")
        )
    command = ReplanMail(
        id=key_of(form),
        tenant=signed.tenant,
        outgoing=mail,
        send_at=moment,
        unless_customer_writes="unless" in form,
        actor=actor_of(signed.user),
    )
    return await _done(desk, signed, command, "replanned", text_of(form, "from"))


async def _done(
    desk: Desk, signed: SignedIn, command: ReleaseMail | CancelMail | ReplanMail, said: str, origin: str
) -> Response:
    """Ask, then go back to the list or to the ticket that the form stood on."""
    async with desk.reading(signed.user) as reading:
        row = await outgoing_by_id(reading, command.outgoing)
    if row is None:
        raise NotHere(gettext("There is no such outgoing mail."))
    said, wrong = outcome(await ask(desk, command), said)
    if wrong:
        return await _page(desk, signed, "held", wrong=wrong)
    undone = said == "undone"
    if undone and not await take_back_status(desk, signed.user, command.outgoing):
        said = "undone-alone"
    at_ticket = origin == "ticket" and row.number
    if undone and at_ticket:
        if post := await forwarded_post(desk, signed, row):
            return back(f"/tickets/{row.number}/forward/{post}?undone={command.outgoing}", said)
        return back(f"/tickets/{row.number}?undone={command.outgoing}", said, "#editor")
    return back(f"/tickets/{row.number}" if at_ticket else "/outgoing", said)


async def _page(desk: Desk, signed: SignedIn, state: Waiting, *, said: str = "", wrong: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        rows = await outgoing_list(reading, state)
        named = {one["address"] for row in rows for one in row.mail.recipients.get("to", [])}
        incidents = await sending_incidents(reading, desk.clock(), over=False) if state == "held" else []
        return await show(
            desk,
            reading,
            signed,
            "outgoing.html",
            status=409 if wrong else 200,
            said=said,
            state=state,
            groups=_groups(rows, state),
            incidents=incidents,
            blocked=await blocked_among(reading, desk.clock(), named),
            wrong=wrong,
            place="outgoing",
        )


def _groups(rows: Sequence[OutgoingRow], state: Waiting) -> list[tuple[str, list[OutgoingRow]]]:
    """Held mail by whom it is for, planned mail by the reader's day it goes out; the rest in one group."""
    found: dict[str, list[OutgoingRow]] = {}
    for row in rows:
        found.setdefault(_group_of(row, state), []).append(row)
    return list(found.items())


def _group_of(row: OutgoingRow, state: Waiting) -> str:
    match state:
        case "held":
            return ", ".join(str(one["address"]) for one in row.mail.recipients.get("to", []))
        case "planned":
            return day_of(row.mail.send_at or row.mail.created_at)
        case _:
            return ""
