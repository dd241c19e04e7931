"""Who is asking: sessions of pages, tokens of the API, and the form token without which no form counts."""

import hashlib
import hmac
import re
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import select, update
from starlette.datastructures import FormData

from services.desk.desk import TheDesk
from services.desk.errors import FormTokenWrong, NotAllowed, NoText, NotSignedIn, TenantSuspended
from services.desk.forms.receiving import read_post
from services.desk.languages import gettext
from services.desk.queries.people import User, user_named
from services.desk.queries.reading import Reading
from services.desk.reader import Preferences, read_by, reader
from shared.blobs.store import TENANT
from shared.storage.config import tenants, tokens
from shared.storage.desk import preferences, sessions
from shared.storage.options import options_of

COOKIE = "postroom_session"
SIGN_IN_COOKIE = "postroom_sign_in"
SESSION_FOR = timedelta(days=7)
IDLE_FOR = timedelta(days=1)
"""A session that nobody uses for so long ends; a night and a morning off do not."""
FORM_FIELDS = 2_000
SALT = 16
"""Characters before a form token that make it another one on each page."""
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
OWN = re.compile(r"/me/|/api/v1/me/|/sign-out$|/tickets/columns$|/tickets/[0-9]+/unread$")
"""Where readers too may change something: it is about nobody else."""
USED_AGAIN = timedelta(minutes=1)
"""How long the last use of a session or a token is not written again."""


@dataclass(frozen=True)
class SignedIn:
    user: User
    csrf: str
    preferences: Preferences = field(default_factory=Preferences)
    digest: str = field(repr=False, default="")
    """Of the session, among those of the same person."""
    how: str = ""
    """What was shown so far, while something is still missing."""

    @property
    def tenant(self) -> str:
        return self.user.tenant

    @property
    def form_token(self) -> str:
        """What stands in the forms of a page."""
        return form_token(self.csrf)


async def signed_in(request: Request, desk: TheDesk) -> SignedIn:
    """Who sent this request, by the cookie.

    Raises:
        NotSignedIn: there is no session, or it has ended.
        TenantSuspended: nobody of this tenant gets in now.
    """
    value = request.cookies.get(COOKIE, "")
    tenant = tenant_in(value)
    if tenant is None:
        raise NotSignedIn
    async with desk.reading_all(tenant) as reading:
        found = await session_of(reading, value, desk.clock())
    if found is None:
        raise NotSignedIn
    read_by(request, found.preferences, reader().asked_at, may_write=found.user.may_write)
    _require_writer(found.user, request)
    return found


def _require_writer(user: User, request: Request) -> None:
    """The one place that keeps readers and tokens that only read from changing anything."""
    path = request.url.path
    if user.scope == "read" and request.method not in SAFE:
        raise NotAllowed("This token only reads.", remedy="Make one of the scope write: /me/tokens.")
    if request.method not in SAFE and not OWN.match(path):
        _refuse_reader(user)


def _refuse_reader(user: User) -> None:
    if not user.may_write:
        raise NotAllowed(
            gettext("You may read here, and change nothing."),
            remedy=gettext("Ask an administrator for another role."),
        )


async def writer(signed: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Who may change something: for pages that are nothing but a form."""
    _refuse_reader(signed.user)
    return signed


async def admin(signed: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    if not signed.user.is_admin:
        raise NotAllowed(gettext("This page is for administrators. Ask one of them for what you need."))
    return signed


async def checked_form(request: Request, signed: Annotated[SignedIn, Depends(signed_in)]) -> FormData:
    """The form of a signed-in person. Nobody reads a form otherwise, so none goes unchecked.

    Raises:
        FormTokenWrong: the form was not made by this session.
    """
    form = await request.form(max_files=0, max_fields=FORM_FIELDS)
    check_form(form, signed)
    _require_texts(form)
    return form


async def checked_file_form(
    request: Request, signed: Annotated[SignedIn, Depends(signed_in)]
) -> AsyncIterator[FormData]:
    """The same with one file, which is there until the answer is given. Raises FormTokenWrong."""
    async with request.form(max_files=1, max_fields=FORM_FIELDS) as form:
        check_form(form, signed)
        _require_texts(form)
        yield form


async def checked_header(request: Request, signed: Annotated[SignedIn, Depends(signed_in)]) -> SignedIn:
    """Who a script of a page asks for: the form token stands in a header. Raises FormTokenWrong."""
    check_form({"csrf": request.headers.get("x-form-token", "")}, signed)
    return signed


async def checked_post_form(
    request: Request, desk: TheDesk, signed: Annotated[SignedIn, Depends(signed_in)]
) -> AsyncIterator[FormData]:
    """The form of a post, with any files. Raises FormTokenWrong, or TooLarge for what nobody could mean."""
    async with desk.reading(signed.user) as reading:
        options = await options_of(reading.db, signed.tenant)
    form = await read_post(request, options.max_file_size)
    try:
        check_form(form, signed)
        _require_texts(form)
        yield form
    finally:
        await form.close()


def check_form(form: Mapping[str, object], signed: SignedIn) -> None:
    """Raises FormTokenWrong: the form was not made by this session."""
    given = str(form.get("csrf", ""))
    if not same(given, form_token(signed.csrf, salt=given[:SALT])):
        raise FormTokenWrong


def _require_texts(form: FormData) -> None:
    """Raises NoText: what would be refused by every table must not leave as a command either."""
    if any("\0" in value for _, value in form.multi_items() if isinstance(value, str)):
        raise NoText


async def token_user(
    request: Request,
    desk: TheDesk,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))],
) -> User:
    """Who a program acts for, by `Authorization: Bearer`. Raises NotSignedIn or TenantSuspended."""
    value = credentials.credentials if credentials else ""
    tenant = tenant_in(value)
    if tenant is None:
        raise NotSignedIn
    async with desk.reading_all(tenant) as reading:
        found = await reading.db.execute(
            select(tokens.c.id, tokens.c.user, tokens.c.used_at, tokens.c.scope).where(
                reading.own(tokens), tokens.c.digest == digest_of(value), tokens.c.revoked_at.is_(None)
            )
        )
        row, now = found.first(), desk.clock()
        person = await _open_to(reading, row.user) if row else None
        user = replace(person, scope=row.scope) if row and person else None
        if row and (row.used_at is None or now - row.used_at >= USED_AGAIN):
            mine = (reading.own(tokens), tokens.c.id == row.id)
            await reading.db.execute(update(tokens).where(*mine).values(used_at=now))
    if user is None:
        raise NotSignedIn
    _require_writer(user, request)
    return user


async def admin_token(user: Annotated[User, Depends(token_user)]) -> User:
    if not user.sees_everything:
        raise NotAllowed(gettext("This needs the token of an administrator."))
    if not user.is_admin:
        raise NotAllowed(
            f"This needs a token of the scope admin; yours has {user.scope}.",
            remedy="Make one at /me/tokens.",
        )
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


async def session_of(
    reading: Reading, value: str, now: datetime, waits_for: str | None = None
) -> SignedIn | None:
    """Return whose session a cookie's value is, while it counts; or one that waits for this."""
    c = sessions.c
    found = await reading.db.execute(
        select(c.user, c.csrf, c.digest, c.used_at, c.how, preferences.c.choices)
        .select_from(sessions.outerjoin(preferences, preferences.c.user == c.user))
        .where(
            reading.own(sessions),
            c.digest == digest_of(value),
            c.expires_at > now,
            c.used_at > now - IDLE_FOR,
            c.waits_for.is_not_distinct_from(waits_for),
        )
    )
    row = found.first()
    user = await _open_to(reading, row.user) if row else None
    if row is None or user is None:
        return None
    if now - row.used_at >= USED_AGAIN:
        await reading.db.execute(
            update(sessions).where(reading.own(sessions), c.digest == row.digest).values(used_at=now)
        )
    return SignedIn(user, row.csrf, Preferences.kept(row.choices), row.digest, row.how)


async def _open_to(reading: Reading, user: UUID) -> User | None:
    """Return the user, while their tenant is not suspended."""
    found = await reading.db.execute(select(tenants.c.suspended).where(tenants.c.id == reading.tenant))
    if found.scalar_one_or_none() is not False:
        raise TenantSuspended
    return await user_named(reading, user)


def tenant_in(value: str) -> str | None:
    tenant, _, secret = value.rpartition(".")
    return tenant if secret and TENANT.fullmatch(tenant) else None


Signed = Annotated[SignedIn, Depends(signed_in)]
Writer = Annotated[SignedIn, Depends(writer)]
Scripted = Annotated[SignedIn, Depends(checked_header)]
Admin = Annotated[SignedIn, Depends(admin)]
Form = Annotated[FormData, Depends(checked_form)]
FileForm = Annotated[FormData, Depends(checked_file_form)]
PostForm = Annotated[FormData, Depends(checked_post_form)]
TokenUser = Annotated[User, Depends(token_user)]
AdminToken = Annotated[User, Depends(admin_token)]
