"""Every write on tickets and posts, and the snapshots that events carry."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import Row, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.ticketing.defined import category_of
from services.ticketing.indexing import Said, keep_words, read_again
from services.ticketing.lifecycle import REFERENCES
from shared.contracts.custom_fields import PREFIX
from shared.contracts.mail import Address
from shared.contracts.tickets import Actor, FieldChange, TicketSnapshot
from shared.storage.merging import end_of
from shared.storage.tickets import (
    contacts,
    counters,
    history,
    organizations,
    participants,
    posts,
    thread_ids,
    tickets,
)

THREAD_IN_SNAPSHOT = 10
TicketRow = Row[Any]  # Any: the columns of ticketing.ticket


async def lock_end(db: AsyncConnection, tenant: str, ticket: UUID) -> TicketRow | None:
    """Lock the ticket that takes what comes to `ticket`: itself, or the last that it was merged into.

    Only that one is locked, so that a merge that locks two cannot wait in a circle.
    """
    while (end := (await db.execute(end_of(tenant, ticket))).scalar_one_or_none()) is not None:
        found = await db.execute(
            select(tickets).where(tickets.c.tenant == tenant, tickets.c.id == end).with_for_update()
        )
        row = found.one()
        if row.merged_into is None:
            return row
    return None


class Tickets:
    """The tickets of one tenant, inside one unit."""

    def __init__(self, db: AsyncConnection, tenant: str, now: datetime) -> None:
        self.db = db
        self.tenant = tenant
        self.now = now

    async def locked(self, ticket: UUID) -> TicketRow | None:
        """Load a ticket and keep others from changing it until the unit ends."""
        found = await self.db.execute(
            select(tickets).where(tickets.c.tenant == self.tenant, tickets.c.id == ticket).with_for_update()
        )
        return found.one_or_none()

    async def both(self, one: UUID, other: UUID) -> tuple[TicketRow | None, TicketRow | None]:
        """Lock two tickets, in an order that all keep."""
        rows = {ticket: await self.locked(ticket) for ticket in sorted({one, other})}
        return rows[one], rows[other]

    async def end_of(self, ticket: UUID) -> TicketRow | None:
        """Lock the ticket itself, or the last that it was merged into."""
        return await lock_end(self.db, self.tenant, ticket)

    async def open(self, **values: object) -> UUID:
        """Insert a ticket with the tenant's next number."""
        ticket = uuid4()
        row = {
            "id": ticket,
            "tenant": self.tenant,
            "number": await self._next_number(),
            "status": "new",
            "created_at": self.now,
            "changed_at": self.now,
            "last_person_post_at": self.now,
            **values,
        }
        await self.db.execute(insert(tickets).values(row))
        return ticket

    async def add_post(
        self,
        ticket: UUID,
        kind: str,
        *,
        details: dict[str, JsonValue],
        said: Said | None = None,
        **values: object,
    ) -> UUID:
        """Insert a post, with the words that search finds it by where it says something."""
        post = uuid4()
        row = {
            "id": post,
            "tenant": self.tenant,
            "ticket": ticket,
            "kind": kind,
            "details": details,
            "created_at": self.now,
            **values,
        }
        await self.db.execute(insert(posts).values(row))
        if said is not None:
            await keep_words(self.db, row, said)
        return post

    async def change(
        self, row: TicketRow, values: dict[str, Any], actor: Actor, cause: UUID | None
    ) -> tuple[FieldChange, ...]:
        """Set fields that differ: a new version, a history row each. Return what changed."""
        changes = tuple(
            FieldChange(field=name, old=_value(row, name), new=_plain(value))
            for name, value in values.items()
            if _value(row, name) != _plain(value)
        )
        if not changes:
            return ()
        kept = _columns(row, changes)
        await self.remember(row, changes, actor, cause, **kept)
        return changes

    async def remember(
        self,
        row: TicketRow,
        changes: Sequence[FieldChange],
        actor: Actor,
        cause: UUID | None,
        **values: object,
    ) -> None:
        """Set columns as a new version, whose history says what was changed."""
        if "status" in values:
            values["category"] = await category_of(self.db, self.tenant, str(values["status"]))
        await self.touch(row.id, **values, version=tickets.c.version + 1, changed_at=self.now)
        if "subject" in values:
            await read_again(self.db, row.id, now=self.now)
        await self.write_history(row.id, row.version + 1, changes, actor, cause)

    async def touch(self, *some: UUID, **values: object) -> None:
        """Move the clocks of tickets; no version, no history."""
        await self.db.execute(update(tickets).where(tickets.c.id.in_(some)).values(**values))

    async def began_by(self, row: TicketRow, at: datetime) -> None:
        """Put an imported mail into the life of its ticket: what came later by the clock stays the last."""
        last = max(row.last_person_post_at, at)
        first = min(row.created_at, at) if row.imported_at else row.created_at
        await self.touch(row.id, created_at=first, last_person_post_at=last)

    async def know_ids(self, ticket: UUID, seen: Sequence[str], awaited: Sequence[str] = ()) -> None:
        """Tie Message-IDs to a ticket: of mails that were seen, and of those they refer to."""
        rows = [
            {"tenant": self.tenant, "message_id": name, "ticket": ticket, "seen": known, "at": self.now}
            for names, known in ((seen, True), (awaited, False))
            for name in names
        ]
        waits = (
            thread_ids.c.ticket == ticket,
            thread_ids.c.message_id.in_(seen),
            thread_ids.c.seen.is_(False),
        )
        await self.db.execute(delete(thread_ids).where(thread_ids.c.tenant == self.tenant, *waits))
        if rows:
            await self.db.execute(upsert(thread_ids).values(rows).on_conflict_do_nothing())

    async def add_participants(self, ticket: UUID, people: Sequence[tuple[Address, str]]) -> None:
        rows = {
            person.address: {
                "ticket": ticket,
                "address": person.address,
                "tenant": self.tenant,
                "name": person.name,
                "role": role,
            }
            for person, role in reversed(people)
            if person.address
        }
        if rows:
            await self.db.execute(upsert(participants).values(list(rows.values())).on_conflict_do_nothing())

    async def snapshot(self, ticket: UUID) -> TicketSnapshot:
        """Describe a ticket as it is now, for an event."""
        return (await self.snapshots([ticket]))[ticket]

    async def snapshots(self, some: Sequence[UUID]) -> dict[UUID, TicketSnapshot]:
        """Describe tickets as they are now, for an event each."""
        found = await self.db.execute(
            select(
                tickets,
                contacts.c.address.label("contact_address"),
                contacts.c.name.label("contact_name"),
                contacts.c.language.label("contact_language"),
                organizations.c.name.label("organization_name"),
            )
            .outerjoin(contacts, contacts.c.id == tickets.c.contact)
            .outerjoin(organizations, organizations.c.id == tickets.c.organization)
            .where(tickets.c.id.in_(some))
        )
        threads = await self._threads(some)
        return {row.id: _snapshot(row, threads.get(row.id, ())) for row in found}

    async def _threads(self, some: Sequence[UUID]) -> dict[UUID, tuple[str, ...]]:
        """Return the Message-IDs of the last mails of each ticket, oldest first."""
        c = posts.c
        place = func.row_number().over(partition_by=c.ticket, order_by=c.created_at.desc()).label("place")
        mails = (
            select(c.ticket, c.message_id, place)
            .where(c.ticket.in_(some), c.message_id.is_not(None), c.automatic.is_(None))
            .subquery()
        )
        last = select(mails).where(mails.c.place <= THREAD_IN_SNAPSHOT).order_by(mails.c.place.desc())
        threads: dict[UUID, tuple[str, ...]] = {}
        for row in await self.db.execute(last):
            threads[row.ticket] = (*threads.get(row.ticket, ()), row.message_id)
        return threads

    async def _next_number(self) -> int:
        row = {"tenant": self.tenant, "last_number": 1}
        counted = (
            upsert(counters)
            .values(row)
            .on_conflict_do_update(
                index_elements=["tenant"], set_={"last_number": counters.c.last_number + 1}
            )
            .returning(counters.c.last_number)
        )
        number: int = (await self.db.execute(counted)).scalar_one()
        return number

    async def write_history(
        self, ticket: UUID, version: int, changes: Sequence[FieldChange], actor: Actor, cause: UUID | None
    ) -> None:
        """Say in the history what was changed; what is no field of the ticket leaves its version."""
        entries = [
            {
                "tenant": self.tenant,
                "ticket": ticket,
                "version": version,
                "field": change.field,
                "old": change.old,
                "new": change.new,
                "actor": actor.model_dump(mode="json"),
                "caused_by": cause,
                "at": self.now,
            }
            for change in changes
        ]
        await self.db.execute(insert(history), entries)


def _snapshot(row: Row[Any], thread: tuple[str, ...]) -> TicketSnapshot:
    person = Address(address=row.contact_address, name=row.contact_name) if row.contact_address else None
    facts = row._asdict() | {
        "contact_address": person,
        "contact_language": row.contact_language or "",
        "organization_name": row.organization_name or "",
        "tags": tuple(row.tags),
        "thread": thread,
    }
    return TicketSnapshot.model_validate(facts)


def _plain(value: Any) -> JsonValue:  # Any: a column's value
    return str(value) if isinstance(value, UUID) else list(value) if isinstance(value, tuple) else value


def _value(row: TicketRow, field: str) -> JsonValue:
    if field.startswith(PREFIX):
        value: JsonValue = row.fields.get(field.removeprefix(PREFIX))
        return value
    return _plain(getattr(row, field))


def _columns(row: TicketRow, changes: Sequence[FieldChange]) -> dict[str, object]:
    """Return the columns that changes set; custom fields share one."""
    custom = {c.field.removeprefix(PREFIX): c.new for c in changes if c.field.startswith(PREFIX)}
    columns = {c.field: _column(c.field, c.new) for c in changes if not c.field.startswith(PREFIX)}
    if custom:
        fields = {**row.fields, **custom}
        columns["fields"] = {key: value for key, value in fields.items() if value is not None}
    return columns


def _column(field: str, value: JsonValue) -> object:
    return UUID(str(value)) if field in REFERENCES and value else value
