"""What a program asks for twice under one `Idempotency-Key` is done once: the key is kept with what was made,
in the same transaction, for a day; that of a command with what was asked, for a month."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID, uuid4, uuid5

from fastapi import Depends, Header, Request
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, NotHere
from services.desk.queries.people import User
from shared.messaging.keeping import HANDLED_KEPT
from shared.storage.desk import idempotency_keys as keys

T = TypeVar("T")
KEPT = timedelta(days=1)
COMMANDS_KEPT = HANDLED_KEPT
"""As long as how it ended."""
A_UUID = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
"""A text and no `format: uuid`: clients that are made of the description put it into a header as it is."""


@dataclass(frozen=True)
class Once:
    """The key of a request; without one, asked twice is made twice."""

    desk: TheDesk
    key: UUID | None
    operation: str
    bearer: str
    """Its token: keys of different programs are different, and nobody learns from a digest what was asked."""

    async def make(self, user: User, wanted: str, make: Callable[[AsyncConnection], Awaitable[UUID]]) -> UUID:
        """Make what is wanted, in one transaction; return its id, or of what the key has made before.

        Raises:
            Conflict: the key was used for something else.
        """
        async with self.desk.writing(user.tenant) as db:
            if self.key is None:
                return await make(db)
            asked = _digest(self.bearer, f"{self.operation}\n{wanted}")
            row = id_of(self.key, self.bearer)
            if not await _take(db, user.tenant, row, asked, now=self.desk.clock(), kept=KEPT):
                return await _made_before(db, user.tenant, row, asked)
            made = await make(db)
            await db.execute(update(keys).where(keys.c.id == row).values(made=made))
            return made

    async def read(self, user: User, made: UUID, read: Callable[[Desk, User, UUID], Awaitable[T]]) -> T:
        """Read what was made as it is by now.

        Raises:
            Conflict: it is not there any more.
        """
        try:
            return await read(self.desk, user, made)
        except NotHere as error:
            raise Conflict(
                "What this Idempotency-Key made was removed since.",
                remedy="Send it with a new key to make it anew.",
            ) from error


@dataclass(frozen=True)
class Key:
    """What makes a command one."""

    id: UUID
    """Of the command: made of the key and the token, so that keys of two programs never meet; or new."""
    asked: str = ""
    """The digest of the request; empty without a key of the program."""

    async def hold(self, desk: Desk, tenant: str) -> None:
        """Keep what is asked for under it, before it is.

        Raises:
            Conflict: it was used for something else.
        """
        if not self.asked:
            return
        async with desk.writing(tenant) as db:
            if not await _take(db, tenant, self.id, self.asked, now=desk.clock(), kept=COMMANDS_KEPT):
                await _made_before(db, tenant, self.id, self.asked)


def id_of(key: UUID, bearer: str) -> UUID:
    """Return what a key is to us: another one for each token. `bearer`: the header that it comes in."""
    return uuid5(key, _digest(bearer, "key"))


def _digest(bearer: str, text: str | bytes) -> str:
    told = text.encode() if isinstance(text, str) else text
    return hmac.digest(bearer.encode(), told, "sha256").hex()


async def _take(
    db: AsyncConnection, tenant: str, row: UUID, asked: str, *, now: datetime, kept: timedelta
) -> bool:
    """Take the key; False: it is taken. Of two at once the later one waits for what becomes of the first."""
    facts = {"tenant": tenant, "asked": asked, "at": now, "due_at": now + kept}
    taken = await db.execute(
        insert(keys).values(id=row, **facts).on_conflict_do_nothing().returning(keys.c.id)
    )
    return taken.first() is not None


async def _made_before(db: AsyncConnection, tenant: str, row: UUID, asked: str) -> UUID:
    mine = (keys.c.tenant == tenant, keys.c.id == row)
    before = (await db.execute(select(keys.c.asked, keys.c.made).where(*mine))).one()
    if not hmac.compare_digest(before.asked, asked):
        raise Conflict("This Idempotency-Key was used for something else.", remedy="Send it with a new one.")
    made: UUID = before.made
    return made


def _once(
    request: Request,
    desk: TheDesk,
    idempotency_key: Annotated[
        str | None,
        Header(pattern=A_UUID, description="A UUID. Sent twice with it within a day, it is made once."),
    ] = None,
) -> Once:
    operation = f"{request.method} {request.url.path}"
    key = UUID(idempotency_key) if idempotency_key else None
    return Once(desk, key, operation, request.headers.get("authorization", ""))


async def _key(
    request: Request,
    idempotency_key: Annotated[
        str | None,
        Header(pattern=A_UUID, description="A UUID. It makes the command one: asked twice, it is done once."),
    ] = None,
) -> Key:
    if not idempotency_key:
        return Key(uuid4())
    bearer = request.headers.get("authorization", "")
    operation = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
    return Key(id_of(UUID(idempotency_key), bearer), _digest(bearer, operation + await request.body()))


MadeOnce = Annotated[Once, Depends(_once)]
KeyOfCommand = Annotated[Key, Depends(_key)]
