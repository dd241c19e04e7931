"""All services, the desk among them, in one process beside a sandbox; and what a test does to them."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import func, insert, select

from postroom.demo.accounting import gave_up, is_placed, unsettled
from postroom.demo.stage import reaching
from postroom.seeding import Seeding
from postroom.together import together
from sandbox.journal import SentMail
from sandbox.knobs import Fault, Knobs
from sandbox.server import CLIENTS, Sandbox
from services.desk.signin.auth import digest_of, new_token
from shared.messaging.topology import DUE_CHANNEL
from shared.messaging.unit import now
from shared.settings import ProcessSettings
from shared.storage.config import tokens
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from tests.installation import TENANT, Installation, installed
from tests.walk.webserver import WebServer, web_server

Json = dict[str, Any]  # Any: JSON as it comes

NO_LIMIT = {"mail_send_threshold": 0}
APPS = {f"0ddba11e-2c6f-4f0e-8f6a-{number:012}": f"secret of app {number}" for number in range(20)}
"""Apps beside the usual one. Mailboxes of one app share its token."""


LARGEST = 5_000_000
"""Bytes of the largest mail that is fetched."""


@dataclass
class Clock:
    """The time of an installation: a test moves it on and waits for nothing."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return now() + self.ahead


@dataclass
class Mailbox:
    """A mailbox that the installation scans, as the world sees it."""

    sandbox: Sandbox = field(repr=False)
    clock: Clock
    id: UUID
    address: str

    def receives(self, raw: bytes) -> str:
        """Let a mail arrive; the answer is the provider's id of it."""
        return self.sandbox.deliver(self.address, raw, received=self.clock())

    def sent(self) -> list[SentMail]:
        return self.sandbox.sent(self.address)

    def breaks(self, fault: Fault) -> None:
        self.sandbox.add_fault(self.address, fault)

    def becomes(self, knobs: Knobs) -> None:
        self.sandbox.set_knobs(self.address, knobs)


@dataclass
class Walk:
    """An installation that runs, and the desk by its HTTP API, with an administrator's token."""

    installation: Installation
    clock: Clock
    desk: httpx.AsyncClient = field(repr=False)
    server: WebServer = field(repr=False)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))
    _apps: Iterator[tuple[str, str]] = field(default_factory=lambda: iter(APPS.items()))

    def app(self) -> dict[str, str]:
        """Return an app that nobody has signed in yet, as a mailbox wants it."""
        client, secret = next(self._apps)
        return {"client": client, "secret": secret}

    # Any: whatever `add_mailbox` takes
    async def mailbox(self, **how: Any) -> Mailbox:
        """Add a mailbox under an address of its own."""
        return await self.mailbox_at(f"box{next(self._numbers)}@helpdesk.example", **how)

    # Any: as above
    @asynccontextmanager
    async def mailbox_of_its_own(self, **how: Any) -> AsyncIterator[Mailbox]:
        """Add a mailbox for as long as its weather matters. After that nobody scans it, and what comes later
        has the time."""
        made = await self.mailbox(**how)
        try:
            yield made
        finally:
            await self.installation.switch_off(made.id)

    # Any: as above
    async def mailbox_at(self, address: str, **how: Any) -> Mailbox:
        made = await self.installation.add_mailbox(address, **how)
        return Mailbox(self.installation.sandbox, self.clock, made, address)

    async def read(self, path: str) -> Any:  # Any: JSON as it comes
        answer = await self.desk.get(f"/api/v1{path}")
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    async def listed(self, path: str) -> list[Json]:
        """Read a list to its end, page by page."""
        page, items = await self.read(path), []
        while True:
            items += page["items"]
            if page["next"] is None:
                return items
            page = await self.read(f"{path}{'&' if '?' in path else '?'}after={page['next']}")

    async def ask(self, method: str, path: str, body: object = None) -> Json:
        """Give a command as a program does, and wait until it is done."""
        answer = await self.desk.request(method, f"/api/v1{path}", json=body)
        assert answer.status_code in {200, 201}, f"{path}: {answer.status_code} {answer.text[:500]}"
        done: Json = answer.json()
        return done

    async def options(self, **wanted: object) -> None:
        await self.ask("PUT", "/settings", wanted)

    async def passport(self, provider_id: str) -> Json:
        """Wait until a mail is placed or aside; return what the desk tells of it."""

        async def placed() -> bool:
            async with in_tenant(self.installation.house.engine("desk"), TENANT) as db:
                return await is_placed(db, provider_id)

        await self.installation.until(placed, "the mail is placed or aside", scanning=True)
        return await self.ledger(provider_id)

    async def ledger(self, provider_id: str) -> Json:
        """Return what the desk tells of a mail that was listed."""
        (row,) = await self.installation.rows(select(mails.c.id).where(mails.c.provider_id == provider_id))
        passport: Json = await self.read(f"/mails/{row.id}")
        return passport

    async def ticket_of(self, provider_id: str) -> int:
        """Wait until a mail is on a ticket; return its number."""
        passport = await self.passport(provider_id)
        assert passport["placement"], passport
        number: int = passport["placement"]["ticket"]
        return number

    async def ticket(self, number: int) -> Json:
        ticket: Json = await self.read(f"/tickets/{number}")
        return ticket

    async def timeline(self, number: int, kind: str | None = None) -> list[Json]:
        """Return the posts of a ticket, oldest first."""
        posts: list[Json] = (await self.read(f"/tickets/{number}/timeline"))["items"]
        return [post for post in posts if kind in {None, post["kind"]}]

    async def sending(self, outgoing: str, number: int) -> Json:
        """Return where an outgoing mail is, once its ticket shows it."""
        found: list[Json] = []

        async def shown() -> bool:
            posts = [post["sending"] for post in await self.timeline(number) if post["sending"]]
            found[:] = [each for each in posts if each["id"] == outgoing]
            return bool(found)

        await self.installation.until(shown, f"ticket {number} shows the mail")
        return found[0]

    async def rest(self, *, passing: timedelta = timedelta(), seconds: float = 30) -> None:
        """Wait until nothing is on its way anywhere; fails when a message was parked. `passing`: how much
        time passes between two looks. `seconds`: at most, for a test with much on its way."""

        async def still() -> bool:
            async with in_tenant(self.installation.house.engine("desk"), TENANT) as db:
                if not await unsettled(db):
                    return True
            if passing:
                await self.later(passing)
            return False

        await self.installation.until(still, "all is at rest", seconds)
        async with in_tenant(self.installation.house.engine("desk"), TENANT) as db:
            assert await gave_up(db) == 0

    async def left(self, mailbox: Mailbox, many: int = 1) -> list[SentMail]:
        """Wait until so many mails have left and nothing else is on its way; return them."""

        async def enough() -> bool:
            return len(mailbox.sent()) >= many

        await self.installation.until(enough, f"{many} mails left from {mailbox.address}")
        await self.rest()
        assert len(mailbox.sent()) == many
        return mailbox.sent()

    async def standing(self, mailbox: Mailbox) -> Json:
        """Return how the desk says that a mailbox stands."""
        (row,) = [row for row in await self.listed("/mailboxes") if row["id"] == str(mailbox.id)]
        standing: Json = row
        return standing

    async def stands(
        self, mailbox: Mailbox, state: str, code: str | None = None, *, passing: timedelta = timedelta()
    ) -> Json:
        """Wait until a mailbox stands so, with this code of the provider; return all that is told.
        `passing`: how much time passes between two looks."""

        async def so() -> bool:
            told = await self.standing(mailbox)
            if (told["state"], told["error_code"]) == (state, code):
                return True
            if passing:
                await self.later(passing)
            return False

        await self.installation.until(so, f"{mailbox.address} is {state} {code or ''}")
        return await self.standing(mailbox)

    async def later(self, by: timedelta) -> None:
        """Let time pass: what is due by then is looked at now."""
        self.clock.ahead += by
        async with in_tenant(self.installation.house.engine("desk"), TENANT) as db:
            for service in ("ingest", "mailer", "desk", "triggers"):
                await db.execute(select(func.pg_notify(DUE_CHANNEL, service)))


async def furnished(installation: Installation) -> str:
    """Make a tenant and its administrator; return the token of a program that acts for them."""
    await installation.set_up(NO_LIMIT)
    value, at = new_token(TENANT), installation.house.clock()
    async with in_tenant(installation.house.engine("desk"), TENANT) as db:
        user = await Seeding(db, TENANT, at).user("eva@helpdesk.example", "Eva Stein", "secret", "admin")
        row = {"id": uuid4(), "tenant": TENANT, "user": user, "name": "test", "created_at": at}
        await db.execute(insert(tokens).values(row | {"digest": digest_of(value)}))
    return value


async def empty(_installation: Installation) -> str:
    """Leave the installation as it is before its first run: no tenant, no user, no token."""
    return ""


@asynccontextmanager
async def walking(
    settings: ProcessSettings,
    tell: Callable[[str, str], None],
    begin: Callable[[Installation], Awaitable[str]] = furnished,
) -> AsyncIterator[Walk]:
    """Run everything; `tell` sets what the environment says of Graph."""
    clock = Clock()
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(
            installed(settings, clock=clock, clients={**CLIENTS, **APPS})
        )
        for name, value in reaching(installation.sandbox).items():
            tell(name, value)
        headers = {"Authorization": f"Bearer {token}"} if (token := await begin(installation)) else {}
        running = await stack.enter_async_context(together(settings, clock))
        server = await stack.enter_async_context(web_server(running, settings.desk_port))
        client = httpx.AsyncClient(base_url=server.url, headers=headers, timeout=20)
        walk = Walk(installation, clock, await stack.enter_async_context(client), server)
        await installation.until(server.ready, "the desk answers")
        yield walk


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
