"""The options of the tenant."""

from fastapi import APIRouter
from pydantic import JsonValue

from services.desk.auth import AdminToken
from services.desk.configuration.options import Wrong, set_options
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid
from shared.contracts.options import Options
from shared.storage.options import options_of

router = APIRouter(prefix="/settings", tags=["settings"])


@router.get("", summary="Read every option")
async def read_settings(desk: TheDesk, user: AdminToken) -> Options:
    """All options under their original names; what nobody has set has its default."""
    return await _options(desk, user.tenant)


@router.put("", summary="Set options")
async def put_settings(desk: TheDesk, user: AdminToken, wanted: dict[str, JsonValue]) -> Options:
    """Set the options that are named, such as `{"max_file_size": "25MB"}`; the others stay."""
    async with desk.writing(user.tenant) as db:
        by = user.name or user.address
        result = await set_options(db, user.tenant, wanted, by=by, at=desk.clock())
    if isinstance(result, Wrong):
        told = "; ".join(f"{name}: {what}" for name, what in result.errors.items())
        raise Invalid(told, remedy="Nothing was set. Correct it and send it again.", errors=result.errors)
    return await _options(desk, user.tenant)


async def _options(desk: Desk, tenant: str) -> Options:
    async with desk.reading(tenant) as reading:
        return await options_of(reading.db, reading.tenant)
