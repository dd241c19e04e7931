"""The list of tickets: what is asked for, in which columns, and what was just done with many."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError

from services.desk.bulks import told_of
from services.desk.composing.replying import options_for
from services.desk.configuration.customfields import CustomFieldSettings
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import text_of, texts_of
from services.desk.languages import gettext, later
from services.desk.listing import COLUMNS, MOST_AMONG, SORTS, Asked, columns_in, with_saved
from services.desk.pages.narrowing import narrowed
from services.desk.pages.showing import back, show
from services.desk.queries.counts import last_mail_at, troubled_mailboxes
from services.desk.queries.defined import custom_fields_of, status_choices
from services.desk.queries.people import agents, colleagues, department_choices, mailbox_choices
from services.desk.queries.reading import Reading
from services.desk.queries.search import find
from services.desk.queries.tickets import PAGE, count_of, ticket_page
from services.desk.queries.views import SavedView, choose_columns, chosen_columns, view_named
from services.desk.signin.auth import Form, Signed, SignedIn
from services.desk.welcoming import STEPS, begun_and_not_over
from shared.contracts.custom_fields import PREFIX

router = APIRouter(include_in_schema=False)

TITLES = {
    "mine": later("Mine"),
    "new": later("New"),
    "unassigned": later("Unassigned"),
    "waiting": later("Waiting for the customer"),
    "open": later("Open"),
    "all": later("All"),
}


@router.get("/")
async def home() -> Response:
    return RedirectResponse("/tickets", status_code=303)


def asked_in(request: Request) -> Asked:
    try:
        return Asked.model_validate(dict(request.query_params))
    except ValidationError as error:
        problems = [{**one, "loc": ("query", *one["loc"])} for one in error.errors(include_url=False)]
        raise RequestValidationError(problems) from error


@dataclass(frozen=True)
class Listing:
    """The list that an address asks for, with what a saved view adds to it."""

    asked: Asked
    saved: SavedView | None
    columns: tuple[str, ...]
    defined: list[CustomFieldSettings]
    differs: bool
    """From its saved view."""

    @property
    def title(self) -> str:
        return self.saved.name if self.saved else gettext(TITLES[self.asked.shown_view])

    @property
    def key(self) -> str:
        """Under which a person's own columns are kept."""
        return str(self.saved.id) if self.saved else self.asked.shown_view

    @property
    def labels(self) -> dict[str, str]:
        """All columns, those that are shown first and in their order."""
        ours = {name: gettext(word) for name, word in COLUMNS.items()}
        names = ours | {f"{PREFIX}{field.key}": field.name for field in self.defined}
        shown = {name: names[name] for name in self.columns}
        return shown | {name: word for name, word in names.items() if name not in shown}


async def listing_of(reading: Reading, signed: SignedIn, asked: Asked) -> Listing:
    """Find the saved view and the columns of a list.

    Raises:
        NotHere: there is no such view, or it is somebody else's.
    """
    saved, differs = None, asked.view is not None
    if asked.saved:
        saved = await view_named(reading, signed.user.id, asked.saved)
        if saved is None:
            raise NotHere(
                gettext("There is no such view."), remedy=gettext("Choose another one beside the list.")
            )
        asked = with_saved(asked, saved.asked)
        differs = differs or asked.shown_sort != saved.asked.get("sort", "activity")
    defined = await custom_fields_of(reading)
    key = str(saved.id) if saved else asked.shown_view
    chosen = await chosen_columns(reading, signed.user.id, key)
    columns = columns_in(chosen or (saved.columns if saved else []), defined)
    return Listing(asked, saved, columns, defined, differs and saved is not None)


@router.get("/tickets")
async def ticket_list(desk: TheDesk, signed: Signed, asked: Annotated[Asked, Depends(asked_in)]) -> Response:
    async with desk.reading(signed.user) as reading:
        listing = await listing_of(reading, signed, asked)
        found = await _found(desk, reading, signed, listing)
        sets_up = signed.user.is_admin and not found["rows"]
        return await show(
            desk,
            reading,
            signed,
            "tickets.html",
            said=asked.said,
            listing=listing,
            asked=listing.asked,
            sorts=SORTS,
            titles=TITLES,
            view=listing.asked.shown_view if not listing.saved else "",
            saved_view=str(listing.saved.id) if listing.saved else "",
            q=listing.asked.q,
            setting_up=await begun_and_not_over(reading) if sets_up else None,
            steps=STEPS,
            done=await told_of(reading, signed.user, asked.did),
            **found,
            **await _choices(desk, reading, listing),
        )


@router.post("/tickets/columns")
async def choose(desk: TheDesk, signed: Signed, form: Form) -> Response:
    """Keep the columns of one list, in the order of the places that the form gives them."""
    asked = Asked.of(text_of(form, "list"))
    async with desk.reading(signed.user) as reading:
        listing = await listing_of(reading, signed, asked)
    chosen = sorted(texts_of(form, "column"), key=lambda one: _place(text_of(form, f"place.{one}")))
    columns = [] if text_of(form, "do") == "usual" else columns_in(chosen, listing.defined)
    async with desk.writing(signed.tenant) as db:
        await choose_columns(db, signed.user, listing.key, columns)
    return back(asked.address(), "columns")


# Any: the context of a template, checked by StrictUndefined
async def _found(desk: Desk, reading: Reading, signed: SignedIn, listing: Listing) -> dict[str, Any]:
    asked, user = listing.asked, signed.user.id
    filters = asked.filters(listing.defined, desk.clock())
    found = await find(reading, asked.searched(), user)
    limit = MOST_AMONG if asked.among else PAGE
    page = await ticket_page(reading, filters, user, found, after=asked.after, limit=limit)
    options = await options_for(reading)
    return {
        "rows": page.rows,
        "more": page.more,
        "total": await count_of(reading, filters, user, found),
        "problems": found.problems,
        "notes": found.notes,
        "how": options.ticket_number_format,
        "target": timedelta(hours=options.answer_target_hours),
    }


# Any: as above
async def _choices(desk: Desk, reading: Reading, listing: Listing) -> dict[str, Any]:
    choices: dict[str, Any] = {
        "mailboxes": await mailbox_choices(reading),
        "agents": await colleagues(reading),
        "given": await agents(reading),
        "departments": await department_choices(reading),
        "statuses": await status_choices(reading),
        "troubles": await troubled_mailboxes(reading, desk.clock()),
        "last_mail": await last_mail_at(reading),
    }
    return choices | {"chips": narrowed(listing.asked, choices, listing.defined)}


def _place(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("999") else 0
