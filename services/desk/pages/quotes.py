"""Filters of quoted text, and a box to try them: paste a mail, see its split and the rule that cut."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.explaining import SplitForm, as_mail
from services.desk.desk import Desk, TheDesk
from services.desk.languages import gettext
from services.desk.pages.showing import show
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.wording.amounts import number
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent
from shared.contracts.filters import Filters
from shared.contracts.options import filters_of
from shared.plugins.configured import configured
from shared.storage.options import options_of

router = APIRouter(prefix="/settings/quotes", include_in_schema=False)

MOST = 200_000
"""Characters of a mail that may be pasted."""


@router.get("")
async def quotes_page(desk: TheDesk, signed: Admin) -> Response:
    return await _page(desk, signed)


@router.post("")
async def try_a_mail(desk: TheDesk, signed: Admin, form: Form) -> Response:
    """Split what was pasted as it would be now; nothing of it is kept."""
    given = form.get("mail", "")
    pasted = given if isinstance(given, str) else ""
    if not pasted.strip():
        return await _page(desk, signed, wrong=gettext("Nothing was pasted."))
    if len(pasted) > MOST:
        return await _page(
            desk,
            signed,
            pasted,
            wrong=gettext("The mail is longer than %(most)s characters.", most=number(MOST)),
        )
    if desk.explains is None:
        return await _page(
            desk, signed, pasted, wrong=gettext("This process has no parser. Use the command postroom parse.")
        )
    filters = await _filters(desk, signed)
    try:
        return await _page(desk, signed, pasted, found=await desk.explains.explain(as_mail(pasted), filters))
    except Permanent as error:
        return await _page(desk, signed, pasted, wrong=sentence(error.reason))


async def _filters(desk: Desk, signed: SignedIn) -> Filters:
    """As ingest gives them to the parser: the tenant's own beside those of the configuration file."""
    async with desk.reading(signed.user) as reading:
        options = await options_of(reading.db, reading.tenant)
    return filters_of(options, configured().filters)


async def _page(
    desk: Desk, signed: SignedIn, pasted: str = "", *, found: list[SplitForm] | None = None, wrong: str = ""
) -> Response:
    filters = await _filters(desk, signed)
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "quotes.html",
            status=422 if wrong else 200,
            pasted=pasted,
            found=found,
            wrong=wrong,
            filters=filters,
            place="settings",
        )
