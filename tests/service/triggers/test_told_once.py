"""Notices on a real database: each once with several workers, to nobody who may not see it, tenants apart."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Table, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.triggers.forgetting import forget
from services.triggers.handlers import hear_mentions, hear_post
from services.triggers.telling import Links, tell
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.mail import Address
from shared.contracts.notices import PeopleMentioned, SendNotice
from shared.contracts.sending import Draft
from shared.contracts.tickets import Actor, Kind, PostAdded, PostFacts, TicketSnapshot
from shared.messaging.failures import AlreadyHandled
from shared.messaging.unit import Units
from shared.storage import config, due, messages
from shared.storage import tickets as tables
from shared.storage import triggers as happened
from shared.storage.engine import engine_as, in_tenant

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
ANNA = Address(address="anna@firm.test", name="Anna")
EVA = Actor(user=UUID(int=99), name="Eva")
Row = dict[str, Any]  # Any: the columns of a table


@dataclass
class Room:
    """What the tests do at the door of triggers, and what they see there."""

    owner: AsyncEngine
    units: Units
    blobs: FilesystemBlobs
    now: list[datetime] = field(default_factory=lambda: [NOW])

    async def add(self, table: Table, **values: object) -> None:
        async with self.owner.begin() as db:
            await db.execute(insert(table).values(**values))

    async def rows(self, table: Table) -> list[Row]:
        async with self.owner.begin() as db:
            return [dict(row) for row in (await db.execute(select(table))).mappings()]

    async def user(self, name: str, tenant: str = "default", **facts: object) -> UUID:
        user, address = uuid4(), f"{name.lower()}@acme.test"
        row = {"id": user, "tenant": tenant, "address": address, "name": name, "created_at": NOW}
        await self.add(config.users, **(row | facts))
        return user

    async def ticket(
        self, assignee: UUID | None, tenant: str = "default", department: UUID | None = None
    ) -> TicketSnapshot:
        """Add a ticket with a post, under the same number in each tenant."""
        facts: Row = {"number": 7, "version": 1, "subject": f"Of {tenant}", "status": "open"}
        facts |= {"id": uuid4(), "kind": "external", "created_at": NOW, "assignee": assignee}
        facts |= {"priority": "normal", "department": department}
        clocks = {"changed_at": NOW, "last_person_post_at": NOW}
        await self.add(tables.tickets, tenant=tenant, category="open", **facts, **clocks)
        return TicketSnapshot.model_validate(facts | {"kind": Kind.EXTERNAL})

    async def written(self, ticket: TicketSnapshot, tenant: str = "default") -> PostAdded:
        post = uuid4()
        row = {"id": post, "tenant": tenant, "ticket": ticket.id, "kind": "mail_in", "preview": "It smokes."}
        times = {"shown_at": NOW, "created_at": NOW}
        author = {"author_name": ANNA.name, "author_address": ANNA.address}
        await self.add(tables.posts, **row, **author, **times, details={})
        facts = PostFacts(id=post, kind="mail_in", author=ANNA)
        return PostAdded(tenant=tenant, ticket=ticket, post=facts, actor=Actor(mail=uuid4(), name="Anna"))

    async def claimed(self) -> list[due.Claimed]:
        table, engine = happened.notified, self.units.engine
        return await due.claim(engine, table, now=self.now[0], limit=10, lease_for=LEASE)

    async def tells(self, claimed: due.Claimed) -> None:
        await tell(claimed, self.units, self.blobs, Links("https://desk.test"))

    async def told(self) -> list[SendNotice]:
        rows = await self.rows(messages.outbox)
        return [
            SendNotice.model_validate_json(row["body"]) for row in rows if row["contract"] == SendNotice.name
        ]


@pytest.fixture
async def room(
    database_url: str, engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs
) -> AsyncIterator[Room]:
    owner, now = engine_as(database_url, "test-owner", pool_size=2), [NOW]
    room = Room(owner, Units(engine_of("triggers"), "triggers", lambda: now[0], LEASE), blobs, now)
    for tenant in ("default", "other"):
        await room.add(config.tenants, id=tenant, name=tenant, created_at=NOW)
    yield room
    await owner.dispose()


async def test_two_workers_hear_of_one_post_and_tell_of_it_once(room: Room) -> None:
    bo = await room.user("Bo")
    event = await room.written(await room.ticket(bo))
    again = event.model_copy(update={"id": uuid4()})
    heard = await asyncio.gather(
        *(hear_post(one, room.units) for one in (event, again, event)), return_exceptions=True
    )
    assert [type(one) for one in heard if one is not None] == [AlreadyHandled]
    assert len(await room.rows(happened.notices)) == 1
    room.now[0] += timedelta(minutes=1)
    both = await asyncio.gather(room.claimed(), room.claimed())
    (claimed,) = [one for some in both for one in some]
    ended = await asyncio.gather(room.tells(claimed), room.tells(claimed), return_exceptions=True)
    assert [type(one) for one in ended if one is not None] == [due.LeaseLost]
    (command,) = await room.told()
    assert (command.to.address, command.tickets) == ("bo@acme.test", (event.ticket.id,))
    text = Draft.model_validate_json(await room.blobs.get("default", command.body)).text
    assert "Anna wrote:\n  > It smokes." in text
    assert "https://desk.test/tickets/7" in text


async def test_a_worker_that_dies_before_it_commits_is_followed_by_one_that_sends_the_same(
    room: Room,
) -> None:
    bo = await room.user("Bo")
    await hear_post(await room.written(await room.ticket(bo)), room.units)
    room.now[0] += timedelta(minutes=1)
    (dead,) = await room.claimed()
    assert await room.claimed() == []
    room.now[0] += LEASE + timedelta(seconds=1)
    (alive,) = await room.claimed()
    await room.tells(alive)
    with pytest.raises(due.LeaseLost):
        await room.tells(dead)
    assert len(await room.told()) == 1


async def test_what_comes_after_a_mail_is_told_when_the_threshold_has_room(room: Room) -> None:
    bo = await room.user("Bo")
    ticket = await room.ticket(bo)
    for _ in range(2):
        await hear_post(await room.written(ticket), room.units)
        (row,) = await room.rows(happened.notified)
        room.now[0] = row["due_at"]
        (claimed,) = await room.claimed()
        await room.tells(claimed)
    assert room.now[0] == NOW + timedelta(minutes=3), "a minute, and two after the mail before"
    effects = {command.effect for command in await room.told()}
    assert len(effects) == 2


async def test_a_department_of_others_the_archive_and_a_stranger_are_not_told(room: Room) -> None:
    bo, cy, gone, eve = [
        await room.user("Bo"),
        await room.user("Cy"),
        await room.user("Gone", archived_at=NOW),
        await room.user("Eve", "other"),
    ]
    chief = await room.user("Chief", role="admin")
    department = uuid4()
    await room.add(config.departments, id=department, tenant="default", key="hr", name="HR")
    await room.add(config.memberships, tenant="default", user=cy, department=department)
    people = (bo, cy, gone, eve, chief)
    ticket = await room.ticket(None, department=department)
    event = PeopleMentioned(tenant="default", ticket=ticket, actor=EVA, post=uuid4(), people=people)
    await hear_mentions(event, room.units)
    assert {row["user"] for row in await room.rows(happened.notices)} == {cy, chief}


async def test_a_suspended_tenant_waits_and_the_other_is_told_of_its_own(room: Room) -> None:
    for tenant in ("default", "other"):
        bo = await room.user("Bo", tenant)
        await hear_post(await room.written(await room.ticket(bo, tenant), tenant), room.units)
    room.now[0] += timedelta(minutes=1)
    async with room.owner.begin() as db:
        await db.execute(
            update(config.tenants).where(config.tenants.c.id == "default").values(suspended=True)
        )
    (claimed,) = await room.claimed()
    await room.tells(claimed)
    (command,) = await room.told()
    assert (command.tenant, command.subject) == ("other", "[#7] New reply: Of other")


async def test_who_is_forgotten_is_told_of_no_more(room: Room) -> None:
    bo = await room.user("Bo")
    event = await room.written(await room.ticket(bo))
    await hear_post(event, room.units)
    async with in_tenant(room.units.engine, "default") as db:
        await forget(db, "default", ANNA.address, [event.ticket.id])
    assert await room.rows(happened.notices) == []
    room.now[0] += timedelta(minutes=1)
    (claimed,) = await room.claimed()
    await room.tells(claimed)
    assert await room.told() == []
