"""What flows and what is stuck: stages, the balance of each mailbox and day, parked messages."""

from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.paging import Asked, Page, whole
from services.desk.asking.unparking import drop, put_back
from services.desk.desk import TheDesk
from services.desk.queries.conservation import balances
from services.desk.queries.operations import effect_of, parked_rows, strangers
from services.desk.queries.paging import token_of
from services.desk.queries.stages import stages
from services.desk.signin.auth import AdminToken

router = APIRouter(prefix="/operations", tags=["operations"])


class StageOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    name: str = Field(examples=["parser"])
    last_hour: int = Field(description="Messages that it handled.")
    day: int = Field(description="The same of 24 hours.")
    waiting: int = Field(description="What is due before it, as the database knows.")
    oldest: datetime | None = Field(description="Since when the oldest of these waits.")
    parked: int


class BalanceOut(BaseModel):
    """Where the mails of a mailbox and day are: none is nowhere."""

    model_config = ConfigDict(from_attributes=True)

    mailbox: UUID
    address: str | None
    day: date = Field(description="Of UTC, when they were first seen.")
    seen: int
    placed: int
    ignored: int
    quarantined: int
    in_flight: int
    missing: int = Field(description="Fetched, and without a place after an hour.")


class ParkedOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    queue: str
    contract: str | None
    error: str
    attempts: int
    parked_at: datetime
    effect: str = Field(description="What putting it back would change.")
    ours: bool = Field(description="False: it names no tenant that there is; a command puts it back.")


@router.get("/stages", summary="Read how much each stage does, and what waits before it")
async def read_stages(desk: TheDesk, user: AdminToken) -> Page[StageOut]:
    """All of them, in the order a mail goes through them."""
    async with desk.reading(user) as reading:
        return whole([StageOut.model_validate(one) for one in await stages(reading, desk.clock())])


@router.get("/balances", summary="Read whether every mail is somewhere")
async def read_balances(desk: TheDesk, user: AdminToken) -> Page[BalanceOut]:
    """Of each mailbox and each of the last days."""
    async with desk.reading(user) as reading:
        return whole([BalanceOut.model_validate(one) for one in await balances(reading, desk.clock())])


@router.get("/parked", summary="List parked messages")
async def list_parked(desk: TheDesk, user: AdminToken, asked: Asked) -> Page[ParkedOut]:
    """The latest first: messages that failed too often, or for good. Never what is in them."""
    async with desk.reading(user) as reading:
        nobodys = await strangers(desk.engine, reading)
        rows = await parked_rows(reading, nobodys, asked.one_more, asked.place)
        effects = {row.id: await effect_of(reading, row) for row in rows}
    return asked.of(
        rows,
        lambda row: ParkedOut.model_validate(
            {**vars(row), "effect": effects[row.id], "ours": row.tenant is not None}
        ),
        lambda row: token_of(row.parked_at, row.id),
    )


@router.post(
    "/parked/{parked}/replay", status_code=204, summary="Put a message back", responses=NOT_HERE | REFUSED
)
async def replay(desk: TheDesk, user: AdminToken, parked: UUID) -> Response:
    """Into the one queue that it came from. A message that was handled meanwhile does nothing twice."""
    await put_back(desk, user.tenant, parked)
    return Response(status_code=204)


@router.delete("/parked/{parked}", status_code=204, summary="Drop a message", responses=NOT_HERE)
async def drop_one(desk: TheDesk, user: AdminToken, parked: UUID) -> Response:
    """For good: what it asked for is not done."""
    await drop(desk, user.tenant, parked)
    return Response(status_code=204)
