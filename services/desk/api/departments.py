"""Departments: they own tickets, are the default of mailboxes, and may set options of their own."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.paging import Asked, Page, whole
from services.desk.configuration.departments import (
    KEY,
    KeyTaken,
    NoSuchUser,
    Wanted,
    change_department,
    new_department,
)
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.making import TokenMaking
from services.desk.once import MadeOnce
from services.desk.queries.departments import department_changes, department_rows, members_of
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken

router = APIRouter(prefix="/departments", tags=["settings"])

DepartmentName = Annotated[str, Field(min_length=1, max_length=200)]


class DepartmentOut(BaseModel):
    id: UUID
    key: str = Field(description="By which settings name it; it never changes.", examples=["backend"])
    name: str
    archived_at: datetime | None
    members: list[UUID] = Field(
        description="Users who are in it. With members, only these and administrators see its tickets."
    )


class DepartmentIn(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    key: Annotated[str, Field(pattern=f"^{KEY}$")] = Field(examples=["backend"])
    name: DepartmentName


class DepartmentChanges(BaseModel):
    """What is not named stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: DepartmentName | None = None
    archived: bool | None = Field(
        default=None, description="An archived one is offered nowhere; its tickets keep it."
    )
    members: list[UUID] | None = Field(default=None, description="Exactly these users.")


class DepartmentChangeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="Later changes have larger ones.")
    department: str = Field(description="Its key.", examples=["backend"])
    field: Literal["name", "archived", "member"]
    old: JsonValue = Field(description="Of a member: the user who was let out.")
    new: JsonValue = Field(description="Of a member: the user who was let in.")
    changed_at: datetime
    changed_by: str


@router.get("", summary="List departments")
async def list_departments(desk: TheDesk, user: AdminToken) -> Page[DepartmentOut]:
    """All of them, the archived ones last."""
    return whole(await _all(desk, user))


@router.get("/history", summary="Who changed departments, and their members")
async def history(desk: TheDesk, user: AdminToken, asked: Asked) -> Page[DepartmentChangeOut]:
    """The newest change first."""
    async with desk.reading(user) as reading:
        changes = await department_changes(reading, limit=asked.one_more, before=asked.row)
    return asked.of(changes, DepartmentChangeOut.model_validate, lambda change: str(change.id))


@router.post("", status_code=201, summary="Add a department", responses=REFUSED)
async def add(user: AdminToken, wanted: DepartmentIn, once: MadeOnce, by: TokenMaking) -> DepartmentOut:
    try:
        made = await once.make(
            user,
            wanted.model_dump_json(),
            lambda db: new_department(db, user.tenant, wanted.key, wanted.name, by),
        )
    except KeyTaken as error:
        remedy = "Choose another one, or take that one out of the archive."
        raise Conflict(str(error), remedy=remedy) from error
    return await once.read(user, made, _one)


@router.patch("/{department}", summary="Rename, archive, or say who is in it", responses=NOT_HERE | REFUSED)
async def change(
    desk: TheDesk, user: AdminToken, department: UUID, wanted: DepartmentChanges, by: TokenMaking
) -> DepartmentOut:
    try:
        async with desk.writing(user.tenant) as db:
            changes = Wanted(wanted.name, wanted.archived, wanted.members)
            await change_department(db, user.tenant, department, changes, by)
    except KeyTaken as error:
        raise Conflict(str(error), remedy="Nothing was changed. Choose another name.") from error
    except NoSuchUser as error:
        raise Invalid(str(error), remedy="Nothing was changed. Name users by their ids.") from error
    changed = await _one(desk, user, department)
    if not wanted.model_fields_set:
        raise Invalid("Nothing is named.", remedy="Name `name`, `archived` or `members`.")
    return changed


async def _all(desk: Desk, user: User) -> list[DepartmentOut]:
    async with desk.reading(user) as reading:
        members = await members_of(reading)
        rows = await department_rows(reading)
    return [
        DepartmentOut(
            id=row.id,
            key=row.key,
            name=row.name,
            archived_at=row.archived_at,
            members=members.get(row.id, []),
        )
        for row in rows
    ]


async def _one(desk: Desk, user: User, department: UUID) -> DepartmentOut:
    found = [one for one in await _all(desk, user) if one.id == department]
    if not found:
        raise NotHere("There is no such department.", remedy="Name one by its id.")
    return found[0]
