"""From a right password, or a provider's word, to a session: what else is asked, and what is kept of it."""

from dataclasses import dataclass
from urllib.parse import quote
from uuid import UUID

from fastapi import Request
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.auditing import Act, record
from services.desk.configuration.factors import begin_anew, factor_of, required
from services.desk.configuration.remembering import Made
from services.desk.desk import Desk
from services.desk.errors import Conflict, TenantSuspended
from services.desk.languages import gettext, later
from services.desk.making import client_of
from services.desk.queries.people import User, user_named
from services.desk.signin.attempts import Attempt, succeeded, take_attempt
from services.desk.signin.passwords import matches
from services.desk.signin.sessions import begin_session, end_waiting
from shared.blobs.store import TENANT
from shared.storage.config import tenants, users
from shared.storage.secrets import Opener

WRONG = later(
    "Address, password or organisation is wrong. Check all three; an administrator can set a new password."
)
CODE, SETUP = "code", "setup"
"""What a session waits for after the password."""
NOBODY = "somebody"
"""Who did it, when nobody showed who they are."""


@dataclass(frozen=True)
class Begun:
    """A session, and where its person goes next."""

    value: str
    onward: str


@dataclass(frozen=True)
class Denied:
    """Nobody is signed in; it says what to do."""

    text: str
    status: int = 401


async def sign_in_with_password(  # noqa: PLR0917 - what the form says
    desk: Desk, request: Request, tenant: str, address: str, password: str, onward: str
) -> Begun | Denied:
    """Sign in who has this password.

    Raises:
        TenantSuspended: all is right, but nobody of this tenant gets in now.
    """
    if not TENANT.fullmatch(tenant):
        return Denied(gettext(WRONG))
    attempt, now = Attempt(address, client_of(request)), desk.clock()
    async with desk.writing(tenant) as db:
        wait = await take_attempt(db, tenant, attempt, now)
    if wait:
        seconds = int(wait.total_seconds()) + 1
        return Denied(
            gettext("Too many attempts for this address. Try again in %(seconds)s s.", seconds=seconds), 429
        )
    user, known = await user_with_password(desk, tenant, address, password)
    async with desk.writing(tenant) as db:
        if user is None:
            await _keep_failure(db, tenant, known, Made(NOBODY, now, client_of(request)))
            return Denied(gettext(WRONG))
        await succeeded(db, tenant, attempt)
        needed = await required(db, tenant)
        return await ask_for_factor(desk, db, user, request, onward, how="password", needed=needed)


async def ask_for_factor(
    desk: Desk, db: AsyncConnection, user: User, request: Request, onward: str, *, how: str, needed: bool
) -> Begun:
    """Ask for the second factor of who has one; have one set up where it is needed."""
    if (await factor_of(db, user.tenant, user.id)).on:
        value = await begin_session(desk, db, user, request, CODE, how)
        return Begun(value, with_next("/sign-in/code", onward))
    if needed:
        await begin_anew(db, user.tenant, user.id)
        await end_waiting(db, user, SETUP)
        value = await begin_session(desk, db, user, request, SETUP, how)
        return Begun(value, with_next("/sign-in/second-factor", onward))
    return await admit(desk, db, user, request, onward, how=how)


async def admit(
    desk: Desk, db: AsyncConnection, user: User, request: Request, onward: str, *, how: str
) -> Begun:
    """Begin the session of somebody of whom nothing is asked any more."""
    made = Made(user.called, desk.clock(), client_of(request))
    await record(db, user.tenant, Act.SIGNED_IN, made, user.id, how=how)
    return Begun(await begin_session(desk, db, user, request), onward)


async def user_with_password(
    desk: Desk, tenant: str, address: str, password: str
) -> tuple[User | None, UUID | None]:
    """Return the user who has this password, and whom the address names all the same; only the audit log is
    told which half was wrong.

    Raises:
        TenantSuspended: all is right, but nobody of this tenant gets in now.
    """
    async with desk.reading_all(tenant) as reading:
        found = await reading.db.execute(
            select(users.c.id, users.c.password_hash, tenants.c.suspended)
            .select_from(users.join(tenants, tenants.c.id == users.c.tenant))
            .where(
                reading.own(users),
                users.c.address == address.strip().lower(),
                users.c.archived_at.is_(None),
            )
        )
        row = found.first()
        user = await user_named(reading, row.id) if row else None
    right = await matches(password, row.password_hash if row else None)
    if right and row and row.suspended:
        raise TenantSuspended
    return user if right else None, row.id if row else None


async def _keep_failure(db: AsyncConnection, tenant: str, user: UUID | None, made: Made) -> None:
    """Keep that somebody was refused. An address that nobody has is not kept: people type passwords there."""
    if (await db.execute(select(tenants.c.id).where(tenants.c.id == tenant))).first() is not None:
        await record(db, tenant, Act.FAILED, made, user)


def opener_of(desk: Desk) -> Opener:
    """The key of what people sign in with. Raises Conflict."""
    if desk.sign_in is None:
        raise Conflict(
            gettext("This installation has no key to keep second factors and secrets of providers with."),
            remedy=gettext("Whoever runs it makes one: postroom keys make."),
        )
    return desk.sign_in


def with_next(path: str, onward: str) -> str:
    return f"{path}?next={quote(onward, safe='')}" if onward != "/" else path
