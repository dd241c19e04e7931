"""Contacts: who wrote, where they belong, and their tickets."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.paging import Asked, Page
from services.desk.desk import TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.making import actor_of
from services.desk.queries.organizations import contact_of, contacts_page
from services.desk.queries.people import tickets_of_contact
from services.desk.signin.auth import TokenUser
from shared.contracts.languages import checked_language
from shared.contracts.people import ChangeContact

router = APIRouter(prefix="/contacts", tags=["people"])


class ContactLine(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    address: str = Field(examples=["anna@example.com"])
    name: str
    organization: UUID | None
    organization_name: str | None
    language: str | None = Field(
        description="Of the first mail that said one, or as chosen: a tag of BCP 47.", examples=["de-AT"]
    )
    chosen: list[str] = Field(
        description="What a person chose, which stays: `name`, `organization`, `language`."
    )
    resource: str | None = Field(description="The outside resource that knows them.")
    reference: str | None = Field(description="Their key there.")
    created_at: datetime


class TicketOfContact(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    subject: str
    status: str


class ContactOut(ContactLine):
    tickets: list[TicketOfContact] = Field(description="The last 50, the latest change first.")


class ContactIn(BaseModel):
    """What is not named stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1, max_length=300)] = Field(default="", examples=["Anna Steiner"])
    organization: UUID | None = Field(
        default=None,
        description="Where they belong, whatever their domain says; null: as their domain says again.",
    )
    language: Annotated[str, AfterValidator(checked_language)] | None = Field(
        default=None,
        description="In which mail is written to them; null: as their next mail says.",
        examples=["de-AT"],
    )


@router.get("", summary="List contacts")
async def list_contacts(
    desk: TheDesk,
    user: TokenUser,
    q: Annotated[
        str, Query(max_length=320, description="How the address or the name begins, or a domain.")
    ] = "",
    *,
    asked: Asked,
) -> Page[ContactLine]:
    """By address."""
    async with desk.reading(user) as reading:
        found = await contacts_page(reading, q, asked.after, asked.one_more)
    return asked.of(found, ContactLine.model_validate, lambda one: one.address)


@router.get("/{contact}", summary="Read a contact with their tickets", responses=NOT_HERE)
async def read_contact(desk: TheDesk, user: TokenUser, contact: UUID) -> ContactOut:
    async with desk.reading(user) as reading:
        found = await contact_of(reading, contact)
        if found is None:
            raise NotHere("There is no such contact.")
        tickets = await tickets_of_contact(reading, contact, 50)
    line = ContactLine.model_validate(found)
    return ContactOut(
        **line.model_dump(), tickets=[TicketOfContact.model_validate(ticket) for ticket in tickets]
    )


@router.patch("/{contact}", summary="Name a contact, or say where they belong", responses=NOT_HERE | REFUSED)
async def change_contact(
    desk: TheDesk, user: TokenUser, contact: UUID, wanted: ContactIn, *, key: Key, response: Response
) -> CommandAnswer:
    """It counts from the next ticket on, and no resource or domain changes it any more."""
    async with desk.reading(user) as reading:
        if await contact_of(reading, contact) is None:
            raise NotHere("There is no such contact.")
    named = wanted.model_fields_set
    if not named:
        raise Invalid("No field is named.", remedy="Name at least one of the fields to change.")
    command = ChangeContact(
        id=key.id,
        tenant=user.tenant,
        contact=contact,
        called=wanted.name if "name" in named else None,
        organization=wanted.organization,
        by_domain="organization" in named and wanted.organization is None,
        language=(wanted.language or "") if "language" in named else None,
        actor=actor_of(user),
    )
    return await carried_out(desk, key, command, response)
