"""How the people of a tenant sign in: second factor, provider; and whom a provider vouches for."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.accounts import OPERATOR, NotDone, Wanted, new_user
from services.desk.configuration.auditing import Act, record
from services.desk.configuration.remembering import Made, remember
from services.desk.languages import gettext
from services.desk.signin.providers import Provider, Vouched
from shared.storage.config import identities, sign_in, users
from shared.storage.secrets import Opener


@dataclass(frozen=True)
class SignInSettings:
    second_factor: bool = False
    issuer: str | None = None
    client_id: str | None = None
    called: str | None = None
    adds_users: bool = False
    own_factor: bool = False

    @property
    def button(self) -> str:
        return self.called or "your organisation's account"


NAMES = tuple(SignInSettings.__dataclass_fields__)


async def settings_of(db: AsyncConnection, tenant: str) -> SignInSettings:
    found = await db.execute(select(*(sign_in.c[name] for name in NAMES)).where(sign_in.c.tenant == tenant))
    row = found.mappings().first()
    return SignInSettings(**row) if row else SignInSettings()


async def has_secret(db: AsyncConnection, tenant: str) -> bool:
    found = await db.execute(select(sign_in.c.secret.is_not(None)).where(sign_in.c.tenant == tenant))
    return bool(found.scalar_one_or_none())


async def provider_of(db: AsyncConnection, tenant: str, opener: Opener) -> Provider | None:
    """Return who vouches for the people of a tenant, with its secret opened."""
    own = await settings_of(db, tenant)
    if not own.issuer or not own.client_id:
        return None
    found = await db.execute(select(sign_in.c.secret).where(sign_in.c.tenant == tenant))
    sealed = found.scalar_one_or_none()
    secret = opener.open(sealed) if sealed else None
    return Provider(own.issuer, own.client_id, secret, own.button, own.adds_users, own.own_factor)


async def set_sign_in(  # noqa: PLR0917 - what is to be so, and who says it
    db: AsyncConnection,
    tenant: str,
    wanted: SignInSettings,
    secret: str,
    seal: Callable[[str], bytes],
    made: Made,
) -> int:
    """Set how a tenant's people sign in, and return how much of it was not so already. An empty secret stays
    as it is; without a provider there is none."""
    now = await settings_of(db, tenant)
    changed = [name for name in NAMES if getattr(now, name) != getattr(wanted, name)]
    values: dict[str, object] = {name: getattr(wanted, name) for name in NAMES}
    if secret and wanted.issuer:
        values["secret"] = seal(secret)
    elif not wanted.issuer:
        values["secret"] = None
    await db.execute(
        upsert(sign_in)
        .values(tenant=tenant, **values)
        .on_conflict_do_update(index_elements=["tenant"], set_=values)
    )
    for name in changed:
        await remember(db, tenant, made, f"sign_in.{name}", old=getattr(now, name), new=getattr(wanted, name))
    told = [*changed, *(["secret"] if secret and wanted.issuer else [])]
    if told:
        await record(db, tenant, Act.SIGN_IN_SET, made, None, fields=", ".join(told))
    return len(told)


async def user_vouched_for(
    db: AsyncConnection, tenant: str, provider: Provider, vouched: Vouched, made: Made
) -> UUID:
    """Find whom a provider vouches for: by its own name of them, at first by the address that it verified.
    Any administrator of the tenant chooses the provider, so it vouches for no operator of the installation.

    Raises:
        NotDone: nobody here is that person, or they are an operator; nothing more can be written then.
        Permanent: the tenant may have no more users.
    """
    user = await _user_of(db, tenant, provider, vouched, made)
    role = await db.execute(select(users.c.role).where(users.c.tenant == tenant, users.c.id == user))
    if role.scalar_one_or_none() == OPERATOR:
        raise NotDone(
            gettext(
                "Operators of the installation sign in by password, not by a provider. Who has none gets one"
                " by the command postroom user password."
            )
        )
    return user


async def _user_of(
    db: AsyncConnection, tenant: str, provider: Provider, vouched: Vouched, made: Made
) -> UUID:
    c = identities.c
    mine = (c.tenant == tenant, c.issuer == provider.issuer)
    known = (await db.execute(select(c.user).where(*mine, c.subject == vouched.subject))).scalar_one_or_none()
    if known is not None:
        return UUID(str(known))
    if vouched.address is None:
        raise NotDone(gettext("The provider names no address of yours that it has verified."))
    here = (users.c.tenant == tenant, users.c.address == vouched.address, users.c.archived_at.is_(None))
    user: UUID | None = (await db.execute(select(users.c.id).where(*here))).scalar_one_or_none()
    if user is None and not provider.adds_users:
        raise NotDone(gettext("You are no user here yet. An administrator adds you by your address."))
    if user is None:
        wanted = Wanted(address=vouched.address, name=vouched.name or None)
        user = await new_user(db, tenant, wanted, None, made)
    elif (await db.execute(select(c.subject).where(*mine, c.user == user))).first() is not None:
        # the address went to another person there: what it opens here is not theirs
        raise NotDone(gettext("Your address here belongs to another account of the provider."))
    row = {"tenant": tenant, "issuer": provider.issuer, "subject": vouched.subject, "user": user}
    await db.execute(insert(identities).values(row))
    return user
