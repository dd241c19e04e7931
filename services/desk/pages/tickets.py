"""A new ticket."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.addressing import Unusable, typed
from services.desk.auth import PostForm, Signed, SignedIn
from services.desk.commands import Done, Refused, ask
from services.desk.desk import Desk, TheDesk
from services.desk.pages.showing import back, id_of, key_of, show, text_of
from services.desk.pages.ticket import back_to_ticket
from services.desk.queries.people import department_choices, mailbox_choices, own_addresses
from services.desk.rendering import sentence
from services.desk.replying import actor_of
from services.desk.uploading import NO_FILES, Chosen, attached_or_why, chosen_in
from shared.contracts.mail import Address
from shared.contracts.sending import Draft
from shared.contracts.tickets import OpenTicket

router = APIRouter(include_in_schema=False)


@router.get("/tickets/new")
async def new_ticket_page(desk: TheDesk, signed: Signed) -> Response:
    return await _new_page(desk, signed, {})


@router.post("/tickets/new")
async def open_ticket(desk: TheDesk, signed: Signed, form: PostForm) -> Response:
    names = ("subject", "contact", "text", "department", "mailbox")
    filled = {name: text_of(form, name) for name in names}
    chosen = await chosen_in(desk, signed.user, form)
    async with desk.reading(signed.user) as reading:
        own = await own_addresses(reading)
    contacts = typed(filled["contact"])
    errors = _problems(filled, contacts, own)
    files = () if errors else await attached_or_why(desk, signed.user, chosen, sent=False)
    if isinstance(files, str):
        errors["files"] = files
    if errors:
        return await _new_page(desk, signed, filled, errors, chosen)
    assert not isinstance(files, str)
    assert not isinstance(contacts, Unusable)
    draft = Draft(text=filled["text"]).model_dump_json().encode()
    command = OpenTicket(
        id=key_of(form),
        tenant=signed.tenant,
        subject=" ".join(filled["subject"].split()),
        body=await desk.blobs.put(signed.tenant, draft),
        contact=contacts[0],
        department=id_of(form, "department"),
        mailbox=id_of(form, "mailbox"),
        actor=actor_of(signed.user),
        files=files,
    )
    match await ask(desk, command):
        case Done(facts) if facts.get("number"):
            return await back_to_ticket(desk, signed, int(str(facts["number"])), "opened")
        case Refused(why):
            return await _new_page(desk, signed, filled, {"": sentence(why)}, chosen)
        case _:
            return back("/tickets?view=new", "working")


def _problems(
    filled: dict[str, str], contacts: list[Address] | Unusable, own: frozenset[str]
) -> dict[str, str]:
    errors = {}
    if not filled["subject"]:
        errors["subject"] = "A ticket has a subject."
    if not filled["text"]:
        errors["text"] = "Write what it is about."
    match contacts:
        case Unusable(why):
            errors["contact"] = why
        case [one] if one.address in own:
            errors["contact"] = f"{one.address} is one of our mailboxes; name the customer."
        case [_]:
            pass
        case _:
            errors["contact"] = "Name one address: the customer or colleague it is for."
    return errors


async def _new_page(
    desk: Desk,
    signed: SignedIn,
    filled: dict[str, str],
    errors: dict[str, str] | None = None,
    chosen: Chosen = NO_FILES,
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "ticket_new.html",
            status=422 if errors else 200,
            filled=filled,
            errors=errors or {},
            chosen=chosen,
            departments=await department_choices(reading),
            mailboxes=await mailbox_choices(reading),
        )
