"""Who is asking: sessions of pages, tokens of the API, and the form token without which no form counts."""

import hashlib
import hmac
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import delete, insert, select
from starlette.datastructures import FormData

from services.desk.desk import Desk, TheDesk
from services.desk.errors import FormTokenWrong, NotAllowed, NotSignedIn, TenantSuspended
from services.desk.passwords import matches
from services.desk.queries.people import User, user_named
from services.desk.queries.reading import Reading
from services.desk.reader import Preferences, read_by, reader
from services.desk.receiving import read_post
from shared.blobs.store import TENANT
from shared.storage.config import tenants, tokens, users
from shared.storage.desk import preferences, sessions
from shared.storage.options import options_of

COOKIE = "postroom_session"
SIGN_IN_COOKIE = "postroom_sign_in"
SESSION_FOR = timedelta(days=7)
FORM_FIELDS = 2_000
SALT = 16
"""Characters before a form token that make it another one on each page."""


@dataclass(frozen=True)
class SignedIn:
    user: User
    csrf: str
    preferences: Preferences

    @property
    def tenant(self) -> str:
        return self.user.tenant

    @property
    def form_token(self) -> str:
        """What stands in the forms of a page."""
        return form_token(self.csrf)


async def user_with_password(desk: Desk, tenant: str, address: str, password: str) -> User | None:
    """Find the user who has this password; says nothing of which half was wrong.

    Raises:
        TenantSuspended: all is right, but nobody of this tenant gets in now.
    """
    if not TENANT.fullmatch(tenant):
        return None
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
    return user if right else None


async def begin_session(desk: Desk, user: User) -> str:
    """Sign a user in; return the cookie's value. It names the tenant, under which its row is found."""
    value = f"{user.tenant}.{secrets.token_urlsafe(32)}"
    now = desk.clock()
    async with desk.writing(user.tenant) as db:
        old = (sessions.c.tenant == user.tenant) & (sessions.c.expires_at < now)
        await db.execute(delete(sessions).where(old))
        await db.execute(
            insert(sessions).values(
                digest=digest_of(value),
                tenant=user.tenant,
                user=user.id,
                csrf=secrets.token_urlsafe(24),
                created_at=now,
                expires_at=now + SESSION_FOR,
            )
        )
    return value


async def end_session(desk: Desk, value: str) -> None:
    tenant = _tenant_in(value)
    if tenant is not None:
        async with desk.writing(tenant) as db:
            mine = (sessions.c.tenant == tenant) & (sessions.c.digest == digest_of(value))
            await db.execute(delete(sessions).where(mine))


async def signed_in(request: Request, desk: TheDesk) -> SignedIn:
    """Who sent this request, by the cookie.

    Raises:
        NotSignedIn: there is no session, or it has ended.
        TenantSuspended: nobody of this tenant gets in now.
    """
    value = request.cookies.get(COOKIE, "")
    tenant = _tenant_in(value)
    if tenant is None:
        raise NotSignedIn
    async with desk.reading_all(tenant) as reading:
        found = await _session(reading, value, desk.clock())
    if found is None:
        raise NotSignedIn
    read_by(request, found.preferences, reader().asked_at)
    return found


async def admin(signed: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    if not signed.user.is_admin:
        raise NotAllowed("This page is for administrators. Ask one of them for what you need.")
    return signed


async def checked_form(request: Request, signed: Annotated[SignedIn, Depends(signed_in)]) -> FormData:
    """The form of a signed-in person. Nobody reads a form otherwise, so none goes unchecked.

    Raises:
        FormTokenWrong: the form was not made by this session.
    """
    form = await request.form(max_files=0, max_fields=FORM_FIELDS)
    _check(form, signed)
    return form


async def checked_file_form(
    request: Request, signed: Annotated[SignedIn, Depends(signed_in)]
) -> AsyncIterator[FormData]:
    """The same with one file, which is there until the answer is given. Raises FormTokenWrong."""
    async with request.form(max_files=1, max_fields=FORM_FIELDS) as form:
        _check(form, signed)
        yield form


async def checked_header(request: Request, signed: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Who a script of a page asks for: the form token stands in a header. Raises FormTokenWrong."""
    _check({"csrf": request.headers.get("x-form-token", "")}, signed)
    return signed


async def checked_post_form(
    request: Request, desk: TheDesk, signed: Annotated[SignedIn, Depends(signed_in)]
) -> AsyncIterator[FormData]:
    """The form of a post, with any files. Raises FormTokenWrong, or TooLarge for what nobody could mean."""
    async with desk.reading(signed.user) as reading:
        options = await options_of(reading.db, signed.tenant)
    form = await read_post(request, options.max_file_size)
    try:
        _check(form, signed)
        yield form
    finally:
        await form.close()


def _check(form: Mapping[str, object], signed: SignedIn) -> None:
    given = str(form.get("csrf", ""))
    if not same(given, form_token(signed.csrf, salt=given[:SALT])):
        raise FormTokenWrong


async def token_user(
    desk: TheDesk,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> User:
    """Who a program acts for, by `Authorization: Bearer`. Raises NotSignedIn or TenantSuspended."""
    value = credentials.credentials if credentials else ""
    tenant = _tenant_in(value)
    if tenant is None:
        raise NotSignedIn
    async with desk.reading_all(tenant) as reading:
        found = await reading.db.execute(
            select(tokens.c.user).where(
                reading.own(tokens), tokens.c.digest == digest_of(value), tokens.c.revoked_at.is_(None)
            )
        )
        row = found.first()
        user = await _open_to(reading, row.user) if row else None
    if user is None:
        raise NotSignedIn
    return user


async def admin_token(user: Annotated[User, Depends(token_user)]) -> User:
    if not user.is_admin:
        raise NotAllowed("This needs the token of an administrator.")
    return user


def new_token(tenant: str) -> str:
    """Make the value of an API token; only its digest is kept."""
    return f"{tenant}.{secrets.token_urlsafe(32)}"


def digest_of(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()


def form_token(csrf: str, *, salt: str = "") -> str:
    """Write a session's form token, other each time: pages are compressed, and their size must not tell it
    (BREACH)."""
    salt = salt or secrets.token_hex(SALT // 2)
    return salt + hmac.digest(csrf.encode(), salt.encode(), "sha256").hex()


def same(given: str, kept: str) -> bool:
    return bool(kept) and hmac.compare_digest(given.encode(), kept.encode())


async def _session(reading: Reading, value: str, now: datetime) -> SignedIn | None:
    found = await reading.db.execute(
        select(sessions.c.user, sessions.c.csrf, preferences.c.choices)
        .select_from(sessions.outerjoin(preferences, preferences.c.user == sessions.c.user))
        .where(reading.own(sessions), sessions.c.digest == digest_of(value), sessions.c.expires_at > now)
    )
    row = found.first()
    user = await _open_to(reading, row.user) if row else None
    return SignedIn(user, row.csrf, Preferences.kept(row.choices)) if row and user else None


async def _open_to(reading: Reading, user: UUID) -> User | None:
    """Return the user, while their tenant is not suspended."""
    found = await reading.db.execute(select(tenants.c.suspended).where(tenants.c.id == reading.tenant))
    if found.scalar_one_or_none() is not False:
        raise TenantSuspended
    return await user_named(reading, user)


def _tenant_in(value: str) -> str | None:
    tenant, _, secret = value.rpartition(".")
    return tenant if secret and TENANT.fullmatch(tenant) else None


Signed = Annotated[SignedIn, Depends(signed_in)]
Scripted = Annotated[SignedIn, Depends(checked_header)]
Admin = Annotated[SignedIn, Depends(admin)]
Form = Annotated[FormData, Depends(checked_form)]
FileForm = Annotated[FormData, Depends(checked_file_form)]
PostForm = Annotated[FormData, Depends(checked_post_form)]
TokenUser = Annotated[User, Depends(token_user)]
AdminToken = Annotated[User, Depends(admin_token)]
