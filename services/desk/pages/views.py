"""Saved views of the list: kept, named, shared, ordered and removed."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid, NotAllowed, NotHere
from services.desk.forms.fields import text_of
from services.desk.languages import gettext
from services.desk.listing import Asked
from services.desk.pages.showing import back, show
from services.desk.pages.ticketlist import listing_of
from services.desk.queries.views import (
    MOST,
    SavedView,
    add_view,
    change_view,
    move_view,
    remove_view,
    view_named,
    views_of,
)
from services.desk.signin.auth import Form, Signed, SignedIn

router = APIRouter(prefix="/views", include_in_schema=False)

LONGEST_NAME = 60


@router.get("")
async def views_page(desk: TheDesk, signed: Signed, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        views = await views_of(reading, signed.user.id)
        shared = [view for view in views if view.shared]
        own = [view for view in views if not view.shared]
        return await show(
            desk, reading, signed, "views.html", said=said, place="views", shared=shared, own=own
        )


@router.post("")
async def save_view(desk: TheDesk, signed: Signed, form: Form) -> Response:
    """Keep the list that a form names, with the columns that it has."""
    asked, name = Asked.of(text_of(form, "list")), _name(text_of(form, "name"))
    async with desk.reading(signed.user) as reading:
        listing = await listing_of(reading, signed, asked)
    kept = {"asked": listing.asked.kept(), "columns": list(listing.columns)}
    async with desk.writing(signed.tenant) as db:
        view = await add_view(db, signed.user, name, desk.clock(), **kept)
    if view is None:
        raise Invalid(
            gettext("%(count)s views are the most.", count=MOST),
            remedy=gettext("Remove one under Views first."),
        )
    return RedirectResponse(f"/tickets?saved={view}&said=view", status_code=303)


@router.post("/{view}")
async def change(desk: TheDesk, signed: Signed, view: UUID, form: Form) -> Response:
    """Rename, share, move, remove, or keep the list as it is shown now."""
    async with desk.reading(signed.user) as reading:
        kept = await view_named(reading, signed.user.id, view)
        if kept is None:
            raise NotHere(
                gettext("There is no such view."),
                remedy=gettext("It may have been removed. Reload the page."),
            )
        if not kept.may_change(signed.user):
            raise NotAllowed(gettext("This view is shared by somebody else. Ask them, or an administrator."))
        kind = [one for one in await views_of(reading, signed.user.id) if one.shared == kept.shared]
    match text_of(form, "do"):
        case "remove":
            async with desk.writing(signed.tenant) as db:
                await remove_view(db, signed.user, kept)
        case "up" | "down" as way:
            await _move(desk, signed, kept, kind, -1 if way == "up" else 1)
        case "keep":
            return await _keep(desk, signed, kept, Asked.of(text_of(form, "list")))
        case _:
            values = {"name": _name(text_of(form, "name")), "shared": "shared" in form}
            async with desk.writing(signed.tenant) as db:
                await change_view(db, signed.user, kept, desk.clock(), **values)
    return back("/views", "defined")


async def _move(desk: Desk, signed: SignedIn, view: SavedView, kind: list[SavedView], by: int) -> None:
    if view.shared and not signed.user.is_admin:
        raise NotAllowed(gettext("The order of shared views is everybody's: administrators change it."))
    async with desk.writing(signed.tenant) as db:
        await move_view(db, signed.user, kind, view.id, by)


async def _keep(desk: Desk, signed: SignedIn, view: SavedView, asked: Asked) -> Response:
    async with desk.reading(signed.user) as reading:
        listing = await listing_of(reading, signed, asked)
    values = {"asked": listing.asked.kept(), "columns": list(listing.columns)}
    async with desk.writing(signed.tenant) as db:
        await change_view(db, signed.user, view, desk.clock(), **values)
    return RedirectResponse(f"/tickets?saved={view.id}&said=view", status_code=303)


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not name or len(name) > LONGEST_NAME:
        raise Invalid(
            gettext("A view has a name of 1 to %(count)s characters.", count=LONGEST_NAME),
            remedy=gettext("Go back and name it."),
        )
    return name
