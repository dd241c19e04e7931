"""Examinations of a mailbox: ask for one, and read what was found."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, Key
from services.desk.api.paging import Asked, Page
from services.desk.asking.examining import ask_to_examine
from services.desk.desk import Desk, TheDesk
from services.desk.enrolling import the_mailbox
from services.desk.errors import NotHere
from services.desk.queries import examinations as queries
from services.desk.queries.paging import token_of
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken
from shared.plugins.mailboxes import Verdict

router = APIRouter(prefix="/mailboxes/{mailbox}/examinations", tags=["mailboxes"])


class FindingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    check: str = Field(examples=["sign-in"])
    verdict: Verdict
    found: str = Field(examples=["the app has a token"])
    remedy: str | None = Field(description="What a person can do about it.")
    code: str | None = Field(description="The provider's own.", examples=["AADSTS7000222"])
    request_id: str | None = Field(description="The provider's support asks for it.")


class ExaminationOut(BaseModel):
    """Findings come one by one while it runs."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: queries.Stage = Field(description="`failed`: it ended before its time; `reason` says why.")
    verdict: Verdict = Field(description="The worst that was found so far.")
    send: bool = Field(description="Whether a probe may leave, to the mailbox itself.")
    asked_by: str | None = Field(description="Null: it was examined because it was new.")
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    findings: list[FindingOut]


class ExaminationWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    send: bool = Field(default=False, description="Let a probe leave, to the mailbox itself.")


@router.post("", status_code=202, summary="Examine a mailbox", responses=NOT_HERE | REFUSED)
async def examine(
    desk: TheDesk,
    user: AdminToken,
    mailbox: UUID,
    *,
    key: Key,
    response: Response,
    wanted: ExaminationWanted | None = None,
) -> ExaminationOut:
    """Read it again at `Location` until `ended_at` is set. While one runs, the answer is that one."""
    async with desk.reading(user) as reading:
        await the_mailbox(reading, mailbox)
    send = wanted is not None and wanted.send
    await key.hold(desk, user.tenant)
    asked = await ask_to_examine(desk, user, mailbox, key.id, send=send)
    response.headers["Location"] = f"/api/v1/mailboxes/{mailbox}/examinations/{asked.id}"
    if asked.taken:
        return await _one(desk, user, mailbox, asked.id)
    return ExaminationOut(
        id=asked.id,
        state="waiting",
        verdict=Verdict.OK,
        send=send,
        asked_by=user.called,
        asked_at=desk.clock(),
        began_at=None,
        ended_at=None,
        reason=None,
        findings=[],
    )


@router.get("", summary="List the examinations of a mailbox", responses=NOT_HERE)
async def list_examinations(
    desk: TheDesk, user: AdminToken, mailbox: UUID, asked: Asked
) -> Page[ExaminationOut]:
    """The latest first; they are kept for 30 days."""
    async with desk.reading(user) as reading:
        await the_mailbox(reading, mailbox)
        found = await queries.examinations_of(reading, mailbox, asked.one_more, asked.place)
    return asked.of(found, ExaminationOut.model_validate, lambda one: token_of(one.asked_at, one.id))


@router.get("/{examination}", summary="Read an examination", responses=NOT_HERE)
async def read_examination(
    desk: TheDesk, user: AdminToken, mailbox: UUID, examination: UUID | Literal["latest"]
) -> ExaminationOut:
    return await _one(desk, user, mailbox, examination)


async def _one(desk: Desk, user: User, mailbox: UUID, run: UUID | Literal["latest"]) -> ExaminationOut:
    async with desk.reading(user) as reading:
        if run == "latest":
            found = await queries.latest_examination(reading, mailbox)
        else:
            found = await queries.examination(reading, mailbox, run)
    if found is None:
        raise NotHere("There is no such examination.")
    return ExaminationOut.model_validate(found)
