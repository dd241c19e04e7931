"""Webhooks that triggers sent, that wait, or were given up; each is read by its attempts, and sent again."""

from urllib.parse import urlsplit
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.commands import ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import key_of
from services.desk.forms.triggers import actions_that_call
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome, show
from services.desk.queries.hooks import attempts_of, deliveries, delivery_row, triggers_that_call
from services.desk.queries.paging import place_of, token_of
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.wording.signs import HOOK_STATES
from shared.contracts.hooks import HookState, ReplayHook

router = APIRouter(prefix="/settings/triggers/deliveries", include_in_schema=False)

PAGE = 50


@router.get("")
async def deliveries_page(
    desk: TheDesk, signed: Admin, state: str = "", trigger: str = "", after: str = ""
) -> Response:
    """The latest first. What is chosen and is none is as if nothing were chosen."""
    async with desk.reading(signed.user) as reading:
        names = await triggers_that_call(reading, actions_that_call())
        of = next((one for one in names if str(one) == trigger), None)
        wanted = HookState(state) if state in HOOK_STATES else None
        found = await deliveries(reading, wanted, of, place_of(after), PAGE + 1)
        shown = found[:PAGE]
        return await show(
            desk,
            reading,
            signed,
            "deliveries.html",
            rows=shown,
            more=token_of(shown[-1].at, shown[-1].id) if len(found) > PAGE else "",
            hosts={row.id: urlsplit(row.url).netloc for row in shown},
            state=wanted or "",
            states={state: sign.said for state, sign in HOOK_STATES.items()},
            trigger=of or "",
            names=names,
            place="settings",
        )


@router.get("/{delivery}")
async def delivery_page(desk: TheDesk, signed: Admin, delivery: UUID, said: str = "") -> Response:
    return await _page(desk, signed, delivery, said=said)


@router.post("/{delivery}/replay")
async def replay(desk: TheDesk, signed: Admin, delivery: UUID, form: Form) -> Response:
    """Send it again under the id that it had, in whatever state it is."""
    async with desk.reading(signed.user) as reading:
        if await delivery_row(reading, delivery) is None:
            raise NotHere(gettext("There is no such delivery."))
    command = ReplayHook(
        id=key_of(form), tenant=signed.tenant, delivery=delivery, actor=actor_of(signed.user)
    )
    said, wrong = outcome(await ask(desk, command), "resent")
    if wrong:
        return await _page(desk, signed, delivery, wrong=wrong)
    return back(f"{router.prefix}/{delivery}", said)


async def _page(desk: Desk, signed: SignedIn, delivery: UUID, *, said: str = "", wrong: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        row = await delivery_row(reading, delivery)
        if row is None:
            raise NotHere(gettext("There is no such delivery."))
        return await show(
            desk,
            reading,
            signed,
            "delivery.html",
            status=409 if wrong else 200,
            said=said,
            wrong=wrong,
            row=row,
            state=HOOK_STATES[row.state].said,
            attempts=await attempts_of(reading, delivery),
            place="settings",
        )
