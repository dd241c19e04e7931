"""The whole product in real processes, on either transport, and its desk as programs and people see it."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from sqlalchemy import insert, select

from postroom.demo.accounting import is_placed, unsettled
from postroom.seeding import Seeding
from services.desk.desk import Desk
from services.desk.signin.auth import digest_of, new_token
from shared.settings import ProcessSettings
from shared.storage.config import tokens
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from tests.installation import LOOK_SECONDS, TENANT, Installation, environment_of, installed
from tests.system.workers import Worker

ADMIN, PASSWORD = "eva@helpdesk.example", "correct horse battery"
SERVICES = ("ingest", "parser", "ticketing", "triggers", "mailer", "desk")
FORM_TOKEN = re.compile(r'name="csrf" value="([^"]+)"')


@dataclass
class Product:
    """An installation that runs."""

    installation: Installation
    workers: Mapping[str, Worker]
    desk: httpx.AsyncClient = field(repr=False)
    """Carries an administrator's token, and the cookie once signed in."""

    @property
    def parser(self) -> Worker:
        """The process that the parser lives in."""
        return self.workers.get("parser") or self.workers["everything"]

    async def sign_in(self) -> None:
        found = FORM_TOKEN.search((await self.desk.get("/sign-in")).text)
        assert found is not None
        form = {"csrf": found[1], "tenant": TENANT, "address": ADMIN, "password": PASSWORD}
        assert (await self.desk.post("/sign-in", data=form)).status_code == 303

    async def page(self, path: str) -> str:
        answer = await self.desk.get(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code}"
        return answer.text

    # Any: JSON as it comes
    async def read(self, path: str) -> Any:
        answer = await self.desk.get(f"/api/v1{path}")
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:500]}"
        return answer.json()

    async def passport(self, provider_id: str) -> dict[str, Any]:
        """Read what the desk tells of one mail."""
        (row,) = await self.installation.rows(select(mails.c.id).where(mails.c.provider_id == provider_id))
        passport: dict[str, Any] = await self.read(f"/mails/{row.id}")
        return passport

    async def subjects(self) -> dict[str, int]:
        """Number of each ticket by its subject."""
        tickets: dict[str, int] = {}
        after: str | None = ""
        while after is not None:
            page = await self.read(f"/tickets?view=all&limit=200&after={after}")
            tickets |= {one["subject"]: one["number"] for one in page["items"]}
            after = page["next"]
        return tickets

    async def at_rest(self, delivered: Mapping[str, str]) -> bool:
        """Say whether every mail was placed or put aside, and nothing is on its way."""
        for worker in self.workers.values():
            assert not worker.died()
        async with in_tenant(self.installation.house.engine("desk"), TENANT) as db:
            placed = [await is_placed(db, provider_id) for provider_id in delivered.values()]
            return all(placed) and not await unsettled(db)


@asynccontextmanager
async def running(settings: ProcessSettings, **told: str) -> AsyncIterator[Product]:
    """Run all services on the transport that the settings name; `told`: more of their environment."""
    port = _free_port()
    async with AsyncExitStack() as stack:
        installation = await stack.enter_async_context(installed(settings))
        await installation.set_up()
        headers = {"Authorization": f"Bearer {await _administrator(installation)}"}
        environment = environment_of(settings, installation.sandbox) | {"POSTROOM_DESK_PORT": str(port)}
        workers = _workers(settings, environment | told)
        patience = Desk.patience.total_seconds()
        client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=patience)
        product = Product(installation, workers, await stack.enter_async_context(client))
        for worker in workers.values():
            stack.push_async_callback(worker.stop)
            await worker.start()
        await installation.until(lambda: _answers(product), "the desk answers", 60)
        await product.sign_in()
        yield product


@dataclass
class Watch:
    """What was seen while mail went through."""

    answers: int = 0
    most_memory: int = 0
    """Bytes that the parser and its children had at one moment."""


@asynccontextmanager
async def watched(product: Product) -> AsyncIterator[Watch]:
    """Ask the desk all along, and look at the parser; fails when one request did."""
    watch, enough = Watch(), asyncio.Event()

    async def look() -> None:
        while not enough.is_set():
            await product.read("/tickets?limit=1")
            watch.answers += 1
            watch.most_memory = max(watch.most_memory, memory_of_family(product.parser.pid))
            await asyncio.wait([asyncio.create_task(enough.wait())], timeout=LOOK_SECONDS)

    looking = asyncio.create_task(look())
    try:
        yield watch
    finally:
        enough.set()
        await looking


def peak_memory(pid: int) -> int:
    """Bytes that a process had resident at most, ever."""
    return _status(pid, "VmHWM")


def memory_of_family(pid: int) -> int:
    return _status(pid, "VmRSS") + sum(memory_of_family(child) for child in children(pid))


def children(pid: int) -> list[int]:
    """The processes that any thread of this one has started."""
    found = []
    for each in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += [int(child) for child in each.read_text().split()]
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def _status(pid: int, name: str) -> int:
    """Read a number of kilobytes; of a process that has just ended it is nothing."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:")), 0)


def _workers(settings: ProcessSettings, environment: Mapping[str, str]) -> dict[str, Worker]:
    if settings.broker_url is None:
        said = settings.home / "everything.log"
        return {"everything": Worker("postroom.cli.app", environment, said, arguments=("run",))}
    return {name: Worker(f"services.{name}", environment, settings.home / f"{name}.log") for name in SERVICES}


async def _administrator(installation: Installation) -> str:
    """Make one; return the token of a program that acts for them."""
    value, at = new_token(TENANT), installation.house.clock()
    async with in_tenant(installation.house.engine("desk"), TENANT) as db:
        user: UUID = await Seeding(db, TENANT, at).user(ADMIN, "Eva", PASSWORD, "admin")
        row = {"id": uuid4(), "tenant": TENANT, "user": user, "name": "test", "created_at": at}
        await db.execute(insert(tokens).values(row | {"digest": digest_of(value)}))
    return value


async def _answers(product: Product) -> bool:
    for worker in product.workers.values():
        assert not worker.died()
    try:
        return (await product.desk.get("/ready")).status_code == 200
    except httpx.TransportError:
        return False


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port
