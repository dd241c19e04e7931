"""Trials of triggers: begun from the form, read while they run."""

from datetime import datetime, timedelta
from uuid import UUID, uuid5

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response
from pydantic import ValidationError
from starlette.datastructures import FormData

from services.desk.asking.trying import LONGEST, ask_to_try
from services.desk.desk import TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.forms.fields import id_of, key_of, text_of
from services.desk.languages import gettext, later
from services.desk.pages.showing import show
from services.desk.pages.triggerform import labelled, problems, settings_of_form, texts_in
from services.desk.queries.paging import place_of, token_of
from services.desk.queries.triggers import results_of, trial_row, trigger_row
from services.desk.signin.auth import Admin, Form
from shared.contracts.errors import Permanent

router = APIRouter(prefix="/settings/triggers/trials", include_in_schema=False)

OUTCOMES = {
    "fired": later("Would fire"),
    "suppressed": later("Kept back"),
    "failed": later("Failed"),
    "not": later("Would not"),
}
PAGE = 50


@router.post("")
async def try_it(desk: TheDesk, signed: Admin, form: Form) -> Response:
    """Try what the form says, saved or not."""
    trigger = id_of(form, "trigger")
    typed = text_of(form, "days")
    days = min(max(int(typed), 1), LONGEST.days) if typed.isdecimal() else 30
    async with desk.reading(signed.user) as reading:
        row = await trigger_row(reading, trigger, desk.clock()) if trigger else None
    try:
        wanted = await settings_of_form(desk, signed, row, texts_in(form))
        since = desk.clock() - timedelta(days=days)
        trial = await ask_to_try(
            desk, signed.user, wanted, row.id if row else None, since=since, key=_trial_of(form, desk.clock())
        )
    except (ValidationError, Permanent) as error:
        said = labelled(problems(error), text_of(form, "action"))
        raise Invalid(said, remedy=gettext("Mend it in the form; nothing was tried.")) from error
    return RedirectResponse(f"{router.prefix}/{trial}", status_code=303)


def _trial_of(form: FormData, now: datetime) -> UUID:
    """The form stays open beside its trial: sent twice at once it is one, and a later try another."""
    said = sorted((name, str(value)) for name, value in form.items() if name != "csrf")
    return uuid5(key_of(form), f"{now:%Y-%m-%dT%H:%M} {said}")


@router.get("/{trial}")
async def trial_page(
    desk: TheDesk, signed: Admin, trial: UUID, outcome: str = "fired", after: str = ""
) -> Response:
    async with desk.reading(signed.user) as reading:
        row = await trial_row(reading, trial)
        if row is None:
            raise NotHere(gettext("There is no such trial, or it has not begun yet. Reload in a moment."))
        chosen = outcome if outcome in OUTCOMES else "fired"
        found = await results_of(reading, trial, chosen, place_of(after), PAGE + 1)
        shown = found[:PAGE]
        return await show(
            desk,
            reading,
            signed,
            "trial.html",
            row=row,
            outcomes=OUTCOMES,
            outcome=chosen,
            results=shown,
            more=token_of(shown[-1].at, shown[-1].event) if len(found) > PAGE else "",
            place="settings",
        )
