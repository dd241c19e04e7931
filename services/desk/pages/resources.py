"""Resources: who is asked of whom a mail is, and how those of others answer."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.queries.resources import remembered_answers
from services.desk.queries.triggers import trigger_rows
from services.desk.signin.auth import Admin
from services.desk.wording.resources import depend_on, resources

router = APIRouter(prefix="/settings/resources", include_in_schema=False)


@router.get("")
async def resources_page(desk: TheDesk, signed: Admin) -> Response:
    rows = resources()
    async with desk.reading(signed.user) as reading:
        asking = [row.settings for row in await trigger_rows(reading, desk.clock()) if row.settings.enabled]
        return await show(
            desk,
            reading,
            signed,
            "resources.html",
            rows=rows,
            triggers={row.name: list(depend_on(row.facts, asking)) for row in rows},
            answers=await remembered_answers(reading),
            place="settings",
        )
