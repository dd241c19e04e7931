"""The person whose token asks: who they are, how far the token goes, and of what they are told by mail."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.given import Given
from services.desk.configuration.accounts import Role
from services.desk.configuration.notifications import choose
from services.desk.desk import TheDesk
from services.desk.queries.people import Scope
from services.desk.signin.auth import TokenUser
from shared.contracts.notices import Choices, Hour, Way
from shared.storage.notices import choices_of

router = APIRouter(prefix="/me", tags=["people"])


class MeOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID = Field(description="Of the user: what `assignee` takes.")
    tenant: str = Field(examples=["acme"])
    address: str = Field(examples=["tom@acme.test"])
    name: str = Field(examples=["Tom Berger"])
    role: Role
    scope: Scope = Field(description="How far this token goes; never further than the role.")


class NotificationsIn(Given):
    """What is not named stays."""

    assigned: Way | None = Field(default=None, description="A ticket was given to you.")
    mentioned: Way | None = Field(default=None, description="A note names you with an @.")
    replied: Way | None = Field(default=None, description="Somebody wrote on a ticket that is yours.")
    reminder: Way | None = Field(default=None, description="A ticket that is yours will be closed.")
    digest_hour: Hour | None = Field(
        default=None, description="On the clock of the tenant's `time_zone`.", examples=[8]
    )


@router.get("", summary="Read whose token asks")
async def read_me(user: TokenUser) -> MeOut:
    return MeOut.model_validate(user)


@router.get("/notifications", summary="Read of what you are told by mail")
async def read_notifications(desk: TheDesk, user: TokenUser) -> Choices:
    """Each kind is `off`, told `at_once` (a burst in one mail), or in the daily `digest`."""
    async with desk.reading(user) as reading:
        return await choices_of(reading.db, reading.tenant, user.id)


@router.put("/notifications", summary="Choose of what you are told by mail")
async def choose_notifications(desk: TheDesk, user: TokenUser, wanted: NotificationsIn) -> Choices:
    async with desk.writing(user.tenant) as db:
        return await choose(db, user, wanted.model_dump(exclude_none=True), at=desk.clock())
