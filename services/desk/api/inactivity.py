"""What inactivity will do, before it does."""

from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.queries.places import token_of
from services.desk.signin.auth import AdminToken
from shared.storage.forecasting import forecast

router = APIRouter(prefix="/inactivity", tags=["settings"])


class ForeseenOut(BaseModel):
    what: Literal["reminder", "closing"]
    at: datetime
    why: str = Field(examples=["silent since 2026-11-10; closes after 14 days"])


class ForecastLineOut(BaseModel):
    ticket: UUID
    number: int
    subject: str
    status: str
    silent_since: datetime
    foreseen: list[ForeseenOut]


@router.get("/forecast", summary="Which tickets will be reminded and closed, and why")
async def read_forecast(
    *,
    desk: TheDesk,
    user: AdminToken,
    days: Annotated[int, Query(ge=0, le=365)] = 14,
    asked: Asked,
) -> Page[ForecastLineOut]:
    """The longest silence first, if nobody writes and no setting changes. Empty while inactivity is off."""
    now = desk.clock()
    async with desk.reading(user) as reading:
        until = now + timedelta(days=days)
        page = await forecast(reading.db, reading.tenant, now, until, after=asked.place, limit=asked.limit)
    items = [ForecastLineOut.model_validate(line, from_attributes=True) for line in page.lines]
    return asked.told(items, token_of(*page.after) if page.after else None)
