"""A desk on a real database, with people, mailboxes and tickets put there as the owner of the tables."""

import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from nacl.public import PrivateKey
from sqlalchemy import Table, Update, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.desk import Desk
from services.desk.queries.people import Scope
from services.desk.signin.auth import digest_of, new_token
from services.desk.signin.published import Published
from services.ticketing.indexing import keep_words, said_in
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.documents import Body, Document
from shared.contracts.mail import Address, MailFile
from shared.contracts.sending import Draft
from shared.messaging.unit import Units
from shared.storage import config, ingest, messages, sending
from shared.storage import tickets as tables
from shared.storage.engine import engine_as
from shared.storage.secrets import Opener
from tests.service.desk.applications import app_of

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
PATIENCE = timedelta(seconds=0.3)
"""Nobody carries out commands here, unless the test leaves the answer."""
PASSWORD = "correct horse battery"
TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


@dataclass
class House:
    """What the tests arrange with. It writes as the owner, past the desk."""

    owner: AsyncEngine
    blobs: FilesystemBlobs
    clock: Clock
    password_hash: str
    users: dict[str, UUID] = field(default_factory=dict)
    contacts: dict[tuple[str, str], UUID] = field(default_factory=dict)

    async def add(self, table: Table, **values: Any) -> None:  # Any: the columns of the table
        async with self.owner.begin() as db:
            await db.execute(insert(table).values(**values))

    async def change(self, statement: Update) -> None:
        async with self.owner.begin() as db:
            await db.execute(statement)

    async def rows(self, table: Table) -> list[dict[str, Any]]:  # Any: as above
        async with self.owner.begin() as db:
            return [dict(row) for row in (await db.execute(select(table))).mappings()]

    async def tenant(self, tenant: str = "default") -> None:
        await self.add(config.tenants, id=tenant, name=tenant, created_at=NOW)

    async def user(
        self, address: str, *, tenant: str = "default", role: str = "agent", **values: Any
    ) -> UUID:
        user = uuid4()
        name = address.partition("@")[0].capitalize()
        facts = {"password_hash": self.password_hash, "role": role, "name": name, "created_at": NOW} | values
        await self.add(config.users, id=user, tenant=tenant, address=address, **facts)
        return user

    async def token(self, user: UUID, tenant: str = "default", scope: Scope = "admin") -> str:
        value = new_token(tenant)
        await self.add(
            config.tokens,
            id=uuid4(),
            tenant=tenant,
            user=user,
            name="test",
            digest=digest_of(value),
            scope=scope,
            created_at=NOW,
        )
        return value

    async def mailbox(self, address: str, *, tenant: str = "default", **cursor: Any) -> UUID:
        mailbox = uuid4()
        await self.add(
            config.mailboxes,
            id=mailbox,
            tenant=tenant,
            address=address,
            provider="graph",
            settings={},
            created_at=NOW,
        )
        facts = {"started_at": NOW, "last_success_at": NOW} | cursor
        await self.add(ingest.cursors, id=mailbox, tenant=tenant, **facts)
        return mailbox

    async def ticket(self, number: int, subject: str = "Printer on fire", **values: Any) -> UUID:
        ticket, tenant = uuid4(), values.pop("tenant", "default")
        contact = values.pop("contact", "anna@example.test")
        facts = {
            "status": "open",
            "kind": "external",
            "version": 1,
            "receiving_address": "help@acme.test",
            "created_at": NOW - timedelta(hours=2),
            "changed_at": NOW - timedelta(hours=1),
            "last_person_post_at": NOW - timedelta(hours=1),
            "contact": await self.contact(contact, tenant),
        } | values
        await self.add(tables.tickets, id=ticket, tenant=tenant, number=number, subject=subject, **facts)
        return ticket

    async def contact(self, address: str, tenant: str) -> UUID:
        if (tenant, address) not in self.contacts:
            self.contacts[tenant, address] = uuid4()
            name = address.partition("@")[0].capitalize()
            facts = {"address": address, "name": name, "created_at": NOW}
            await self.add(tables.contacts, id=self.contacts[tenant, address], tenant=tenant, **facts)
        return self.contacts[tenant, address]

    async def mail_in(self, ticket: UUID, text: str = "It smokes.", **values: Any) -> UUID:
        """Add a mail as ticketing would; `document` changes what the parser found."""
        post, tenant, mail = uuid4(), values.pop("tenant", "default"), uuid4()
        body = Body(reply_text=text, **values.pop("body", {}))
        document = Document(
            message_id=f"{mail}@example.test",
            sender=Address(address="anna@example.test", name="Anna"),
            to=(Address(address="help@acme.test"),),
            fingerprint="f",
            body=body,
            files=values.pop("files", ()),
        ).model_copy(update=values.pop("document", {}))
        blob = await self.blobs.put(tenant, document.model_dump_json().encode())
        raw = await self.blobs.put(tenant, b"From: anna@example.test\r\n\r\n" + text.encode())
        facts = {
            "author_address": "anna@example.test",
            "author_name": "Anna",
            "message_id": document.message_id,
            "preview": text[:100],
            "details": {},
            "shown_at": NOW - timedelta(hours=1),
            "created_at": NOW,
        } | values
        row = {"id": post, "tenant": tenant, "ticket": ticket, "kind": "mail_in", "mail": mail, **facts}
        await self.add(tables.posts, body=blob, raw=raw, **row)
        async with self.owner.begin() as db:
            await keep_words(db, row, said_in(document))
        return post

    async def mail_out(self, ticket: UUID, state: str, **values: Any) -> UUID:
        outgoing, tenant = uuid4(), values.pop("tenant", "default")
        blob = await self.blobs.put(tenant, Draft(text="Here it is.").model_dump_json().encode())
        facts = {
            "actor": {"name": "Eva"},
            "snapshot": {},
            "recipients": {"to": [{"address": "anna@example.test", "name": "Anna"}], "cc": [], "bcc": []},
            "subject": "Re: Printer on fire",
            "files": [],
            "created_at": NOW,
            "message_id": f"{outgoing}@acme.test",
            "written_by": "person",
        } | values
        row = {"id": outgoing, "tenant": tenant, "effect": uuid4(), "ticket": ticket, "body": blob}
        await self.add(sending.mails, state=state, **(row | facts))
        await self.add(
            tables.posts,
            id=uuid4(),
            tenant=tenant,
            ticket=ticket,
            kind="mail_out",
            outgoing=outgoing,
            author_name="Eva",
            author_address="eva@acme.test",
            body=blob,
            preview="Here it is.",
            details={},
            shown_at=NOW,
            created_at=NOW,
        )
        return outgoing

    async def department(self, key: str, *members: UUID, tenant: str = "default", name: str = "") -> UUID:
        department = uuid4()
        row = {"key": key, "name": name or key.capitalize()}
        await self.add(config.departments, id=department, tenant=tenant, **row)
        for user in members:
            await self.add(config.memberships, user=user, department=department, tenant=tenant)
        return department

    async def file(self, name: str, data: bytes = b"data", **values: Any) -> MailFile:
        sha = await self.blobs.put("default", data)
        facts = {"media_type": "application/pdf", "declared_type": "application/pdf"} | values
        return MailFile(name=name, size=len(data), sha256=sha, **facts)

    async def answers(
        self, queue: str, command: UUID, result: dict[str, Any], tenant: str = "default"
    ) -> None:
        """Leave an answer as the service that handled the command would."""
        row = {"queue": queue, "message_id": command, "tenant": tenant, "result": result, "handled_at": NOW}
        await self.add(messages.inbox, **row)


@dataclass
class Browser:
    """A browser without script: it keeps cookies and sends the token of the form it was shown."""

    http: httpx.AsyncClient
    csrf: str = ""

    async def sign_in(
        self, address: str, tenant: str = "default", password: str = PASSWORD
    ) -> httpx.Response:
        page = await self.http.get("/sign-in")
        form = {"csrf": token_in(page), "address": address, "password": password, "tenant": tenant}
        answer = await self.http.post("/sign-in", data=form)
        if answer.status_code == 303:
            self.csrf = token_in(await self.http.get("/tickets"))
        return answer

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(self, path: str, **form: Any) -> httpx.Response:  # Any: fields of the form
        return await self.http.post(path, data={"csrf": self.csrf} | form)

    async def upload(self, path: str, form: dict[str, str], **files: tuple[str, bytes]) -> httpx.Response:
        return await self.http.post(path, data={"csrf": self.csrf} | form, files=files)


def token_in(page: httpx.Response) -> str:
    found = TOKEN.search(page.text)
    assert found, page.text
    return found[1]


@pytest.fixture(scope="session")
def password_hash() -> str:
    return PasswordHasher().hash(PASSWORD)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def house(
    database_url: str, blobs: FilesystemBlobs, clock: Clock, password_hash: str
) -> AsyncIterator[House]:
    owner = engine_as(database_url, "test-owner", pool_size=2)
    house = House(owner, blobs, clock, password_hash)
    await house.tenant()
    yield house
    await owner.dispose()


@pytest.fixture
def desk(engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs, clock: Clock) -> Desk:
    engine = engine_of("desk")
    return Desk(
        engine=engine,
        units=Units(engine, "desk", clock),
        blobs=blobs,
        sign_in=Opener("sign-in", bytes(PrivateKey.generate())),
        clock=clock,
        patience=PATIENCE,
        published=Published(private=True),  # the provider of the tests listens on loopback
    )


@pytest.fixture
async def http(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app_of(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


@pytest.fixture
async def eva(house: House, http: httpx.AsyncClient) -> Browser:
    """An administrator who is signed in."""
    house.users["eva"] = await house.user("eva@acme.test", role="admin")
    browser = Browser(http)
    assert (await browser.sign_in("eva@acme.test")).status_code == 303
    return browser
