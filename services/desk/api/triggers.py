"""Triggers: what happens by itself; and trials, which show what one would have done."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError

from services.desk.api.answering import NOT_HERE, REFUSED, Key
from services.desk.api.given import Given
from services.desk.api.paging import Asked, Page, whole
from services.desk.asking.trying import LONGEST, ask_to_try
from services.desk.configuration.sealing import sealed_settings
from services.desk.configuration.triggers import (
    TriggerSettings,
    add_trigger,
    archive_trigger,
    change_trigger,
    order_triggers,
)
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.forms.plugins import problems_of
from services.desk.making import TokenMaking
from services.desk.once import MadeOnce
from services.desk.queries.paging import token_of
from services.desk.queries.people import User
from services.desk.queries.triggers import (
    TriggerRow,
    read_triggers,
    results_of,
    trial_row,
    trigger_row,
    trigger_rows,
)
from services.desk.signin.auth import AdminToken
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent

router = APIRouter(prefix="/triggers", tags=["settings"])
Outcome = Literal["fired", "not", "suppressed", "failed", "shadow"]


class TriggerOut(BaseModel):
    id: UUID
    settings: TriggerSettings
    outcomes: dict[str, int] = Field(description="How often each was, within the last 30 days.")
    last_fired_at: datetime | None


class BrokenTriggerOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    action: str
    problems: list[str] = Field(description="Why it is not valid any more.")


class OrderIn(Given):
    triggers: list[UUID] = Field(max_length=10_000, description="The ids of all of them.")


class TrialWanted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    trigger: UUID | None = Field(default=None, description="A saved one, or whose place `settings` takes.")
    settings: TriggerSettings | None = Field(default=None, description="One that is not saved.")
    days: Annotated[int, Field(ge=1, le=LONGEST.days)] = Field(default=30, description="How far back.")


class TrialOut(BaseModel):
    """What it would have done grows while it runs."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    trigger: UUID | None
    since: datetime
    until: datetime
    state: Literal["waiting", "running", "done", "failed"]
    reason: str | None
    counted: dict[str, int] = Field(
        description="`events` that were looked at; of these each outcome; `mails` and `changes` that would"
        " have been; `deepest` chain, and `loops`: chains that would have been stopped."
    )
    asked_at: datetime
    ended_at: datetime | None


class TrialResultOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    event: UUID
    ticket: int
    subject: str
    outcome: Outcome
    why: dict[str, JsonValue] = Field(description="`did`, or `why` not and the value `seen`; `to` whom.")
    chain: int = Field(description="How many links follow from it; 8 would be stopped.")
    at: datetime


@router.get("", summary="List triggers")
async def list_triggers(desk: TheDesk, user: AdminToken) -> Page[TriggerOut]:
    """All of them, in the order they are asked. Archived ones are left out."""
    async with desk.reading(user) as reading:
        return whole([_out(row) for row in await trigger_rows(reading, desk.clock())])


@router.get("/broken", summary="List triggers that are not valid any more")
async def list_broken(desk: TheDesk, user: AdminToken) -> Page[BrokenTriggerOut]:
    """They were saved and fail at each event that they hear: archive them, and add new ones."""
    async with desk.reading(user) as reading:
        _, broken = await read_triggers(reading, desk.clock())
    return whole([BrokenTriggerOut.model_validate(one) for one in broken])


@router.put("/order", summary="Put the triggers in order", responses=REFUSED)
async def put_in_order(
    desk: TheDesk, user: AdminToken, wanted: OrderIn, made: TokenMaking
) -> Page[TriggerOut]:
    """All of them, the one first that is asked first. Those that are not valid any more come last."""
    async with desk.reading(user) as reading:
        _, broken = await read_triggers(reading, desk.clock())
    order = [*wanted.triggers, *(one.id for one in broken)]
    async with desk.writing(user.tenant) as db:
        if not await order_triggers(db, user.tenant, order, made):
            raise Conflict("These are not all triggers that there are.", remedy="List them again.")
    return await list_triggers(desk, user)


@router.post("", status_code=201, summary="Add a trigger", responses=REFUSED)
async def new_trigger(
    desk: TheDesk, user: AdminToken, wanted: TriggerSettings, once: MadeOnce, made: TokenMaking
) -> TriggerOut:
    """It is active at once, unless `enabled` is false or `shadow` is true."""
    with told_refusals():
        trigger = await once.make(
            user,
            wanted.model_dump_json(),
            lambda db: add_trigger(db, user.tenant, sealed(desk, wanted), made),
        )
    return await once.read(user, trigger, saved_trigger)


@router.get("/{trigger}", summary="Read a trigger", responses=NOT_HERE)
async def read_trigger(desk: TheDesk, user: AdminToken, trigger: UUID) -> TriggerOut:
    return await saved_trigger(desk, user, trigger)


@router.put("/{trigger}", summary="Change a trigger", responses=NOT_HERE)
async def replace_trigger(
    desk: TheDesk, user: AdminToken, trigger: UUID, wanted: TriggerSettings, made: TokenMaking
) -> TriggerOut:
    """The whole of it; what is not named has its default."""
    with told_refusals():
        wanted = sealed(desk, wanted)
        async with desk.writing(user.tenant) as db:
            if not await change_trigger(db, user.tenant, trigger, wanted, made):
                raise NotHere("There is no such trigger.")
    return await saved_trigger(desk, user, trigger)


@router.delete("/{trigger}", status_code=204, summary="Archive a trigger", responses=NOT_HERE)
async def remove_trigger(desk: TheDesk, user: AdminToken, trigger: UUID, made: TokenMaking) -> Response:
    """It hears nothing more. What it did stays where it is."""
    async with desk.writing(user.tenant) as db:
        if not await archive_trigger(db, user.tenant, trigger, made):
            raise NotHere("There is no such trigger.")
    return Response(status_code=204)


@router.post("/trials", status_code=202, summary="Try a trigger", responses=NOT_HERE | REFUSED)
async def try_trigger(
    desk: TheDesk, user: AdminToken, wanted: TrialWanted, key: Key, response: Response
) -> TrialOut:
    """What it would have done within the last days, with nothing of it done. Read `Location` again until
    `ended_at` is set."""
    settings = wanted.settings
    if wanted.trigger is not None:
        saved = (await saved_trigger(desk, user, wanted.trigger)).settings
        settings = settings or saved
    if settings is None:
        raise Invalid("A trial needs a trigger, `settings` of one, or both.")
    now = desk.clock()
    since = now - timedelta(days=wanted.days)
    with told_refusals():
        settings = sealed(desk, settings)
        await key.hold(desk, user.tenant)
        trial = await ask_to_try(desk, user, settings, wanted.trigger, since=since, key=key.id)
    response.headers["Location"] = f"/api/v1/triggers/trials/{trial}"
    async with desk.reading(user) as reading:
        row = await trial_row(reading, trial)
    if row is not None:
        return TrialOut.model_validate(row)
    facts = {"id": trial, "trigger": wanted.trigger, "since": since, "until": now, "asked_at": now}
    return TrialOut.model_validate(
        {**facts, "state": "waiting", "reason": None, "counted": {}, "ended_at": None}
    )


@router.get("/trials/{trial}", summary="Read a trial", responses=NOT_HERE)
async def read_trial(desk: TheDesk, user: AdminToken, trial: UUID) -> TrialOut:
    """It is kept for seven days after its end."""
    async with desk.reading(user) as reading:
        row = await trial_row(reading, trial)
    if row is None:
        raise NotHere("There is no such trial.")
    return TrialOut.model_validate(row)


@router.get("/trials/{trial}/results", summary="Read what a trial found", responses=NOT_HERE)
async def read_results(
    desk: TheDesk, user: AdminToken, trial: UUID, asked: Asked, outcome: Outcome | None = None
) -> Page[TrialResultOut]:
    """The oldest event first: the first 10,000 of each outcome, and the first 200 that did not fire."""
    async with desk.reading(user) as reading:
        if await trial_row(reading, trial) is None:
            raise NotHere("There is no such trial.")
        found = await results_of(reading, trial, outcome, asked.place, asked.one_more)
    return asked.of(found, TrialResultOut.model_validate, lambda one: token_of(one.at, one.event))


def sealed(desk: Desk, wanted: TriggerSettings) -> TriggerSettings:
    return sealed_settings(wanted, desk.hook_sealer.seal) if desk.hook_sealer else wanted


@contextmanager
def told_refusals() -> Iterator[None]:
    """Say what is wrong with a trigger as every other problem is said."""
    try:
        yield
    except ValidationError as error:
        raise Invalid("The parameters of the action do not fit.", errors=_named(error)) from error
    except Permanent as error:
        raise Invalid(sentence(error.reason)) from error


def _named(error: ValidationError) -> dict[str, str]:
    return {f"params.{name}".removesuffix("."): problem for name, problem in problems_of(error).items()}


async def saved_trigger(desk: Desk, user: User, trigger: UUID) -> TriggerOut:
    async with desk.reading(user) as reading:
        row = await trigger_row(reading, trigger, desk.clock())
    if row is None:
        raise NotHere("There is no such trigger.")
    return _out(row)


def _out(row: TriggerRow) -> TriggerOut:
    facts = {"outcomes": dict(row.outcomes), "last_fired_at": row.last_fired_at}
    return TriggerOut.model_validate({"id": row.id, "settings": row.settings, **facts})
