"""Who changed what is set, when, and from what to what: of all settings in one place."""

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.desk import TheDesk
from services.desk.forms.triggers import history_line
from services.desk.forms.values import in_words
from services.desk.languages import gettext, later
from services.desk.pages.showing import show
from services.desk.queries.settings import MOST_CHANGES, OptionChange, option_changers, option_changes
from services.desk.signin.auth import Admin

router = APIRouter(prefix="/settings/history", include_in_schema=False)

KINDS = {
    "options": later("Options"),
    "triggers": later("Triggers"),
    "statuses": later("Statuses"),
    "custom_fields": later("Custom fields"),
    "department": later("Departments"),
}


@router.get("")
async def history_page(desk: TheDesk, signed: Admin, of: str = "", by: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        kind = {"options": ""}.get(of, of) if of in KINDS else None
        changes = await option_changes(reading, kind=kind, by=by)
        return await show(
            desk,
            reading,
            signed,
            "history.html",
            changes=[as_read(change) for change in changes],
            kinds=KINDS,
            of=of,
            by=by,
            changers=await option_changers(reading),
            most=MOST_CHANGES,
            in_words=in_words,
            place="settings",
        )


def as_read(change: OptionChange) -> OptionChange:
    """A change as people read it: a trigger by its name, not its id."""
    if not change.name.startswith("triggers."):
        return change
    name = next((one.get("name", "") for one in (change.new, change.old) if isinstance(one, dict)), "")
    old, new = (history_line(one) for one in (change.old, change.new))
    return replace(change, name=gettext("trigger %(name)s", name=name), old=old, new=new)
