"""Tenants of the installation, for its operators."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import REFUSED
from services.desk.api.given import Given
from services.desk.api.paging import Asked, Page
from services.desk.api.users import At, Password, undone
from services.desk.configuration.accounts import UNDONE, Wanted
from services.desk.desk import TheDesk
from services.desk.errors import NotAllowed
from services.desk.installation import new_tenant, tenants_here
from services.desk.making import TokenMaking
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken

router = APIRouter(prefix="/tenants", tags=["operations"])


async def _operator(user: AdminToken) -> User:
    if not user.is_operator:
        raise NotAllowed("This needs the token of an operator of the installation.")
    return user


OperatorToken = Annotated[User, Depends(_operator)]


class TenantOut(BaseModel):
    """How it stands and how much it has, never what is in it."""

    model_config = ConfigDict(from_attributes=True)

    id: str = Field(examples=["acme"])
    name: str
    state: Literal["active", "suspended", "erased"]
    created_at: datetime
    mailboxes: int
    users: int


class TenantIn(Given):
    id: Annotated[str, Field(min_length=1, max_length=63)] = Field(examples=["acme"])
    name: Annotated[str, Field(min_length=1, max_length=200)] = Field(examples=["Acme Ltd"])
    admin: At | None = Field(default=None, description="The address of its first administrator.")
    password: Password | None = None


@router.get("", summary="List the tenants of the installation")
async def list_tenants(desk: TheDesk, _user: OperatorToken, asked: Asked) -> Page[TenantOut]:
    """By id."""
    rows, _ = await tenants_here(desk.engine, asked.after, asked.one_more)
    return asked.of(rows, TenantOut.model_validate, lambda row: row.id)


@router.post("", status_code=201, summary="Add a tenant", responses=REFUSED)
async def add(desk: TheDesk, _user: OperatorToken, wanted: TenantIn, made: TokenMaking) -> TenantOut:
    """With its first administrator when one is named: both, or neither. Its id is given once for good."""
    admin = Wanted(address=wanted.admin, role="admin") if wanted.admin else None
    password = wanted.password.get_secret_value() if wanted.password else None
    try:
        await new_tenant(desk.engine, wanted.id, wanted.name, made, admin=admin, password=password)
    except UNDONE as error:
        raise undone(error) from error
    return TenantOut(
        id=wanted.id,
        name=wanted.name,
        state="active",
        created_at=made.at,
        mailboxes=0,
        users=1 if admin else 0,
    )
