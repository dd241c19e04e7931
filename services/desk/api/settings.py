"""The options of the tenant and of its departments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.paging import Asked, Page
from services.desk.configuration.asking import Unconfirmed, set_or_ask
from services.desk.configuration.options import Wrong
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.settings import department_with, option_changes
from services.desk.signin.auth import AdminToken
from shared.contracts.options import Options
from shared.storage.options import options_of

router = APIRouter(prefix="/settings", tags=["settings"])

Department = Annotated[
    str, Query(description="A department's key: what counts for its tickets.", examples=["backend"])
]


class SettingChangeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="Later changes have larger ones.")
    name: str = Field(examples=["mail_scan_frequency"])
    department: str | None = Field(description="Its key; null: of the whole tenant.")
    old: JsonValue
    new: JsonValue = Field(description="Null: the department goes by what the tenant has set.")
    changed_at: datetime
    changed_by: str = Field(examples=["Eva"])


@router.get("", summary="Read every option", responses=NOT_HERE)
async def read_settings(desk: TheDesk, user: AdminToken, department: Department = "") -> Options:
    """All options under their original names; what nobody has set has its default."""
    return await _options(desk, user, department)


@router.put("", summary="Set options", responses=NOT_HERE | REFUSED)
async def put_settings(
    *,
    desk: TheDesk,
    user: AdminToken,
    wanted: dict[str, JsonValue],
    department: Department = "",
    confirm: Annotated[bool, Query(description="Yes, close and remind what is inactive by then.")] = False,
) -> Options:
    """Set the options that are named, such as `{"max_file_size": "25MB"}`; the others stay. Null puts one
    back to its default, or for a department to what the tenant has set. What would close or remind tickets at
    once is refused with 409, which says how many, until it is confirmed."""
    by = user.called
    try:
        async with desk.writing(user.tenant) as db:
            own = await _department(Reading(db, user.tenant), department)
            result = await set_or_ask(
                db, user.tenant, wanted, by=by, at=desk.clock(), department=own, confirmed=confirm
            )
    except Unconfirmed as question:
        remedy = "Nothing was set. Send it again with ?confirm=true if that is wanted."
        raise Conflict(f"It would mean: {question.would}.", remedy=remedy) from question
    if isinstance(result, Wrong):
        remedy = "Nothing was set. Correct it and send it again."
        raise Invalid(str(result), remedy=remedy, errors=result.errors)
    return await _options(desk, user, department)


@router.get("/history", summary="Who set what, and when", responses=NOT_HERE)
async def read_history(
    *,
    desk: TheDesk,
    user: AdminToken,
    name: str = "",
    department: Department = "",
    asked: Asked,
) -> Page[SettingChangeOut]:
    """The newest change first; of one option or one department when it is named."""
    async with desk.reading(user) as reading:
        own = await _department(reading, department)
        changes = await option_changes(
            reading, name=name, department=own, before=asked.row, limit=asked.one_more
        )
    return asked.of(changes, SettingChangeOut.model_validate, lambda change: str(change.id))


async def _options(desk: Desk, user: User, department: str) -> Options:
    async with desk.reading(user) as reading:
        return await options_of(reading.db, reading.tenant, await _department(reading, department))


async def _department(reading: Reading, key: str) -> UUID | None:
    if not key:
        return None
    found = await department_with(reading, key)
    if found is None:
        raise NotHere(f"There is no department {key}.", remedy="Name one by its key.")
    return found
