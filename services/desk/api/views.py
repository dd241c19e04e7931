"""Saved views of the list of tickets: one's own, and shared ones."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.given import Given
from services.desk.api.paging import Page, whole
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid, NotAllowed, NotHere
from services.desk.listing import Asked
from services.desk.once import MadeOnce
from services.desk.queries.people import User
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
from services.desk.signin.auth import TokenUser
from services.desk.wording.problems import plainly

router = APIRouter(prefix="/views", tags=["tickets"])

ViewName = Annotated[str, Field(min_length=1, max_length=60, examples=["Urgent printers"])]


class ViewOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    owner: UUID
    name: str
    shared: bool
    asked: dict[str, str] = Field(
        description="As the address of the list says it.", examples=[{"view": "open", "priority": "high"}]
    )
    columns: list[str] = Field(description="Empty: the usual ones.")


class ViewIn(Given):
    name: ViewName
    asked: dict[str, str] = Field(examples=[{"view": "open", "priority": "high"}])
    columns: list[str] = Field(default_factory=list, max_length=40)
    shared: bool = False


class ViewChanges(Given):
    """What is not named stays."""

    name: ViewName | None = None
    asked: dict[str, str] | None = None
    columns: list[str] | None = Field(default=None, max_length=40)
    shared: bool | None = None
    place: int | None = Field(
        default=None, ge=0, description="Among its kind; 0 is the first. Of shared ones: for administrators."
    )


@router.get("", summary="List saved views")
async def list_views(desk: TheDesk, user: TokenUser) -> Page[ViewOut]:
    """All that the person sees, in their order: the shared ones first."""
    async with desk.reading(user) as reading:
        return whole([ViewOut.model_validate(view) for view in await views_of(reading, user.id)])


@router.post("", status_code=201, summary="Save a view", responses=REFUSED)
async def add(desk: TheDesk, user: TokenUser, wanted: ViewIn, once: MadeOnce) -> ViewOut:
    kept = {"asked": _checked(wanted.asked), "columns": wanted.columns}

    async def make(db: AsyncConnection) -> UUID:
        view = await add_view(db, user, wanted.name, desk.clock(), **kept)
        if view is None:
            raise Invalid(f"{MOST} views are the most.", remedy="Remove one first.")
        if wanted.shared:
            saved = SavedView(view, user.id, wanted.name, shared=False, position=0, asked={}, columns=[])
            await change_view(db, user, saved, desk.clock(), shared=True)
        return view

    made = await once.make(user, wanted.model_dump_json(), make)
    return ViewOut.model_validate(await once.read(user, made, _view))


@router.get("/{view}", summary="Read a saved view", responses=NOT_HERE)
async def read(desk: TheDesk, user: TokenUser, view: UUID) -> ViewOut:
    """Its tickets are `GET /tickets?saved=` with this id."""
    return ViewOut.model_validate(await _view(desk, user, view))


@router.patch("/{view}", summary="Change or move a saved view", responses=NOT_HERE)
async def change(desk: TheDesk, user: TokenUser, view: UUID, wanted: ViewChanges) -> ViewOut:
    kept = await _mine(desk, user, view)
    values = wanted.model_dump(exclude_none=True, exclude={"place"})
    if "asked" in values:
        values["asked"] = _checked(values["asked"])
    async with desk.writing(user.tenant) as db:
        await change_view(db, user, kept, desk.clock(), **values)
    if wanted.place is not None:
        await _move(desk, user, view, wanted.place)
    return ViewOut.model_validate(await _view(desk, user, view))


@router.delete("/{view}", status_code=204, summary="Remove a saved view", responses=NOT_HERE)
async def remove(desk: TheDesk, user: TokenUser, view: UUID) -> Response:
    kept = await _mine(desk, user, view)
    async with desk.writing(user.tenant) as db:
        await remove_view(db, user, kept)
    return Response(status_code=204)


async def _move(desk: Desk, user: User, view: UUID, place: int) -> None:
    async with desk.reading(user) as reading:
        everything = await views_of(reading, user.id)
    this = next(one for one in everything if one.id == view)
    kind = [one for one in everything if one.shared == this.shared]
    if this.shared and not user.is_admin:
        raise NotAllowed("The order of shared views is everybody's: administrators change it.")
    async with desk.writing(user.tenant) as db:
        await move_view(db, user, kind, view, place - [one.id for one in kind].index(view))


async def _view(desk: Desk, user: User, view: UUID) -> SavedView:
    async with desk.reading(user) as reading:
        found = await view_named(reading, user.id, view)
    if found is None:
        raise NotHere("There is no such view.")
    return found


async def _mine(desk: Desk, user: User, view: UUID) -> SavedView:
    found = await _view(desk, user, view)
    if not found.may_change(user):
        raise NotAllowed("This view is shared by somebody else. Ask them, or an administrator.")
    return found


def _checked(asked: dict[str, str]) -> dict[str, str]:
    try:
        return Asked.model_validate(asked).kept()
    except ValidationError as error:
        wrong = {str(one["loc"][0]) if one["loc"] else "asked": plainly(one) for one in error.errors()}
        raise Invalid("The view asks for what no list can show.", errors=wrong) from error
