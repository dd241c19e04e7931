"""Saved replies: everybody's, those of a department, and one's own."""

from uuid import UUID, uuid4

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.paging import Page, whole
from services.desk.composing.saving import SavedReplyIn, Scope, keep, remove, save, words_to_save
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.once import MadeOnce
from services.desk.queries.people import User
from services.desk.queries.saved import Saved, saved_for, saved_named
from services.desk.signin.auth import TokenUser

router = APIRouter(prefix="/saved-replies", tags=["saved replies"])


class SavedReplyOut(BaseModel):
    id: UUID
    name: str = Field(examples=["Password reset"])
    text: str
    html: str
    scope: Scope
    department: UUID | None
    files: list[str] = Field(description="Names of the files that go with it; they are added at the desk.")


@router.get("", summary="List saved replies")
async def list_saved(desk: TheDesk, user: TokenUser) -> Page[SavedReplyOut]:
    """All of them: shared ones, those of departments that the person sees, and their own."""
    async with desk.reading(user) as reading:
        return whole([_out(one) for one in await saved_for(reading, user.id)])


@router.post("", status_code=201, summary="Add a saved reply", responses=REFUSED)
async def add_saved(desk: TheDesk, user: TokenUser, wanted: SavedReplyIn, once: MadeOnce) -> SavedReplyOut:
    """Shared ones and those of a department are for administrators."""
    words = words_to_save(user, wanted)
    made = await once.make(
        user, wanted.model_dump_json(), lambda db: keep(db, user, uuid4(), wanted, words, desk.clock())
    )
    return await once.read(user, made, _saved)


@router.get("/{reply}", summary="Read a saved reply", responses=NOT_HERE)
async def read_saved(desk: TheDesk, user: TokenUser, reply: UUID) -> SavedReplyOut:
    return await _saved(desk, user, reply)


@router.put("/{reply}", summary="Change a saved reply", responses=NOT_HERE)
async def change_saved(desk: TheDesk, user: TokenUser, reply: UUID, wanted: SavedReplyIn) -> SavedReplyOut:
    """Its files stay."""
    async with desk.reading(user) as reading:
        before = await saved_named(reading, user.id, reply)
    await save(desk, user, wanted, reply=reply, files=before.files if before else ())
    return await read_saved(desk, user, reply)


@router.delete("/{reply}", status_code=204, summary="Remove a saved reply", responses=NOT_HERE)
async def remove_one(desk: TheDesk, user: TokenUser, reply: UUID) -> Response:
    await remove(desk, user, reply)
    return Response(status_code=204)


async def _saved(desk: Desk, user: User, reply: UUID) -> SavedReplyOut:
    async with desk.reading(user) as reading:
        found = await saved_named(reading, user.id, reply)
    if found is None:
        raise NotHere("There is no such saved reply.")
    return _out(found)


def _out(saved: Saved) -> SavedReplyOut:
    names = [file.name for file in saved.files]
    return SavedReplyOut.model_validate(
        {name: getattr(saved, name) for name in ("id", "name", "text", "html", "scope", "department")}
        | {"files": names}
    )
