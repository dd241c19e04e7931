"""Many tickets changed alike: what it would do, doing it, and taking it back."""

from uuid import UUID, uuid4

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from pydantic import JsonValue
from starlette.datastructures import FormData

from services.desk.bulks import MOST, begin, effect_of, preview, take_back, told_of
from services.desk.configuration.customfields import CustomFieldSettings
from services.desk.desk import Desk, TheDesk
from services.desk.effects import Wanted
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.forms.customfields import value_typed
from services.desk.forms.fields import text_of, texts_of
from services.desk.languages import gettext
from services.desk.listing import Asked
from services.desk.pages.showing import show
from services.desk.pages.ticketlist import listing_of
from services.desk.queries.defined import custom_fields_of
from services.desk.queries.reading import Reading
from services.desk.queries.search import find
from services.desk.queries.ticket import ids_of_numbers
from services.desk.queries.tickets import LARGEST_NUMBER, ids_in
from services.desk.signin.auth import Form, Signed, SignedIn
from services.desk.timeline.naming import naming
from shared.contracts.custom_fields import PREFIX

router = APIRouter(prefix="/tickets/bulk", include_in_schema=False)

NOBODY = "none"
"""In a form, where an empty value leaves a field as it is."""


@router.post("")
async def ask_for(desk: TheDesk, signed: Signed, form: Form) -> Response:
    """Show what a change would do to what is ticked, or to all of the list."""
    asked = Asked.of(text_of(form, "list"))
    async with desk.reading(signed.user) as reading:
        wanted = wanted_in(form, await custom_fields_of(reading), signed)
        chosen = await _chosen(desk, reading, signed, form, asked)
    if not wanted or not chosen:
        why = (
            gettext("No ticket is ticked.") if not chosen else gettext("Nothing is chosen that would change.")
        )
        raise Invalid(why, remedy=gettext("Go back, tick tickets and choose what to change on them."))
    bulk = uuid4()
    await preview(desk, signed.user, bulk, wanted, chosen, back=asked.address())
    return RedirectResponse(f"/tickets/bulk/{bulk}", status_code=303)


@router.get("/{bulk}")
async def bulk_page(desk: TheDesk, signed: Signed, bulk: UUID) -> Response:
    """What it would do; once it has begun, how far it is."""
    async with desk.reading(signed.user) as reading:
        told = await told_of(reading, signed.user, bulk)
        if told is None:
            raise NotHere(
                gettext("There is no such change."), remedy=gettext("It may be too old. Go back to the list.")
            )
        effect = None
        if told.bulk.state == "preview":
            effect = await effect_of(reading, signed.user, told.bulk, await naming(reading))
        return await show(
            desk, reading, signed, "bulk.html", told=told, effect=effect, most=MOST, back=told.bulk.back
        )


@router.post("/{bulk}")
async def carry_out(desk: TheDesk, signed: Signed, bulk: UUID, form: Form) -> Response:
    del form
    async with desk.reading(signed.user) as reading:
        if await told_of(reading, signed.user, bulk) is None:
            raise NotHere(
                gettext("There is no such change."), remedy=gettext("Go back to the list and choose again.")
            )
    await begin(desk, signed.user, bulk)
    return await _after(desk, signed, bulk)


@router.post("/{bulk}/undo")
async def undo(desk: TheDesk, signed: Signed, bulk: UUID, form: Form) -> Response:
    del form
    async with desk.reading(signed.user) as reading:
        if await told_of(reading, signed.user, bulk) is None:
            raise NotHere(
                gettext("There is no such change."), remedy=gettext("It may be too old to take back.")
            )
    taken = await take_back(desk, signed.user, bulk)
    if taken is None:
        raise Conflict(
            gettext("This change is not done yet, or was taken back."), remedy=gettext("Reload the list.")
        )
    return await _after(desk, signed, taken)


async def _after(desk: Desk, signed: SignedIn, bulk: UUID) -> Response:
    """Go to the list when all is done, and to the progress when it takes longer."""
    async with desk.reading(signed.user) as reading:
        told = await told_of(reading, signed.user, bulk)
    if told is None or told.bulk.state != "done":
        return RedirectResponse(f"/tickets/bulk/{bulk}", status_code=303)
    back = told.bulk.back or "/tickets"
    return RedirectResponse(f"{back}{'&' if '?' in back else '?'}did={bulk}", status_code=303)


def wanted_in(form: FormData, defined: list[CustomFieldSettings], signed: SignedIn) -> Wanted:
    """Read what a form would change; an empty value leaves a field as it is."""
    values: dict[str, JsonValue] = {}
    for name in ("status", "priority"):
        if value := text_of(form, name):
            values[name] = value
    for name in ("assignee", "department"):
        if value := text_of(form, name):
            values[name] = None if value == NOBODY else str(signed.user.id) if value == "me" else value
    for field in defined:
        name = f"{PREFIX}{field.key}"
        texts = [text for text in texts_of(form, name) if text.strip()]
        if texts:
            values[name] = None if texts == [NOBODY] else value_typed(field, texts)
    return Wanted(
        values=values,
        add_tags=_tags(text_of(form, "add_tags")),
        remove_tags=_tags(text_of(form, "remove_tags")),
        read={"read": True, "unread": False}.get(text_of(form, "mark")),
    )


async def _chosen(
    desk: Desk, reading: Reading, signed: SignedIn, form: FormData, asked: Asked
) -> list[tuple[UUID, int]]:
    if not text_of(form, "all"):
        texts = [text for text in texts_of(form, "ticket") if text.isascii() and text.isdigit()]
        numbers = [int(text) for text in texts[:1000] if len(text) <= len(str(LARGEST_NUMBER))]
        found = await ids_of_numbers(reading, [one for one in numbers if one <= LARGEST_NUMBER])
        return [(ticket, number) for number, ticket in found.items()]
    listing = await listing_of(reading, signed, asked)
    found_by = await find(reading, listing.asked.searched(), signed.user.id)
    filters = listing.asked.filters(listing.defined, desk.clock())
    return await ids_in(reading, filters, signed.user.id, found_by, MOST)


def _tags(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(tag.strip() for tag in text.split(",") if tag.strip()))
