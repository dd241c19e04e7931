"""Organizations, their domains, and a domain applied to the tickets that are there."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.paging import Asked, Page
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.making import actor_of
from services.desk.queries.organizations import (
    Organization,
    organization_of,
    organizations_page,
    preview_of,
)
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken, TokenUser
from services.desk.wording.plain import sentence
from shared.contracts.people import ApplyDomain, ChangeOrganization, CreateOrganization
from shared.domains import as_kept, why_not

router = APIRouter(prefix="/organizations", tags=["people"])

Name = Annotated[str, Field(min_length=1, max_length=300, examples=["Acme Ltd"])]
Typed = Annotated[str, Field(min_length=1, max_length=300, examples=["acme.example"])]
Domain = Annotated[str, Path(max_length=300, examples=["acme.example"])]


class OrganizationOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    domains: list[str] = Field(examples=[["acme.example", "acme.co.uk"]])
    resource: str | None = Field(
        description="The outside resource that tells of it; its name is changed there."
    )
    reference: str | None = Field(description="Its key there.")
    created_at: datetime


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class OrganizationIn(_In):
    name: Name
    domains: list[Typed] = Field(default_factory=list, max_length=200)


class RenameIn(_In):
    name: Name


class DomainsIn(_In):
    domains: list[Typed] = Field(min_length=1, max_length=200)


class MovingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    number: int
    subject: str
    contact_address: str
    was: str | None
    becomes: str | None


class RegroupingOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    tickets: int
    contacts: int
    started_at: datetime
    finished_at: datetime | None = Field(description="Null while it works.")


class DomainPreviewOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    domain: str
    organization: UUID | None = Field(description="Whose domain it is; null: nobody's.")
    contacts: int = Field(description="That would move; 10,000 stands for that and more.")
    tickets: int = Field(description="As above.")
    first: list[MovingOut] = Field(description="The latest ten of these tickets.")
    last: RegroupingOut | None = Field(description="When it was applied last, or is being applied.")


@router.get("", summary="List organizations")
async def list_organizations(
    desk: TheDesk,
    user: TokenUser,
    q: Annotated[str, Query(max_length=300, description="How the name begins, or a whole domain.")] = "",
    *,
    asked: Asked,
) -> Page[OrganizationOut]:
    """By name."""
    async with desk.reading(user) as reading:
        found = await organizations_page(reading, q.strip(), asked.id, asked.one_more)
    return asked.of(found, OrganizationOut.model_validate, lambda one: str(one.id))


@router.post("", status_code=201, summary="Enter an organization", responses=REFUSED)
async def create_organization(
    desk: TheDesk, user: AdminToken, wanted: OrganizationIn, key: Key, response: Response
) -> CommandAnswer:
    """Public suffixes, free-mail domains and domains of another organization are refused, with the reason."""
    command = CreateOrganization(
        id=key.id, tenant=user.tenant, called=wanted.name, domains=tuple(wanted.domains), actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)


@router.get("/{organization}", summary="Read an organization", responses=NOT_HERE)
async def read_organization(desk: TheDesk, user: TokenUser, organization: UUID) -> OrganizationOut:
    return OrganizationOut.model_validate(await _organization(desk, user, organization))


@router.patch("/{organization}", summary="Rename an organization", responses=NOT_HERE | REFUSED)
async def rename_organization(
    desk: TheDesk, user: AdminToken, organization: UUID, wanted: RenameIn, *, key: Key, response: Response
) -> CommandAnswer:
    await _organization(desk, user, organization)
    command = ChangeOrganization(
        id=key.id, tenant=user.tenant, organization=organization, called=wanted.name, actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)


@router.post("/{organization}/domains", summary="Add domains", responses=NOT_HERE | REFUSED)
async def add_domains(
    desk: TheDesk, user: AdminToken, organization: UUID, wanted: DomainsIn, *, key: Key, response: Response
) -> CommandAnswer:
    """All of them, or none and why. New mail follows at once; what is there, when the domain is applied."""
    await _organization(desk, user, organization)
    command = ChangeOrganization(
        id=key.id,
        tenant=user.tenant,
        organization=organization,
        add=tuple(wanted.domains),
        actor=actor_of(user),
    )
    return await carried_out(desk, key, command, response)


@router.delete("/{organization}/domains/{domain}", summary="Take a domain away", responses=NOT_HERE | REFUSED)
async def remove_domain(
    desk: TheDesk, user: AdminToken, organization: UUID, domain: Domain, *, key: Key, response: Response
) -> CommandAnswer:
    await _organization(desk, user, organization)
    command = ChangeOrganization(
        id=key.id, tenant=user.tenant, organization=organization, remove=(domain,), actor=actor_of(user)
    )
    return await carried_out(desk, key, command, response)


@router.get("/domains/{domain}", summary="Preview what applying a domain would move", responses=NOT_HERE)
async def preview_domain(desk: TheDesk, user: TokenUser, domain: Domain) -> DomainPreviewOut:
    """Contacts under the domain that stand with another organization, and their tickets. What a person chose
    and what an outside resource told stays."""
    if why := why_not(domain):
        raise Invalid(sentence(why), remedy="Name a domain of an organization.")
    async with desk.reading(user) as reading:
        return DomainPreviewOut.model_validate(await preview_of(reading, as_kept(domain)))


@router.post(
    "/domains/{domain}", summary="Apply a domain to the tickets that are there", responses=NOT_HERE | REFUSED
)
async def apply_domain(
    desk: TheDesk, user: AdminToken, domain: Domain, key: Key, response: Response
) -> CommandAnswer:
    """Begins it; the preview's `last` tells how it stands. Each ticket that moves is changed under your name,
    and triggers hear of it."""
    command = ApplyDomain(id=key.id, tenant=user.tenant, domain=domain, actor=actor_of(user))
    return await carried_out(desk, key, command, response)


async def _organization(desk: Desk, user: User, organization: UUID) -> Organization:
    async with desk.reading(user) as reading:
        found = await organization_of(reading, organization)
    if found is None:
        raise NotHere("There is no such organization.")
    return found
