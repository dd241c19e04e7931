"""Quotas of a tenant: what is beyond one is refused, or waits, and nothing is lost."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select, update

from postroom.demo.stage import reaching
from postroom.seeding import GraphMailbox, Seeding
from postroom.together import SERVICES
from services.desk.configuration.mailboxes import MailboxSettings, add_mailbox
from services.desk.configuration.quotas import set_quota
from services.desk.queries.quotas import over_quota
from services.desk.queries.reading import Reading
from services.ingest.forgetting import forget
from services.ingest.polling import enlist
from services.ingest.quotas import AT_ONCE, LOOK_AGAIN, Quota, Room, Used, room, standing_of
from shared.contracts.errors import Permanent
from shared.messaging.claiming import Claiming
from shared.messaging.dispatch import Assembly
from shared.messaging.topology import parts_for
from shared.settings import ProcessSettings
from shared.storage.config import tenants
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors, intakes, mails
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.system.shell import REFUSED, Shell

START = datetime(2026, 11, 24, 22, 0, tzinfo=UTC)
OTHER, OTHERS_BOX = "acme", "help@acme.example"


@dataclass
class Clock:
    now: datetime = START

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Post:
    """Two tenants with a mailbox each; their ingest is run by hand, at the time of the clock."""

    installation: Installation
    clock: Clock
    ingest: Assembly

    async def quota(self, **limits: int | None) -> None:
        async with in_tenant(self.installation.house.engine("desk"), TENANT) as db:
            await set_quota(db, TENANT, limits)

    async def arrives(self, address: str, count: int) -> None:
        for _ in range(count):
            name = f"<{uuid4()}@example.com>"
            letter = f"From: anna@example.com\r\nTo: {address}\r\nMessage-ID: {name}\r\n\r\nIt smokes.\r\n"
            self.installation.sandbox.deliver(address, letter.encode())

    async def sweeps(self, *, after: timedelta = LOOK_AGAIN) -> None:
        """Some time later: list both mailboxes and work until nothing is due."""
        self.clock.now += after
        await enlist(**parts_for(enlist, self.ingest.parts))
        for tenant in (TENANT, OTHER):
            async with in_tenant(self.installation.house.engine("ingest"), tenant) as db:
                await db.execute(update(cursors).values(due_at=self.clock.now))
        while any([await Claiming(self.ingest, work).once() for work in self.ingest.service.due]):
            pass

    async def kept(self, tenant: str = TENANT) -> int:
        async with in_tenant(self.installation.house.engine("desk"), tenant) as db:
            mine = (mails.c.tenant == tenant, mails.c.state == "settled", mails.c.blob.is_not(None))
            count: int = (await db.execute(select(func.count()).where(*mine))).scalar_one()
            return count

    async def waiting(self) -> tuple[str, int] | None:
        async with in_tenant(self.installation.house.engine("desk"), TENANT) as db:
            over = await over_quota(Reading(db, TENANT))
        return (over.over, over.waiting) if over else None

    async def bytes(self) -> int:
        ((count,),) = await self.installation.rows(select(intakes.c.bytes).where(intakes.c.tenant == TENANT))
        kept: int = count
        return kept


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


@pytest.fixture
async def post(settings: ProcessSettings, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Post]:
    clock = Clock()
    async with installed(settings, clock=clock) as installation:
        house, sandbox = installation.house, installation.sandbox
        for name, value in reaching(sandbox).items():
            monkeypatch.setenv(name, value)
        await installation.set_up()
        await installation.add_mailbox(after_storing="leave")
        sandbox.add_mailbox(OTHERS_BOX)
        sealed = house.keys.sealer("mailbox").seal(sandbox.client_secret)
        box = GraphMailbox(OTHERS_BOX, "Help", sandbox.tenant, sandbox.client_id, sealed, "secret")
        async with in_tenant(house.engine("desk"), OTHER) as db:
            await db.execute(insert(tenants).values(id=OTHER, name="Acme", created_at=START))
            await Seeding(db, OTHER, START).mailbox(box, department=None, after_storing="leave")
        made = Post(installation, clock, SERVICES["ingest"](house))
        await made.sweeps()
        yield made


async def test_mail_beyond_the_quota_of_a_day_waits_and_comes_in_once_when_there_is_room(post: Post) -> None:
    await post.quota(mails_per_day=3)
    await post.arrives(SUPPORT, 8)
    await post.arrives(OTHERS_BOX, 5)
    await post.sweeps()
    assert (await post.kept(), await post.waiting()) == (3, ("mails_per_day", 5))
    assert await post.kept(OTHER) == 5
    await post.sweeps()
    assert (await post.kept(), await post.waiting()) == (3, ("mails_per_day", 5))
    await post.quota(mails_per_day=5)
    await post.sweeps()
    assert (await post.kept(), await post.waiting()) == (5, ("mails_per_day", 3))
    await post.sweeps(after=timedelta(hours=3))
    await post.sweeps()
    assert (await post.kept(), await post.waiting()) == (8, None)
    rows = await post.installation.rows(select(mails).where(mails.c.tenant == TENANT))
    assert [(row.state, row.reason) for row in rows] == [("settled", None)] * 8


async def test_mail_beyond_the_storage_waits_until_it_is_raised_or_something_is_erased(post: Post) -> None:
    await post.arrives(SUPPORT, 1)
    await post.sweeps()
    (first,) = await post.installation.rows(select(mails).where(mails.c.tenant == TENANT))
    assert await post.bytes() == first.size
    await post.quota(storage=first.size)
    await post.arrives(SUPPORT, 2)
    await post.sweeps()
    assert (await post.kept(), await post.waiting()) == (1, ("storage", 2))
    async with in_tenant(post.installation.house.engine("ingest"), TENANT) as db:
        (told,) = await standing_of(db, TENANT)
        assert "over its quota (storage) since 2026-11-24" in told.found
        assert f"postroom tenant quota {TENANT}" in (told.remedy or "")
        await forget(db, [first.id])
    assert await post.bytes() == 0
    await post.quota(storage=None)
    await post.sweeps()
    await post.sweeps()
    assert (await post.kept(), await post.waiting()) == (2, None)


@pytest.mark.parametrize(
    ("quota", "used", "there_is"),
    [
        (Quota(), Used(10**12, 10**6), Room(AT_ONCE)),
        (Quota(storage=100), Used(99, 0), Room(AT_ONCE)),
        (Quota(storage=100), Used(100, 0), Room(0, "storage")),
        (Quota(mails_per_day=5), Used(0, 3), Room(2)),
        (Quota(mails_per_day=5), Used(0, 5), Room(0, "mails_per_day")),
        (Quota(mails_per_day=0), Used(0, 0), Room(0, "mails_per_day")),
        (Quota(100, 5), Used(100, 5), Room(0, "storage")),
    ],
)
def test_room_is_what_the_tightest_quota_leaves(quota: Quota, used: Used, there_is: Room) -> None:
    assert room(quota, used) == there_is


async def test_a_user_beyond_the_quota_is_refused_and_the_limit_is_named(
    settings: ProcessSettings, post: Post
) -> None:
    shell = Shell(environment_of(settings, post.installation.sandbox))
    limits = ("--users", "1", "--storage", "10GB", "--mails-per-day", "none")
    code, said = await shell.run("tenant", "quota", TENANT, *limits)
    assert (code, said) == (
        0,
        f"tenant {TENANT}: at most 1 users, at most 10000000000 bytes of mail, 0 bytes of mail kept",
    )
    first = await shell.run("user", "add", "eva@acme.test", says="long enough\n")
    assert first[0] == 0, first
    code, said = await shell.run("user", "add", "max@acme.test", says="long enough\n")
    assert code == REFUSED
    assert f"{TENANT} may have 1 users and has them" in said
    code, said = await shell.run("tenant", "quota", TENANT, "--users", "many")
    assert (code, "is no limit" in said) == (REFUSED, True)
    code, said = await shell.run("tenant", "quota", TENANT, "--users", "99999999999")
    assert (code, "is too large" in said) == (REFUSED, True)


async def test_a_mailbox_beyond_the_quota_is_refused(post: Post) -> None:
    await post.quota(mailboxes=1)
    second = MailboxSettings(
        address="second@helpdesk.example", provider="maildir", settings={"path": "/mail"}
    )
    async with in_tenant(post.installation.house.engine("desk"), TENANT) as db:
        with pytest.raises(Permanent, match="may have 1 mailboxes"):
            await add_mailbox(db, TENANT, second, {}, at=START)
