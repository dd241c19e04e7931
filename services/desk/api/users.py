"""Users: added, changed, put away; their tokens revoked; and the audit log of it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, SecretStr

from services.desk.api.answering import NOT_HERE, REFUSED
from services.desk.api.given import Given
from services.desk.api.paging import Asked, Page, whole
from services.desk.configuration.accounts import (
    UNDONE,
    NotDone,
    NotTheirsToGive,
    Role,
    Wanted,
    archive_user,
    change_user,
    forget_factor,
    new_user,
    set_password,
)
from services.desk.configuration.tokens import revoke_token
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, DeskError, Invalid, NotAllowed, NotHere
from services.desk.making import TokenMaking
from services.desk.once import MadeOnce
from services.desk.queries.accounts import audit_page, departments_of_users, tokens_of, user_rows
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken
from services.desk.signin.passwords import SHORTEST
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent
from shared.contracts.mail import LONGEST_ADDRESS

router = APIRouter(tags=["people"])

Called = Annotated[str, Field(min_length=1, max_length=200, examples=["Tom Berger"])]
At = Annotated[
    str, Field(max_length=LONGEST_ADDRESS, pattern="^[^@\\s]+@[^@\\s]+$", examples=["tom@acme.test"])
]
Password = Annotated[SecretStr, Field(min_length=SHORTEST, max_length=1_000)]


class UserOut(BaseModel):
    id: UUID
    address: str = Field(examples=["tom@acme.test"])
    name: str
    role: Role
    may_send_as: bool = Field(description="May answer from their own address.")
    departments: list[UUID] = Field(description="In which they are a member.")
    created_at: datetime
    archived_at: datetime | None


class UserIn(Given):
    address: At
    name: Called | None = None
    role: Role = Field(default="agent", description="Only an operator's token gives or takes `operator`.")
    may_send_as: bool = False
    departments: list[UUID] = Field(default_factory=list)
    password: Password | None = Field(
        default=None, description="Without one they sign in by their provider, or not at all."
    )


class UserChanges(Given):
    """What is not named stays."""

    address: At | None = None
    name: Called | None = None
    role: Role | None = Field(default=None, description="Another one signs them out.")
    may_send_as: bool | None = None
    departments: list[UUID] | None = Field(default=None, description="Exactly these.")
    password: Password | None = Field(
        default=None, description="Signs them out everywhere; their tokens go on until they are revoked."
    )
    archived: bool | None = Field(
        default=None, description="Signed out, tokens revoked; their name stays on what they wrote."
    )


class TokenOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    scope: str
    created_at: datetime
    used_at: datetime | None = Field(description="To the minute.")
    revoked_at: datetime | None


class AuditOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int = Field(description="Later ones are larger.")
    at: datetime
    act: str = Field(examples=["signed_in"])
    user: UUID | None = Field(description="Whose account it is about.")
    done_by: str
    client: str = Field(description="The network address that asked; empty: a command.")
    facts: dict[str, JsonValue]


@router.get("/users", summary="List users")
async def list_users(desk: TheDesk, user: AdminToken) -> Page[UserOut]:
    """All of them, the archived ones last."""
    return whole(await _users(desk, user))


@router.post("/users", status_code=201, summary="Add a user", responses=REFUSED)
async def add(user: AdminToken, wanted: UserIn, once: MadeOnce, made: TokenMaking) -> UserOut:
    asked = wanted.model_dump(exclude={"password"})
    password = wanted.password.get_secret_value() if wanted.password else None
    by_operator = user.is_operator
    try:
        added = await once.make(
            user,
            wanted.model_dump_json(exclude={"password"}),
            lambda db: new_user(db, user.tenant, Wanted(**asked), password, made, by_operator=by_operator),
        )
    except UNDONE as error:
        raise undone(error) from error
    return await once.read(user, added, _user)


@router.get("/users/{user}", summary="Read a user", responses=NOT_HERE)
async def read(desk: TheDesk, by: AdminToken, user: UUID) -> UserOut:
    return await _user(desk, by, user)


@router.patch("/users/{user}", summary="Change a user, or put them away", responses=NOT_HERE | REFUSED)
async def change(
    desk: TheDesk, by: AdminToken, user: UUID, wanted: UserChanges, made: TokenMaking
) -> UserOut:
    """All of what is named, or nothing and why."""
    before = await _user(desk, by, user)
    if not wanted.model_fields_set:
        raise Invalid("Nothing is named.", remedy="Name at least one of the fields to change.")
    fields = wanted.model_dump(exclude={"password", "archived"})
    may = {"by_operator": by.is_operator}
    try:
        async with desk.writing(by.tenant) as db:
            await change_user(db, by.tenant, user, Wanted(**fields), made, **may)
            if wanted.password is not None:
                await set_password(db, by.tenant, user, wanted.password.get_secret_value(), made, **may)
            if wanted.archived not in {None, before.archived_at is not None}:
                await archive_user(db, by.tenant, user, made, archived=bool(wanted.archived), **may)
    except UNDONE as error:
        raise undone(error, remedy="Nothing was changed.") from error
    return await _user(desk, by, user)


@router.delete(
    "/users/{user}/second-factor",
    status_code=204,
    summary="Remove a second factor",
    responses=NOT_HERE | REFUSED,
)
async def remove_second_factor(desk: TheDesk, by: AdminToken, user: UUID, made: TokenMaking) -> Response:
    """For who has lost their phone: they are signed out, and sign in by password."""
    await _user(desk, by, user)
    try:
        async with desk.writing(by.tenant) as db:
            await forget_factor(db, by.tenant, user, made, by_operator=by.is_operator)
    except NotDone as error:
        raise undone(error) from error
    return Response(status_code=204)


@router.get("/users/{user}/tokens", summary="List the tokens of a user", responses=NOT_HERE)
async def list_tokens(desk: TheDesk, by: AdminToken, user: UUID) -> Page[TokenOut]:
    """All of them, the newest first, those that count no more last; never their values."""
    await _user(desk, by, user)
    async with desk.reading(by) as reading:
        return whole([TokenOut.model_validate(one) for one in await tokens_of(reading, user)])


@router.delete("/users/{user}/tokens/{token}", status_code=204, summary="Revoke a token", responses=NOT_HERE)
async def revoke(desk: TheDesk, by: AdminToken, user: UUID, token: UUID, made: TokenMaking) -> Response:
    async with desk.writing(by.tenant) as db:
        if not await revoke_token(db, by.tenant, token, made, user):
            raise NotHere("They have no such token that counts.")
    return Response(status_code=204)


@router.get("/audit", summary="Read the audit log")
async def read_audit(
    desk: TheDesk,
    by: AdminToken,
    asked: Asked,
    user: Annotated[UUID | None, Query(description="Whose account it is about.")] = None,
) -> Page[AuditOut]:
    """Sign-ins and what was done to accounts, the newest first."""
    async with desk.reading(by) as reading:
        found = await audit_page(reading, user=user, before=asked.row, limit=asked.one_more)
    return asked.of(found, AuditOut.model_validate, lambda row: str(row.id))


def undone(error: Exception, remedy: str = "") -> DeskError:
    """The same as programs are told it: whether it is not theirs, not valid, or not as things stand."""
    told = sentence(str(error))
    match error:
        case NotTheirsToGive():
            return NotAllowed(told, remedy=remedy)
        case Permanent(code="tenant"):
            return Invalid(told, remedy=remedy)
        case _:
            return Conflict(told, remedy=remedy)


async def _users(desk: Desk, by: User, user: UUID | None = None) -> list[UserOut]:
    async with desk.reading(by) as reading:
        rooms = await departments_of_users(reading)
        rows = await user_rows(reading, user)
    return [
        UserOut.model_validate({**vars(row), "departments": [room for room, _ in rooms.get(row.id, [])]})
        for row in rows
    ]


async def _user(desk: Desk, by: User, user: UUID) -> UserOut:
    found = await _users(desk, by, user)
    if not found:
        raise NotHere("There is no such user.")
    return found[0]
