"""Filters of quoted text tried on a mail."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import REFUSED
from services.desk.api.given import Given
from services.desk.api.paging import Page, whole
from services.desk.asking.explaining import as_mail
from services.desk.desk import TheDesk
from services.desk.errors import Conflict, Invalid
from services.desk.signin.auth import AdminToken
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent
from shared.contracts.options import filters_of
from shared.plugins.configured import configured
from shared.storage.options import options_of

router = APIRouter(prefix="/quote-filters", tags=["settings"])

MOST = 200_000
"""Characters of a mail that may be given."""
Part = Literal["reply", "quoted", "signature"]


class MailIn(Given):
    mail: Annotated[str, Field(min_length=1, max_length=MOST)] = Field(
        description="As it came, with its header; or the words of one.", examples=["Yes.\n\n> Is it?"]
    )


class SplitPartOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    part: Part
    lines: int
    why: str = Field(description="The rule that cut.")


class SplitLineOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    part: Part
    kind: str
    text: str


class SplitOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str = Field(description="`text` or `html`.")
    parts: list[SplitPartOut]
    lines: list[SplitLineOut]
    more: int = Field(description="Lines that are not told.")


@router.post("/try", summary="Try how a mail is split", responses=REFUSED)
async def try_a_mail(desk: TheDesk, user: AdminToken, wanted: MailIn) -> Page[SplitOut]:
    """As it would be now, in each form that it has; nothing of it is kept."""
    if desk.explains is None:
        raise Conflict("This process has no parser.", remedy="Use the command postroom parse.")
    async with desk.reading(user) as reading:
        options = await options_of(reading.db, reading.tenant)
    try:
        found = await desk.explains.explain(as_mail(wanted.mail), filters_of(options, configured().filters))
    except Permanent as error:
        raise Invalid(sentence(error.reason)) from error
    return whole([SplitOut.model_validate(one) for one in found])
