"""Addresses that automatic mail spares, because mail to them came back; and letting it go there again."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.commands import ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome, show
from services.desk.queries.blocked import blocked_addresses, blocked_page
from services.desk.queries.paging import named_place_of, token_of
from services.desk.signin.auth import Form, Signed, SignedIn
from shared.contracts.sending import UnblockAddress

router = APIRouter(prefix="/blocked-addresses", include_in_schema=False)

PAGE = 50


@router.get("")
async def blocked_room(
    desk: TheDesk, signed: Signed, find: str = "", after: str = "", said: str = ""
) -> Response:
    return await _page(desk, signed, find, after, said=said)


@router.post("/allow")
async def allow(desk: TheDesk, signed: Signed, form: Form) -> Response:
    address = text_of(form, "address").lower()
    async with desk.reading(signed.user) as reading:
        if not await blocked_addresses(reading, desk.clock(), address):
            raise NotHere(gettext("Automatic mail goes to this address."))
    command = UnblockAddress(
        id=key_of(form), tenant=signed.tenant, address=address, actor=actor_of(signed.user)
    )
    said, wrong = outcome(await ask(desk, command), "allowed")
    return await _page(desk, signed, wrong=wrong) if wrong else back(router.prefix, said)


async def _page(
    desk: Desk, signed: SignedIn, find: str = "", after: str = "", *, said: str = "", wrong: str = ""
) -> Response:
    async with desk.reading(signed.user) as reading:
        found = await blocked_page(reading, desk.clock(), find, named_place_of(after), PAGE + 1)
        shown = found[:PAGE]
        return await show(
            desk,
            reading,
            signed,
            "blocked.html",
            status=409 if wrong else 200,
            said=said,
            wrong=wrong,
            rows=shown,
            more=token_of(shown[-1].since, shown[-1].address) if len(found) > PAGE else "",
            find=find,
            place="outgoing",
        )
