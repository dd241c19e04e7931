"""The first run, in five steps: you, the organisation, its first mailbox, the doctor, the first ticket."""

from uuid import uuid4

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import update

from services.desk.asking.examining import ask_to_examine
from services.desk.configuration.accounts import NotDone
from services.desk.configuration.remembering import Made, remember
from services.desk.desk import Desk, TheDesk
from services.desk.errors import FormTokenWrong, NotHere
from services.desk.forms.fields import key_of, text_of
from services.desk.languages import gettext
from services.desk.making import Making, client_of
from services.desk.pages.showing import SAID
from services.desk.queries.reading import Reading
from services.desk.rendering import bare_page
from services.desk.signin.auth import Admin, Form, SignedIn, admin, signed_in
from services.desk.signin.passwords import SHORTEST, ShortPasswordError
from services.desk.signin.sessions import set_cookie
from services.desk.signin.signing import admit
from services.desk.welcoming import (
    STEPS,
    TENANT,
    Progress,
    end_first_run,
    first_admin,
    lets_begin,
    nobody_yet,
    progress_of,
)
from services.desk.wording.findings import headline, rows_of
from shared.storage.config import tenants

router = APIRouter(prefix="/welcome", include_in_schema=False)

LONGEST = 200


@router.get("")
async def welcome_page(
    request: Request, desk: TheDesk, token: str = "", step: int = 0, said: str = ""
) -> Response:
    """Without users, whoever has the pass begins; from then on it is for who was made administrator."""
    if await nobody_yet(desk):
        return _begin(request, desk, token)
    signed = await admin(await signed_in(request, desk))
    return await _step(request, desk, signed, step, said)


@router.post("")
async def begin(request: Request, desk: TheDesk) -> Response:
    form = await request.form(max_files=0, max_fields=10)
    token, address = text_of(form, "token"), text_of(form, "address").lower()
    if desk.sign_in is None or not lets_begin(desk.sign_in, token, desk.clock()):
        raise FormTokenWrong
    if not await nobody_yet(desk):
        return RedirectResponse("/welcome", status_code=303)
    name = text_of(form, "name")[:LONGEST]
    made = Made("first run", desk.clock(), client_of(request))
    try:
        async with desk.writing(TENANT) as db:
            user = await first_admin(db, address, name, str(form.get("password", "")), made)
            begun = await admit(desk, db, user, request, "/welcome", how="first run") if user else None
    except NotDone as error:
        return _begin(request, desk, token, str(error), name=name, address=address)
    except ShortPasswordError:
        wrong = gettext("The password needs at least %(shortest)s characters.", shortest=SHORTEST)
        return _begin(request, desk, token, wrong, name=name, address=address)
    response = RedirectResponse("/welcome", status_code=303)
    if begun:
        set_cookie(response, request, begun.value)
    return response


@router.post("/organisation")
async def name_it(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    name = text_of(form, "name")[:LONGEST]
    if name:
        async with desk.writing(signed.tenant) as db:
            now = await progress_of(Reading(db, signed.tenant))
            _refuse_over(now)
            await db.execute(update(tenants).where(tenants.c.id == signed.tenant).values(name=name))
            old = now.organisation or None
            await remember(db, signed.tenant, made, "organisation.name", old=old, new=name)
    return RedirectResponse("/welcome", status_code=303)


@router.post("/doctor")
async def examine(desk: TheDesk, signed: Admin, form: Form) -> Response:
    async with desk.reading(signed.user) as reading:
        now = await progress_of(reading)
    _refuse_over(now)
    if now.mailbox is None:
        raise NotHere(gettext("There is no mailbox to check yet."))
    await ask_to_examine(desk, signed.user, now.mailbox.id, key_of(form), send=False)
    return RedirectResponse("/welcome?step=4", status_code=303)


def _refuse_over(now: Progress) -> None:
    if now.over:
        raise NotHere(
            gettext("The first run is over."), remedy=gettext("Everything that it set is under Settings.")
        )


def _begin(request: Request, desk: Desk, token: str, wrong: str = "", **filled: str) -> Response:
    may = desk.sign_in is not None and lets_begin(desk.sign_in, token, desk.clock())
    facts = {"name": "", "address": ""} | filled
    status = 403 if not may else 422 if wrong else 200
    return bare_page(
        request,
        "welcome_begin.html",
        status,
        may=may,
        late=bool(token),
        token=token,
        wrong=wrong,
        filled=facts,
        steps=STEPS,
        shortest=SHORTEST,
    )


async def _step(request: Request, desk: Desk, signed: SignedIn, wanted: int, said: str) -> Response:
    async with desk.reading(signed.user) as reading:
        now = await progress_of(reading)
    if now.over:
        return RedirectResponse("/tickets", status_code=303)
    # a check that failed need not be waited for, and what is done can be looked at again
    may = 2 <= wanted <= len(STEPS) and (wanted <= now.step or (wanted == len(STEPS) and now.mailbox))  # noqa: PLR2004 - the first is done
    if not may:
        # the address says the step, so that a page that looks again shows the same one
        onward = f"/welcome?step={min(now.step, len(STEPS))}"
        return RedirectResponse(f"{onward}&said={said}" if said in SAID else onward, status_code=303)
    step = wanted
    if now.ticket and step == len(STEPS):
        # this is shown once: from now on there is nothing here
        async with desk.writing(signed.tenant) as db:
            await end_first_run(db, signed.tenant, desk.clock())
    return bare_page(
        request,
        "welcome.html",
        csrf=signed.form_token,
        progress=now,
        step=step,
        steps=STEPS,
        said=gettext(SAID.get(said, "")),
        head=headline(now.examined),
        lines=rows_of(now.examined.findings) if now.examined else [],
        open=(step == 4 and (not now.examined or now.examined.open)) or (step == 5 and not now.ticket),  # noqa: PLR2004 - steps that wait
        new_key=uuid4,
    )
