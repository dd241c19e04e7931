"""Webhooks that were sent, or wait, or were given up."""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.making import actor_of
from services.desk.queries.hooks import attempts_of, deliveries, delivery_row
from services.desk.queries.paging import token_of
from services.desk.signin.auth import AdminToken
from shared.contracts.hooks import HookState, ReplayHook

router = APIRouter(prefix="/webhook-deliveries", tags=["webhooks"])


class DeliveryOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="`webhook-id` is msg_ and this id without its dashes.")
    state: HookState = Field(description="`parked`: given up. `gone`: the receiver answered 410.")
    trigger: UUID
    trigger_name: str | None
    event: UUID
    ticket: int | None
    url: str
    at: datetime = Field(description="When the trigger fired.")
    due_at: datetime | None = Field(description="When the next attempt is due.")
    code: str | None = Field(description="How the last attempt ended.", examples=["http_503"])
    status: int | None = Field(description="Of the last answer; null: there was none.")


class DeliveryAttemptOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    begun_at: datetime
    at: datetime = Field(description="When it had ended.")
    code: str
    status: int | None


class DeliveryWithAttempts(BaseModel):
    delivery: DeliveryOut
    attempts: list[DeliveryAttemptOut]


@router.get("", summary="List webhooks that were sent or wait")
async def list_deliveries(
    desk: TheDesk,
    user: AdminToken,
    state: HookState | None = None,
    trigger: UUID | None = None,
    *,
    asked: Asked,
) -> Page[DeliveryOut]:
    """The latest first."""
    async with desk.reading(user) as reading:
        found = await deliveries(reading, state, trigger, asked.place, asked.one_more)
    return asked.of(found, DeliveryOut.model_validate, lambda row: token_of(row.at, row.id))


@router.get("/{delivery}", summary="Read a webhook's attempts", responses=NOT_HERE)
async def read_delivery(desk: TheDesk, user: AdminToken, delivery: UUID) -> DeliveryWithAttempts:
    async with desk.reading(user) as reading:
        row = await delivery_row(reading, delivery)
        if row is None:
            raise NotHere("There is no such delivery.")
        made = await attempts_of(reading, delivery)
    return DeliveryWithAttempts(
        delivery=DeliveryOut.model_validate(row),
        attempts=[DeliveryAttemptOut.model_validate(one) for one in made],
    )


@router.post("/{delivery}/replay", summary="Send a webhook again", responses=NOT_HERE | REFUSED)
async def replay(
    desk: TheDesk, user: AdminToken, delivery: UUID, key: Key, response: Response
) -> CommandAnswer:
    """Under the id that it had, in whatever state it is; its ladder of attempts begins anew."""
    async with desk.reading(user) as reading:
        if await delivery_row(reading, delivery) is None:
            raise NotHere("There is no such delivery.")
    command = ReplayHook(id=key.id, tenant=user.tenant, delivery=delivery, actor=actor_of(user))
    return await carried_out(desk, key, command, response)
