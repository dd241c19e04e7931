"""A new ticket, opened at the desk: its first words are a note, or the first mail to whom it is for."""

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.asking.commands import Done, Refused, ask
from services.desk.composing.addressing import Unusable, typed
from services.desk.composing.drafting import begun_on, end_draft
from services.desk.composing.keeping import kept_words
from services.desk.composing.opening import mail_the_first
from services.desk.composing.uploading import attached_or_why, chosen_in
from services.desk.composing.writing import NO_FILE, speaks_of_a_file, words_of
from services.desk.desk import Desk, TheDesk
from services.desk.forms.fields import id_of, key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, show
from services.desk.pages.ticket import back_to_ticket, ticket_shown
from services.desk.pages.ticketview import Trouble
from services.desk.pages.typed import Typed
from services.desk.queries.people import department_choices, mailbox_choices, own_addresses
from services.desk.reader import reader
from services.desk.signin.auth import PostForm, Signed, SignedIn, Writer
from services.desk.wording.reported import reported
from shared.contracts.tickets import OpenTicket

router = APIRouter(prefix="/tickets/new", include_in_schema=False)

FIELDS = ("subject", "contact", "department", "mailbox", "as")


@router.get("")
async def new_ticket_page(desk: TheDesk, signed: Writer) -> Response:
    async with desk.reading(signed.user) as reading:
        begun = await begun_on(reading, signed.user, None, "new")
    if not begun:
        return await _page(desk, signed, {}, Typed())
    first = replace(Typed.begun(begun[0]), others=tuple(one.told for one in begun[1:]))
    return await _page(desk, signed, {name: begun[0].one(name) for name in FIELDS}, first)


@router.post("")
async def open_ticket(desk: TheDesk, signed: Signed, form: PostForm) -> Response:
    filled = {name: text_of(form, name) for name in FIELDS}
    first = Typed.of(form, await chosen_in(desk, signed.user, form))
    async with desk.reading(signed.user) as reading:
        errors = _problems(filled, first, await own_addresses(reading))
    wanted = await _wanted(desk, signed, form, first) if not errors else {}
    if isinstance(wanted, OpenTicket):
        return await _opened(desk, signed, wanted, filled, first)
    first = replace(first, anyway=first.anyway or errors.get("files") == gettext(NO_FILE))
    return await _page(desk, signed, filled, first, errors=errors | wanted)


async def _wanted(desk: Desk, signed: SignedIn, form: FormData, first: Typed) -> OpenTicket | dict[str, str]:
    words, mailed = words_of(first.text, first.html), text_of(form, "as") == "mail"
    files = await attached_or_why(desk, signed.user, first.files, sent=mailed, drawn=words.images)
    contacts = typed(text_of(form, "contact"))
    if isinstance(files, str):
        return {"files": files}
    assert not isinstance(contacts, Unusable)
    return OpenTicket(
        id=key_of(form),
        tenant=signed.tenant,
        subject=" ".join(text_of(form, "subject").split()),
        body=await kept_words(desk, signed.tenant, words),
        contact=contacts[0],
        department=id_of(form, "department"),
        mailbox=id_of(form, "mailbox"),
        actor=actor_of(signed.user),
        files=files,
        mailed=mailed,
    )


async def _opened(
    desk: Desk, signed: SignedIn, wanted: OpenTicket, filled: dict[str, str], first: Typed
) -> Response:
    """Open it, and send its first mail. Asked again with the same key, both are done once."""
    match await ask(desk, wanted):
        case Done(facts) if facts.get("number"):
            number = int(str(facts["number"]))
            why = await _mailed(desk, signed, number, wanted, first) if wanted.mailed else ""
            if why:
                trouble = Trouble(
                    "reply", gettext("The ticket is open. Its mail was not sent: %(why)s", why=why)
                )
                reply = replace(first, to=(wanted.contact,), draft=None, version=0)
                return await ticket_shown(desk, signed, number, trouble=trouble, reply=reply)
            await end_draft(desk, signed.user, first.draft)
            return await back_to_ticket(desk, signed, number, "opened-by-mail" if wanted.mailed else "opened")
        case Refused(why):
            return await _page(desk, signed, filled, first, errors={"": reported(why)})
        case _:
            return back("/tickets?view=new", "working")


async def _mailed(desk: Desk, signed: SignedIn, number: int, opened: OpenTicket, first: Typed) -> str:
    """Hand the first mail to the mailer; say why it does not take it."""
    words, goes_at = words_of(first.text, first.html), desk.clock() + reader().undo
    answer = await mail_the_first(desk, signed.user, number, opened, words, goes_at)
    return reported(answer.why) if isinstance(answer, Refused) else ""


def _problems(filled: dict[str, str], first: Typed, own: frozenset[str]) -> dict[str, str]:
    errors = {}
    words = words_of(first.text, first.html)
    if not filled["subject"]:
        errors["subject"] = gettext("A ticket has a subject.")
    if words.blank:
        errors["text"] = gettext("Write what it is about.")
    match typed(filled["contact"]):
        case Unusable(why):
            errors["contact"] = why
        case [one] if one.address in own:
            errors["contact"] = gettext(
                "%(address)s is one of our mailboxes; name the customer.", address=one.address
            )
        case [_]:
            pass
        case _:
            errors["contact"] = gettext("Name one address: the customer or colleague it is for.")
    has_files = first.files.taken or first.files.refused or words.images
    if not errors and not has_files and not first.anyway and speaks_of_a_file(words.text):
        errors["files"] = gettext(NO_FILE)
    return errors


async def _page(
    desk: Desk,
    signed: SignedIn,
    filled: dict[str, str],
    first: Typed,
    *,
    errors: dict[str, str] | None = None,
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "ticket_new.html",
            status=422 if errors else 200,
            filled=filled,
            first=first,
            errors=errors or {},
            departments=await department_choices(reading),
            mailboxes=await mailbox_choices(reading),
        )
