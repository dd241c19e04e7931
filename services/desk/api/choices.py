"""What may be named by its id where tickets are asked for, opened and changed: for every token that reads."""

from uuid import UUID

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from services.desk.desk import TheDesk
from services.desk.queries.people import agents, department_choices, mailbox_choices
from services.desk.signin.auth import TokenUser

router = APIRouter(tags=["tickets"])


class ChoiceOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str = Field(description="Of a mailbox its address.", examples=["Tom Berger"])


class ChoicesOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    assignees: list[ChoiceOut] = Field(description="Users who may be given a ticket.")
    departments: list[ChoiceOut]
    mailboxes: list[ChoiceOut]


@router.get("/choices", summary="List what a ticket can be given")
async def read_choices(desk: TheDesk, user: TokenUser) -> ChoicesOut:
    """Ids and names, as the pages offer them, without what is in the archive. More of each is for
    administrators: `/users`, `/departments`, `/mailboxes`. Statuses and custom fields have own lists."""
    async with desk.reading(user) as reading:
        return ChoicesOut(
            assignees=[ChoiceOut.model_validate(one) for one in await agents(reading)],
            departments=[ChoiceOut.model_validate(one) for one in await department_choices(reading)],
            mailboxes=[ChoiceOut.model_validate(one) for one in await mailbox_choices(reading)],
        )
