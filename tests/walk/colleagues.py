"""Colleagues of a running installation: who they are, what they do, and of what they are told by mail."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import Row, insert, select

from postroom.seeding import Seeding
from sandbox.journal import SentMail
from services.desk.signin.auth import digest_of, new_token
from shared.storage.config import tokens
from shared.storage.engine import in_tenant
from shared.storage.triggers import notices
from tests.installation import TENANT
from tests.walk.letters import letter, read, text_of
from tests.walk.walking import Mailbox, Walk

QUIET = timedelta(minutes=1)


@dataclass
class Colleague:
    """Somebody who works here, with a desk of their own."""

    id: UUID
    address: str
    walk: Walk
    """What they do at the desk is done in their name."""

    async def gets(self, ticket: int, by: Walk) -> None:
        """Let somebody assign a ticket to them."""
        await by.ask("PATCH", f"/tickets/{ticket}", {"assignee": str(self.id)})
        await by.rest()

    async def wants(self, **ways: object) -> None:
        await self.walk.ask("PUT", "/me/notifications", ways)

    # Any: the columns of the notices
    async def waiting(self) -> list[Row[Any]]:
        """Return what they are still to be told."""
        n = notices.c
        mine = select(notices).where(n.user == self.id, n.ended_at.is_(None))
        return await self.walk.installation.rows(mine.order_by(n.at))

    async def is_told(self, mailbox: Mailbox, many: int = 1) -> list[SentMail]:
        """Let the quiet time pass; return the mails to them, of which there are so many then."""
        await self.walk.later(QUIET)

        async def told() -> bool:
            return len(self.mails(mailbox)) >= many and not await self.waiting()

        await self.walk.installation.until(told, f"{self.address} is told {many} times")
        await self.walk.rest()
        mails = self.mails(mailbox)
        assert len(mails) == many
        return mails

    def mails(self, mailbox: Mailbox) -> list[SentMail]:
        return [one for one in mailbox.sent() if self.address in str(read(one.raw)["To"])]


async def colleague(walk: Walk, name: str, role: str = "agent") -> Colleague:
    """Let somebody begin to work here. The name is their address too, with small letters and dots."""
    address, at = f"{name.lower().replace(' ', '.')}@helpdesk.example", walk.installation.house.clock()
    token = new_token(TENANT)
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        user = await Seeding(db, TENANT, at).user(address, name, "secret", role)
        row = {"id": uuid4(), "tenant": TENANT, "user": user, "name": "test", "created_at": at}
        await db.execute(insert(tokens).values(row | {"digest": digest_of(token)}))
    headers = {"Authorization": f"Bearer {token}"}
    client = httpx.AsyncClient(base_url=walk.desk.base_url, headers=headers, timeout=20)
    return Colleague(user, address, replace(walk, desk=client))


@asynccontextmanager
async def working(walk: Walk, *names: str) -> AsyncIterator[list[Colleague]]:
    """Let people work here within the block."""
    there = [await colleague(walk, name) for name in names]
    try:
        yield there
    finally:
        for one in there:
            await one.walk.desk.aclose()


async def ticket_at(walk: Walk, mailbox: Mailbox, subject: str) -> int:
    """Let a customer write; return the number of the ticket."""
    mail = letter(subject, to=mailbox.address, at=walk.clock())
    return await walk.ticket_of(mailbox.receives(mail))


def said_in(mail: SentMail) -> tuple[str, str]:
    """Return the subject and the text of a mail, which is marked as automatic."""
    read_mail = read(mail.raw)
    assert read_mail["Auto-Submitted"] == "auto-generated"
    assert read_mail["X-Auto-Response-Suppress"] == "All"
    return str(read_mail["Subject"]), text_of(mail.raw).replace("\r\n", "\n")
