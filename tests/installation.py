"""An installation for a test: the sandbox, and a house that reads and sets what the desk would."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from postroom.demo.stage import reaching
from postroom.seeding import GraphMailbox, Seeding
from sandbox.server import Sandbox
from shared.contracts.base import Message
from shared.contracts.options import Options
from shared.messaging.topology import DUE_CHANNEL
from shared.messaging.unit import now
from shared.runtime import House
from shared.settings import ProcessSettings
from shared.storage.config import mailboxes, options, tenants, triggers
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors
from shared.storage.secrets import Keys
from tests.servers import SIDE_BY_SIDE

TENANT = "default"
SUPPORT = "support@helpdesk.example"
LOOK_SECONDS = 0.05


class Installation:
    """One tenant with a mailbox. Whoever runs the services, this looks at what they do."""

    def __init__(self, sandbox: Sandbox, house: House) -> None:
        self.sandbox = sandbox
        self.house = house

    async def set_up(self, wanted: Mapping[str, object] | None = None) -> None:
        async with in_tenant(self.house.engine("desk"), TENANT) as db:
            row = {"id": TENANT, "name": "Default", "created_at": self.house.clock()}
            await db.execute(upsert(tenants).values(row).on_conflict_do_nothing())
            for name, value in Options.model_validate(wanted or {}).model_dump(mode="json").items():
                facts = {"changed_at": self.house.clock(), "changed_by": "test"}
                await db.execute(insert(options).values(tenant=TENANT, name=name, value=value, **facts))

    async def add_mailbox(
        self,
        address: str = SUPPORT,
        *,
        known: bool = True,
        secret: str | None = None,
        client: str | None = None,
        sign_in: str = "secret",
        **chosen: object,
    ) -> UUID:
        """Add a mailbox here and, when it is to be `known`, in the sandbox. `client`: another app's id;
        `chosen`: what people choose, such as `after_storing`."""
        if known:
            self.sandbox.add_mailbox(address)
        sealed = self.house.keys.sealer("mailbox").seal(secret or self.sandbox.client_secret)
        app = client or self.sandbox.client_id
        box = GraphMailbox(address, "Support", self.sandbox.tenant, app, sealed, sign_in)
        async with in_tenant(self.house.engine("desk"), TENANT) as db:
            seeding = Seeding(db, TENANT, self.house.clock())
            return await seeding.mailbox(box, department=None, **chosen)

    async def switch_off(self, mailbox: UUID) -> None:
        """Let nobody scan it any more, as a person does on the mailbox's page."""
        async with in_tenant(self.house.engine("desk"), TENANT) as db:
            await db.execute(update(mailboxes).where(mailboxes.c.id == mailbox).values(enabled=False))

    async def give_secret(self, mailbox: UUID, secret: str, client: str | None = None) -> None:
        """Enter another client secret, and app, as a person does on the mailbox's page."""
        sealed = self.house.keys.sealer("mailbox").seal(secret)
        app = {"tenant_id": self.sandbox.tenant, "client_id": client or self.sandbox.client_id}
        async with in_tenant(self.house.engine("desk"), TENANT) as db:
            change = update(mailboxes).where(mailboxes.c.id == mailbox)
            await db.execute(change.values(secret=sealed, settings=app))

    async def choose(self, mailbox: UUID, **chosen: object) -> None:
        """Change what people choose for a mailbox."""
        async with in_tenant(self.house.engine("desk"), TENANT) as db:
            await db.execute(update(mailboxes).where(mailboxes.c.id == mailbox).values(**chosen))

    async def add_trigger(
        self,
        when: dict[str, JsonValue],
        action: str,
        params: dict[str, JsonValue],
        conditions: dict[str, JsonValue] | None = None,
        *,
        tenant: str = TENANT,
    ) -> None:
        options_of_type = {name: value for name, value in when.items() if name != "type"}
        row = {"id": uuid4(), "tenant": tenant, "name": action, "type": when["type"], "action": action}
        facts = {"params": params, "conditions": conditions, "created_at": self.house.clock()}
        async with in_tenant(self.house.engine("desk"), tenant) as db:
            await db.execute(insert(triggers).values(row | facts | {"when": options_of_type}))

    async def answer_new_tickets(self) -> None:
        await self.add_trigger(
            {"type": "NEW_TICKET_CREATED", "kinds": "both"},
            "send_email",
            {"subject": "Re: {{ ticket.subject }}", "body": "Hello {{ contact.name }}, we have your mail."},
        )

    async def answer_new_and_changed(self, tenant: str = TENANT) -> None:
        """Let a tenant write to the contact of each new ticket, and at each change of its status."""
        words: dict[str, JsonValue] = {"subject": "Re: {{ ticket.subject }}", "body": "We have your mail."}
        new: dict[str, JsonValue] = {"type": "NEW_TICKET_CREATED", "kinds": "both"}
        changed: dict[str, JsonValue] = {"type": "TICKET_FIELD_CHANGE", "field": "status"}
        for when in (new, changed):
            await self.add_trigger(when, "send_email", words, tenant=tenant)

    @asynccontextmanager
    async def answering_new_tickets(self) -> AsyncIterator[None]:
        """Answer new tickets within the block only: no other test meets an answer it did not ask for."""
        await self.answer_new_tickets()
        try:
            yield
        finally:
            async with in_tenant(self.house.engine("desk"), TENANT) as db:
                await db.execute(update(triggers).values(enabled=False))

    # Any: the columns that were asked for
    async def rows(self, query: Select[Any]) -> list[Row[Any]]:
        async with in_tenant(self.house.engine("desk"), TENANT) as db:
            return list(await db.execute(query))

    async def tell(self, message: Message) -> None:
        """Send a command as the desk does."""
        async with self.house.units("desk").acting(TENANT) as unit:
            unit.emit(message)

    async def scan(self) -> None:
        """Make every mailbox due that nobody scans now."""
        async with in_tenant(self.house.engine("ingest"), TENANT) as db:
            free = update(cursors).where(cursors.c.lease.is_(None), cursors.c.due_at > self.house.clock())
            await db.execute(free.values(due_at=self.house.clock()))
            await db.execute(select(func.pg_notify(DUE_CHANNEL, "ingest")))

    async def until(
        self, so: Callable[[], Awaitable[bool]], why: str, seconds: float = 30, *, scanning: bool = False
    ) -> None:
        """Wait for a condition; with `scanning` the mailboxes are listed again and again meanwhile."""
        try:
            async with asyncio.timeout(seconds * SIDE_BY_SIDE):
                while not await so():
                    if scanning:
                        await self.scan()
                    await asyncio.sleep(LOOK_SECONDS)
        except TimeoutError as error:
            raise AssertionError(f"not within {seconds * SIDE_BY_SIDE:.0f} s: {why}") from error


@asynccontextmanager
async def installed(
    settings: ProcessSettings,
    state: Path | None = None,
    clock: Callable[[], datetime] = now,
    clients: Mapping[str, str] | None = None,
) -> AsyncIterator[Installation]:
    """Run a sandbox and open a house on a database that is migrated; no service runs yet."""
    async with Sandbox(state, clients=clients, clock=clock) as sandbox:
        house = House(settings, Keys.load(settings.home), clock)
        await house.open(database=True)
        try:
            yield Installation(sandbox, house)
        finally:
            await house.close()


def environment_of(settings: ProcessSettings, sandbox: Sandbox) -> dict[str, str]:
    """Return what a process of this installation must be told."""
    told = {
        "POSTROOM_HOME": str(settings.home),
        "POSTROOM_DATABASE_URL": settings.database_url or "",
        "POSTROOM_REDIS_URL": settings.redis_url or "",
        "POSTROOM_BROKER_URL": settings.broker_url or "",
        "POSTROOM_LEASE": f"PT{settings.lease.total_seconds():g}S",
        "POSTROOM_LOG_LEVEL": settings.log_level,
    }
    return told | reaching(sandbox)
