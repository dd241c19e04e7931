"""Contacts: found by address, read with their tickets, named, and placed in an organization."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.commands import ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import id_of, key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome, show
from services.desk.queries.blocked import blocked_addresses
from services.desk.queries.organizations import contact_of, contacts_page, organizations_page
from services.desk.queries.people import tickets_of_contact
from services.desk.signin.auth import Form, Signed, SignedIn
from shared.contracts.people import ChangeContact

router = APIRouter(prefix="/contacts", include_in_schema=False)

PAGE = 100
TICKETS = 50
MOST_OFFERED = 500
"""Organizations to choose from; one that is chosen already is always among them."""


@router.get("")
async def contacts_room(desk: TheDesk, signed: Signed, find: str = "", after: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        found = await contacts_page(reading, find, after, PAGE + 1)
        return await show(
            desk,
            reading,
            signed,
            "contacts.html",
            rows=found[:PAGE],
            more=found[PAGE - 1].address if len(found) > PAGE else "",
            find=find,
            place="contacts",
        )


@router.get("/{contact}")
async def contact_page(desk: TheDesk, signed: Signed, contact: UUID, said: str = "") -> Response:
    return await _page(desk, signed, contact, said=said)


@router.post("/{contact}")
async def change(desk: TheDesk, signed: Signed, contact: UUID, form: Form) -> Response:
    """Keep what differs: a name that was typed, an organization that was chosen, or none chosen any more."""
    async with desk.reading(signed.user) as reading:
        now = await contact_of(reading, contact)
    if now is None:
        raise NotHere(gettext("There is no such contact."))
    name, chosen = text_of(form, "name"), id_of(form, "organization")
    language = text_of(form, "language") if "language" in form else now.language or ""
    was = now.organization if "organization" in now.chosen else None
    command = ChangeContact(
        id=key_of(form),
        tenant=signed.tenant,
        contact=contact,
        called=name if name and name != now.name else None,
        organization=chosen if chosen != was else None,
        by_domain=chosen is None and was is not None,
        language=language if language != (now.language or "") else None,
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "contact")
    if wrong:
        return await _page(desk, signed, contact, wrong=wrong)
    return back(f"/contacts/{contact}", said)


async def _page(desk: Desk, signed: SignedIn, contact: UUID, *, said: str = "", wrong: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        found = await contact_of(reading, contact)
        if found is None:
            raise NotHere(gettext("There is no such contact."))
        offered = {each.id: each.name for each in await organizations_page(reading, "", None, MOST_OFFERED)}
        if found.organization:
            offered.setdefault(found.organization, found.organization_name or "")
        return await show(
            desk,
            reading,
            signed,
            "contact.html",
            status=409 if wrong else 200,
            said=said,
            wrong=wrong,
            one=found,
            chosen=found.organization if "organization" in found.chosen else None,
            offered=offered,
            spared=next(iter(await blocked_addresses(reading, desk.clock(), found.address)), None),
            others=await tickets_of_contact(reading, contact, TICKETS),
            place="contacts",
        )
