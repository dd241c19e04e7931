"""Ticketing on a real database: its handlers are called as the transport calls them."""

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue
from sqlalchemy import Table, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ticketing.handlers import ticketing
from services.ticketing.people import People
from shared.blobs.filesystem import FilesystemBlobs
from shared.blobs.store import BlobStore
from shared.contracts.base import CONTRACTS, Message
from shared.contracts.documents import Body, Document
from shared.contracts.mail import Address, MailParsed
from shared.contracts.sending import Draft
from shared.contracts.tickets import Actor, AddNote, ChangeTicket, OpenTicket
from shared.messaging.topology import parts_for, queues_of
from shared.messaging.unit import Units
from shared.storage import config, messages
from shared.storage import tickets as tables
from shared.storage.engine import engine_as
from shared.storage.secrets import ThreadKeys

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ANNA = Address(address="anna@firm.test", name="Anna")
EVA = Actor(user=UUID(int=7), name="Eva")
Row = dict[str, Any]  # Any: the columns of a table


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def later(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Counter:
    """What the tests do at ticketing's door, and what they see there."""

    owner: AsyncEngine
    units: Units
    people: People
    blobs: FilesystemBlobs
    clock: Clock
    tenant: str = "default"
    thread_keys: ThreadKeys = field(default_factory=lambda: ThreadKeys({"k": b"0" * 32}))

    async def hears(self, message: Message) -> dict[str, JsonValue]:
        """Handle a message; return the answer that it left."""
        wired = {Units: self.units, People: self.people, BlobStore: self.blobs, ThreadKeys: self.thread_keys}
        handler = ticketing.handlers[type(message)]
        await handler(message, **parts_for(handler, wired, skip=1))
        queue = queues_of(type(message))[0]
        rows = [row for row in await self.rows(messages.inbox) if row["message_id"] == message.id]
        return next((dict(row["result"] or {}) for row in rows if row["queue"] == queue), {})

    async def opens(self, subject: str = "Printer on fire", contact: Address = ANNA) -> int:
        """Open a ticket at the desk; return its number."""
        body = await self.draft("It smokes.")
        opened = await self.hears(
            OpenTicket(tenant=self.tenant, subject=subject, body=body, contact=contact, actor=EVA)
        )
        return int(str(opened["number"]))

    async def receives(
        self, subject: str, *answers: str, sender: Address = ANNA, message_id: str = ""
    ) -> Row:
        """Take a mail; return what placement recorded of it."""
        name = message_id or f"{uuid4()}@firm.test"
        document = Document(message_id=name, sender=sender, fingerprint=name, body=Body(reply_text="Words."))
        mail = MailParsed(
            tenant=self.tenant,
            mail=uuid4(),
            mailbox=UUID(int=1),
            mailbox_address="help@acme.test",
            raw="raw",
            document=await self.blobs.put(self.tenant, document.model_dump_json().encode()),
            received_at=self.clock(),
            message_id=name,
            in_reply_to=answers[:1],
            references=answers,
            fingerprint=name,
            sender=sender,
            submitter=sender,
            subject=subject,
        )
        await self.hears(mail)
        (placed,) = [row for row in await self.rows(tables.placements) if row["mail"] == mail.mail]
        return placed

    async def changes(
        self,
        number: int,
        version: int | None = None,
        custom: Mapping[str, JsonValue] | None = None,
        **changes: JsonValue,
    ) -> Row:
        """Change fields of a ticket; `custom`: values of custom fields by key."""
        ticket = await self.id_of(number)
        changes |= {f"fields.{key}": value for key, value in (custom or {}).items()}
        command = ChangeTicket(
            tenant=self.tenant, ticket=ticket, changes=changes, expected_version=version, actor=EVA
        )
        return await self.hears(command)

    async def notes(self, number: int, text: str = "Known batch.") -> Row:
        body = await self.draft(text)
        ticket = await self.id_of(number)
        return await self.hears(AddNote(tenant=self.tenant, ticket=ticket, body=body, actor=EVA))

    async def draft(self, text: str) -> str:
        return await self.blobs.put(self.tenant, Draft(text=text).model_dump_json().encode())

    async def ticket(self, number: int) -> Row:
        tickets = await self.rows(tables.tickets)
        (found,) = [row for row in tickets if (row["tenant"], row["number"]) == (self.tenant, number)]
        return found

    async def id_of(self, number: int) -> UUID:
        ticket: UUID = (await self.ticket(number))["id"]
        return ticket

    async def posts(self, number: int) -> list[UUID]:
        """Return the ids of the posts of a ticket, oldest first."""
        ticket = await self.id_of(number)
        rows = [row for row in await self.rows(tables.posts) if row["ticket"] == ticket]
        return [row["id"] for row in sorted(rows, key=lambda row: (row["shown_at"], str(row["id"])))]

    async def history(self, number: int) -> list[tuple[str, JsonValue, JsonValue]]:
        """Return field, old and new value of every change of a ticket, in order."""
        ticket = await self.id_of(number)
        rows = sorted(await self.rows(tables.history), key=lambda row: int(row["id"]))
        return [(row["field"], row["old"], row["new"]) for row in rows if row["ticket"] == ticket]

    async def emitted(self, contract: type[Message]) -> list[Any]:  # Any: messages of that contract
        rows = await self.rows(messages.outbox)
        bodies = [row["body"] for row in rows if row["contract"] == contract.name]
        told = [CONTRACTS[contract.name].model_validate_json(body) for body in bodies]
        return sorted(told, key=lambda message: message.occurred_at)

    async def add(self, table: Table, **values: object) -> None:
        async with self.owner.begin() as db:
            await db.execute(insert(table).values(**values))

    async def rows(self, table: Table) -> list[Row]:
        async with self.owner.begin() as db:
            return [dict(row) for row in (await db.execute(select(table))).mappings()]


@pytest.fixture
async def counter(
    database_url: str, engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs
) -> AsyncIterator[Counter]:
    owner, engine, clock = engine_as(database_url, "test-owner", pool_size=2), engine_of("ticketing"), Clock()
    counter = Counter(owner, Units(engine, "ticketing", clock), People(engine), blobs, clock)
    await counter.add(config.tenants, id="default", name="Default", created_at=NOW)
    yield counter
    counter.people.close()
    await owner.dispose()
