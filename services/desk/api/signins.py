"""How the people of this tenant sign in."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from services.desk.api.answering import REFUSED
from services.desk.api.given import Given
from services.desk.configuration.signins import SignInSettings, has_secret, set_sign_in, settings_of
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid
from services.desk.making import TokenMaking
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken
from services.desk.signin.signing import opener_of
from services.desk.signin.vouching import wrong_with

router = APIRouter(prefix="/sign-in", tags=["settings"])

Short = Annotated[str, Field(min_length=1, max_length=500)]


class SignInOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    second_factor: bool = Field(description="Asked of everybody who signs in by password.")
    issuer: str | None = Field(description="The OpenID Connect provider that vouches for people; null: none.")
    client_id: str | None
    called: str | None = Field(description="What the button of the page says.")
    adds_users: bool = Field(description="Whom it vouches for and nobody knows becomes a user.")
    own_factor: bool = Field(description="Our second factor is asked for after its word too.")
    has_secret: bool


class SignInIn(Given):
    """The whole of it; what is not named has its default."""

    second_factor: bool = False
    issuer: Short | None = Field(default=None, examples=["https://login.example.com/acme/v2.0"])
    client_id: Short | None = None
    called: Short | None = None
    adds_users: bool = False
    own_factor: bool = False
    secret: SecretStr | None = Field(default=None, description="Left out: as it was.")


@router.get("", summary="Read how people sign in")
async def read(desk: TheDesk, user: AdminToken) -> SignInOut:
    return await _out(desk, user)


@router.put("", summary="Set how people sign in", responses=REFUSED)
async def put(desk: TheDesk, user: AdminToken, wanted: SignInIn, made: TokenMaking) -> SignInOut:
    """A provider is asked before it is kept."""
    settings = SignInSettings(**wanted.model_dump(exclude={"secret"}))
    async with desk.reading(user) as reading:
        now = await settings_of(reading.db, reading.tenant)
    if wrong := await wrong_with(desk, settings, now):
        raise Invalid(wrong, remedy="Nothing was set.")
    secret = wanted.secret.get_secret_value().strip() if wanted.secret else ""
    seal = opener_of(desk).sealer.seal
    async with desk.writing(user.tenant) as db:
        await set_sign_in(db, user.tenant, settings, secret, seal, made)
    return await _out(desk, user)


async def _out(desk: Desk, user: User) -> SignInOut:
    async with desk.reading(user) as reading:
        now = await settings_of(reading.db, reading.tenant)
        kept = await has_secret(reading.db, reading.tenant)
    return SignInOut.model_validate({**vars(now), "has_secret": kept})
