"""Sessions of pages: begun, shown to their person, ended; and the cookie that names one."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Request
from fastapi.responses import Response
from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.accounts import end_sessions
from services.desk.desk import Desk
from services.desk.making import client_of
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.signin.auth import COOKIE, IDLE_FOR, SESSION_FOR, SignedIn, digest_of, tenant_in
from shared.storage.desk import sessions

HALF_FOR = timedelta(minutes=15)
"""How long a session waits for what is missing."""
LONGEST_PROGRAM = 300

BROWSERS = ("Edg", "OPR", "Firefox", "Chrome", "Safari", "curl", "python-httpx")
SYSTEMS = ("Android", "iPhone", "iPad", "Windows", "Mac OS X", "Linux")
CALLED = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Mac OS X": "macOS",
    "python-httpx": "a program",
    "curl": "a program",
}


@dataclass(frozen=True)
class Session:
    created_at: datetime
    used_at: datetime
    client: str
    program: str
    current: bool

    @property
    def seen_as(self) -> str:
        """The browser and the system, as far as they say."""
        browser = next((one for one in BROWSERS if one in self.program), "")
        system = next((one for one in SYSTEMS if one in self.program), "")
        known = CALLED.get(browser, browser) or "A browser"
        return f"{known[:1].upper()}{known[1:]}{f' on {CALLED.get(system, system)}' if system else ''}"


async def begin_session(  # noqa: PLR0917 - whose, where, and what is still missing
    desk: Desk, db: AsyncConnection, user: User, request: Request, waits_for: str | None = None, how: str = ""
) -> str:
    """Sign a user in; return the cookie's value. It names the tenant, under which its row is found.

    `waits_for`: what is asked for before anything is shown; `how`: what was shown before that.
    """
    value, now = f"{user.tenant}.{secrets.token_urlsafe(32)}", desk.clock()
    old = (sessions.c.expires_at < now) | (sessions.c.used_at < now - IDLE_FOR)
    await db.execute(delete(sessions).where(sessions.c.tenant == user.tenant, old))
    await db.execute(
        insert(sessions).values(
            digest=digest_of(value),
            tenant=user.tenant,
            user=user.id,
            csrf=secrets.token_urlsafe(24),
            created_at=now,
            used_at=now,
            expires_at=now + (HALF_FOR if waits_for else SESSION_FOR),
            client=client_of(request),
            program=request.headers.get("user-agent", "")[:LONGEST_PROGRAM],
            waits_for=waits_for,
            how=how,
        )
    )
    return value


async def renew_session(desk: Desk, db: AsyncConnection, signed: SignedIn, request: Request) -> str:
    """Give whoever is signed in another session, and end all those that they had: what was stolen before
    a change of password or second factor counts no more."""
    await end_sessions(db, signed.tenant, signed.user.id)
    return await begin_session(desk, db, signed.user, request)


async def end_session(db: AsyncConnection, value: str) -> None:
    """End the session of a cookie's value, whatever it waits for."""
    mine = (sessions.c.tenant == tenant_in(value), sessions.c.digest == digest_of(value))
    await db.execute(delete(sessions).where(*mine))


async def end_waiting(db: AsyncConnection, user: User, waits_for: str) -> None:
    """End the sessions of a user that wait for this."""
    c = sessions.c
    await db.execute(
        delete(sessions).where(c.tenant == user.tenant, c.user == user.id, c.waits_for == waits_for)
    )


async def sessions_of(reading: Reading, signed: SignedIn, now: datetime) -> list[Session]:
    """Return where somebody is signed in, the one that asks first."""
    c = sessions.c
    found = await reading.db.execute(
        select(c.digest, c.created_at, c.used_at, c.client, c.program)
        .where(
            reading.own(sessions),
            c.user == signed.user.id,
            c.expires_at > now,
            c.used_at > now - IDLE_FOR,
            c.waits_for.is_(None),
        )
        .order_by(c.digest != signed.digest, c.used_at.desc())
        .limit(100)
    )
    return [
        Session(row.created_at, row.used_at, row.client, row.program, row.digest == signed.digest)
        for row in found
    ]


def set_cookie(response: Response, request: Request, value: str, age: timedelta = SESSION_FOR) -> None:
    put_cookie(response, request, COOKIE, value, age)


def put_cookie(  # noqa: PLR0917 - a cookie has so many parts
    response: Response, request: Request, name: str, value: str, age: timedelta, path: str = "/"
) -> None:
    """A cookie that no script reads and no other site sends along."""
    response.set_cookie(
        name,
        value,
        max_age=int(age.total_seconds()),
        path=path,
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
