"""Mail as it comes to ticketing, and resources of others as they answer and fail."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ticketing.handlers import open_ticket, take_mail
from services.ticketing.people import People
from shared.blobs.filesystem import FilesystemBlobs
from shared.blobs.store import BlobStore
from shared.contracts.documents import Body, Document
from shared.contracts.mail import Address, Forwarded, MailParsed
from shared.contracts.sending import Draft
from shared.contracts.tickets import Actor, OpenTicket
from shared.messaging.topology import parts_for
from shared.messaging.unit import Units
from shared.plugins.loading import plugins
from shared.plugins.resources import GROUP, ResourceTools
from shared.storage import config
from shared.storage.engine import in_tenant
from shared.storage.secrets import ThreadKeys
from shared.storage.tickets import contacts, organizations, posts, tickets

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BOX = UUID(int=7)
ADA = Address(address="ada@customer.example", name="Ada")
PATIENCE, SHORT = 20.0, 0.4
"""With a resource; the shorter one where a test waits for it to end."""

Answers = dict[str, Any]  # Any: whatever a resource of others may answer


@dataclass
class Crm:
    """A resource of others: it knows some people and firms, until it is told to fail."""

    known: Answers = field(default_factory=dict)
    fails: Callable[[], Any] | None = None
    asked: list[str] = field(default_factory=list)
    order: int = 0

    async def find_by_address(self, _tools: ResourceTools, address: str) -> Any:  # Any: as above
        return self._answer(address)

    async def find_by_domain(self, _tools: ResourceTools, domain: str) -> Any:  # Any: as above
        return self._answer(domain)

    def _answer(self, asked: str) -> Any:  # Any: as above
        self.asked.append(asked)
        if self.fails is not None:
            return self.fails()
        return self.known.get(asked)


@dataclass
class BlockingCrm(Crm):
    """One whose methods are plain functions, as of a client that knows no asyncio."""

    def find_by_address(self, _tools: ResourceTools, address: str) -> Any:  # Any: as above
        return self._answer(address)

    def find_by_domain(self, _tools: ResourceTools, domain: str) -> Any:  # Any: as above
        return self._answer(domain)


def raises(error: BaseException) -> Callable[[], Any]:  # Any: it never answers
    def fail() -> None:
        raise error

    return fail


def hangs() -> None:
    """Block the thread, as a client without a time limit does."""
    time.sleep(SHORT * 4)


@dataclass
class Taking:
    """Ticketing with resources that the test chose, and what it has kept."""

    engine_of: Callable[[str], AsyncEngine]
    blobs: FilesystemBlobs
    resources: dict[str, object] = field(default_factory=dict)
    installed: bool = False
    """With whatever is installed, and not with these."""
    clock: float = 0.0
    patience: float = PATIENCE

    def __post_init__(self) -> None:
        self.units = Units(self.engine_of("ticketing"), "ticketing", lambda: NOW)
        self.people = self.others()

    def others(self) -> People:
        """People as another process has them."""
        return People(
            self.engine_of("ticketing"),
            resources=lambda: plugins(GROUP) if self.installed else self.resources,
            patience=self.patience,
            clock=lambda: self.clock,
        )

    async def mail(self, sender: Address = ADA, tenant: str = "default", **facts: Any) -> Any:
        """Take a mail; return its ticket, whose columns are Any."""
        mail = uuid4()
        name = f"{mail}@customer.example"
        document = Document(
            message_id=name, sender=sender, fingerprint="f", body=Body(reply_text="It smokes.")
        )
        blob = await self.blobs.put(tenant, document.model_dump_json().encode())
        parsed = MailParsed(
            tenant=tenant,
            mail=mail,
            mailbox=BOX,
            mailbox_address="help@acme.example",
            raw=blob,
            document=blob,
            received_at=NOW,
            message_id=name,
            fingerprint=str(mail),
            sender=facts.pop("sent_by", sender),
            submitter=sender,
            subject="Printer on fire",
            **facts,
        )
        parts = {Units: self.units, People: self.people, BlobStore: self.blobs, ThreadKeys: ThreadKeys({})}
        await take_mail(parsed, **parts_for(take_mail, parts, skip=1))
        (row,) = await self.rows(
            select(tickets, posts.c.details)
            .join(posts, posts.c.ticket == tickets.c.id)
            .where(posts.c.mail == mail),
            tenant,
        )
        return row

    async def opened_for(self, contact: Address) -> Any:
        """Open a ticket at the desk; return it."""
        blob = await self.blobs.put("default", Draft(text="They called.").model_dump_json().encode())
        command = OpenTicket(
            tenant="default", subject="Called", body=blob, contact=contact, actor=Actor(name="Eva")
        )
        parts = {Units: self.units, People: self.people, BlobStore: self.blobs}
        await open_ticket(command, **parts_for(open_ticket, parts, skip=1))
        last = select(tickets).order_by(tickets.c.number.desc()).limit(1)
        return (await self.rows(last))[0]

    async def rows(self, query: Select[Any], tenant: str = "default") -> list[Any]:
        async with in_tenant(self.engine_of("ticketing"), tenant) as db:
            return list(await db.execute(query))

    async def firm_of(self, ticket: Any) -> Any:
        found = await self.rows(select(organizations).where(organizations.c.id == ticket.organization))
        return found[0] if found else None

    async def contact_of(self, ticket: Any) -> Any:
        (found,) = await self.rows(select(contacts).where(contacts.c.id == ticket.contact))
        return found

    async def user(self, address: str) -> None:
        async with in_tenant(self.engine_of("desk"), "default") as db:
            row = {"id": uuid4(), "tenant": "default", "address": address, "name": "Eva", "created_at": NOW}
            await db.execute(insert(config.users).values(row))


def forwarded_by(by: Address) -> dict[str, Any]:
    return {"sent_by": by, "forwarded": Forwarded(by=by, how="inline", confidence=1.0)}


async def the_loop_lives() -> int:
    """Count how often the loop comes round within the patience with a resource."""
    rounds, loop = 0, asyncio.get_running_loop()
    until = loop.time() + SHORT
    while loop.time() < until:
        await asyncio.sleep(0.01)
        rounds += 1
    return rounds
