"""Departments: they own tickets, are the default of mailboxes, and may set options of their own."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.auth import AdminToken
from services.desk.configuration.departments import (
    KEY,
    KeyTaken,
    NoSuchUser,
    change_department,
    new_department,
    set_members,
)
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.queries.departments import department_rows, members_of

router = APIRouter(prefix="/departments", tags=["settings"])

DepartmentName = Annotated[str, Field(min_length=1, max_length=200)]


class DepartmentOut(BaseModel):
    id: UUID
    key: str = Field(description="By which settings name it; it never changes.", examples=["backend"])
    name: str
    archived_at: datetime | None
    members: list[UUID] = Field(description="Users who are in it.")


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

    def values(self, at: datetime) -> dict[str, object]:
        """The columns to set."""
        named: dict[str, object] = {"name": self.name} if self.name is not None else {}
        put_away = {"archived_at": at if self.archived else None} if self.archived is not None else {}
        return named | put_away


@router.get("", summary="List departments")
async def list_departments(desk: TheDesk, user: AdminToken) -> list[DepartmentOut]:
    """The archived ones last."""
    return await _all(desk, user.tenant)


@router.post("", status_code=201, summary="Add a department", responses=REFUSED)
async def add(desk: TheDesk, user: AdminToken, wanted: DepartmentIn) -> DepartmentOut:
    try:
        async with desk.writing(user.tenant) as db:
            made = await new_department(db, user.tenant, wanted.key, wanted.name)
    except KeyTaken as error:
        remedy = "Choose another key, or take that one out of the archive."
        raise Conflict(str(error), remedy=remedy) from error
    return await _one(desk, user.tenant, made)


@router.patch("/{department}", summary="Rename, archive, or say who is in it", responses=NOT_HERE)
async def change(
    desk: TheDesk, user: AdminToken, department: UUID, wanted: DepartmentChanges
) -> DepartmentOut:
    try:
        async with desk.writing(user.tenant) as db:
            there = await change_department(db, user.tenant, department, **wanted.values(desk.clock()))
            if there and wanted.members is not None:
                await set_members(db, user.tenant, department, wanted.members)
    except NoSuchUser as error:
        raise Invalid(str(error), remedy="Nothing was changed. Name users by their ids.") from error
    changed = await _one(desk, user.tenant, department)
    if not wanted.model_fields_set:
        raise Invalid("Nothing is named.", remedy="Name `name`, `archived` or `members`.")
    return changed


async def _all(desk: Desk, tenant: str) -> list[DepartmentOut]:
    async with desk.reading(tenant) as reading:
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


async def _one(desk: Desk, tenant: str, department: UUID) -> DepartmentOut:
    found = [one for one in await _all(desk, tenant) if one.id == department]
    if not found:
        raise NotHere("There is no such department.", remedy="Name one by its id.")
    return found[0]
