"""What a program asks for twice under one `Idempotency-Key` is made once: the key is kept with what was made,
in the same transaction, for a day."""

import hmac
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID, uuid5

from fastapi import Depends, Header, Request
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.desk import TheDesk
from services.desk.errors import Conflict
from services.desk.queries.people import User
from shared.storage.desk import idempotency_keys as keys

KEPT = timedelta(days=1)
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
            asked = self._digest(f"{self.operation}\n{wanted}")
            row = uuid5(self.key, self._digest("key"))
            if not await _take(db, user.tenant, row, asked, self.desk.clock()):
                return await _made_before(db, user.tenant, row, asked)
            made = await make(db)
            await db.execute(update(keys).where(keys.c.id == row).values(made=made))
            return made

    def _digest(self, text: str) -> str:
        return hmac.digest(self.bearer.encode(), text.encode(), "sha256").hex()


async def _take(db: AsyncConnection, tenant: str, row: UUID, asked: str, now: datetime) -> bool:
    """Take the key; False: it is taken. Of two at once the later one waits for what becomes of the first."""
    facts = {"tenant": tenant, "asked": asked, "at": now, "due_at": now + KEPT}
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


MadeOnce = Annotated[Once, Depends(_once)]
