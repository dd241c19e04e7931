"""The list of tickets, and a new one."""

from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, BeforeValidator

from services.desk.addressing import Unusable, typed
from services.desk.auth import PostForm, Signed, SignedIn
from services.desk.commands import Done, Refused, ask
from services.desk.desk import Desk, TheDesk
from services.desk.pages.showing import back, id_of, key_of, show, text_of
from services.desk.pages.ticket import back_to_ticket
from services.desk.queries.counts import last_mail_at, troubled_mailboxes
from services.desk.queries.defined import status_choices
from services.desk.queries.people import agents, department_choices, mailbox_choices, own_addresses
from services.desk.queries.search import find
from services.desk.queries.tickets import Filters, Sort, View, count_of, ticket_page
from services.desk.rendering import sentence
from services.desk.replying import actor_of, options_for
from services.desk.uploading import NO_FILES, Chosen, attached_or_why, chosen_in
from shared.contracts.mail import Address
from shared.contracts.sending import Draft
from shared.contracts.tickets import OpenTicket

router = APIRouter(include_in_schema=False)

TITLES = {
    "mine": "Mine",
    "new": "New",
    "unassigned": "Unassigned",
    "waiting": "Waiting for the customer",
    "open": "Open",
    "all": "All",
}
Empty = BeforeValidator(lambda value: None if value == "" else value)


class ListQuery(BaseModel):
    """What the address of the list says: a link to it shows the same."""

    view: View = "open"
    status: str = ""
    mailbox: Annotated[UUID | None, Empty] = None
    assignee: Annotated[UUID | None, Empty] = None
    q: str = ""
    sort: Sort = "activity"
    after: str = ""
    said: str = ""

    def filters(self) -> Filters:
        return Filters(self.view, self.status, self.mailbox, self.assignee, self.sort)

    def address(self, **changed: str) -> str:
        """The list's address with something changed; what is empty is left out."""
        parts = {
            "view": self.view,
            "status": self.status,
            "mailbox": str(self.mailbox or ""),
            "assignee": str(self.assignee or ""),
            "q": self.q,
            "sort": self.sort if self.sort != "activity" else "",
        } | changed
        return "/tickets?" + urlencode({name: value for name, value in parts.items() if value})


@router.get("/")
async def home() -> Response:
    return RedirectResponse("/tickets", status_code=303)


@router.get("/tickets")
async def ticket_list(desk: TheDesk, signed: Signed, asked: Annotated[ListQuery, Query()]) -> Response:
    async with desk.reading(signed.user) as reading:
        filters = asked.filters()
        found = await find(reading, asked.q[:200], signed.user.id)
        page = await ticket_page(reading, filters, signed.user.id, found, after=asked.after)
        mailboxes = await mailbox_choices(reading)
        return await show(
            desk,
            reading,
            signed,
            "tickets.html",
            said=asked.said,
            title=TITLES[asked.view],
            asked=asked,
            is_filtered=bool(asked.status or asked.mailbox or asked.assignee or asked.q),
            rows=page.rows,
            more=page.more,
            how=(await options_for(reading)).ticket_number_format,
            total=await count_of(reading, filters, signed.user.id, found),
            problems=found.problems,
            notes=found.notes,
            mailboxes=mailboxes,
            agents=await agents(reading),
            statuses=await status_choices(reading),
            troubles=await troubled_mailboxes(reading, desk.clock()),
            last_mail=await last_mail_at(reading),
            view=asked.view,
            q=asked.q,
        )


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
