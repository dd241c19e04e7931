"""Changes of many tickets: what was asked, and what became of each ticket."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Row, Text, case, cast, delete, func, insert, literal, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.effects import Now, Values, Wanted
from services.desk.queries.reading import Reading
from services.desk.queries.rows import is_unread, seen_by
from shared.contracts.custom_fields import PREFIX
from shared.contracts.tickets import ChangeTicket
from shared.messaging.topology import queues_of
from shared.storage.desk import bulk_items, bulks, seen
from shared.storage.lists import among
from shared.storage.messages import inbox, parked
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import held, tickets

MOST_TOLD = 20
"""So many tickets that were not changed are named."""
FIELDS = ("subject", "status", "priority", "kind", "assignee", "department", "contact", "organization")


@dataclass(frozen=True)
class Bulk:
    id: UUID
    tenant: str
    user: UUID
    state: str
    changes: dict[str, Any]  # Any: of Wanted
    undoes: UUID | None
    back: str
    at: datetime


@dataclass(frozen=True)
class Item:
    ticket: UUID
    number: int
    state: str
    attempts: int
    old: Values | None
    new: Values | None
    detail: str


@dataclass(frozen=True)
class Counted:
    """How many tickets are how far, and those that were not changed."""

    states: dict[str, int]
    refused: list[Item] = field(default_factory=list)

    @property
    def whole(self) -> int:
        return sum(self.states.values())

    @property
    def open(self) -> int:
        return self.states.get("waiting", 0) + self.states.get("asked", 0)


async def keep_bulk(
    db: AsyncConnection, bulk: Bulk, chosen: Sequence[tuple[UUID, int]], due_at: datetime
) -> None:
    """Keep a bulk with its tickets; one that is there stays as it is."""
    row = {name: getattr(bulk, name) for name in Bulk.__dataclass_fields__}
    made = upsert(bulks).values(**row, due_at=due_at).on_conflict_do_nothing()
    if (await db.execute(made.returning(bulks.c.id))).first() is None or not chosen:
        return
    facts = {"bulk": bulk.id, "tenant": bulk.tenant, "state": "waiting"}
    items = [{**facts, "ticket": ticket, "number": number} for ticket, number in dict(chosen).items()]
    for begin in range(0, len(items), 1000):
        await db.execute(insert(bulk_items), items[begin : begin + 1000])


async def copy_done(db: AsyncConnection, bulk: Bulk) -> None:
    """Give an undo the tickets that were changed, with what they had and got."""
    c = bulk_items.c
    names = ("ticket", "tenant", "number", "old", "new")
    done = select(literal(bulk.id, bulks.c.id.type), literal("waiting"), *(c[name] for name in names)).where(
        c.tenant == bulk.tenant, c.bulk == bulk.undoes, c.state == "done"
    )
    made = upsert(bulk_items).from_select(["bulk", "state", *names], done)
    await db.execute(made.on_conflict_do_nothing())


async def bulk_of(db: AsyncConnection, tenant: str, bulk: UUID, user: UUID | None = None) -> Bulk | None:
    """Return a bulk; with `user`, only one of theirs."""
    c = bulks.c
    query = select(*(c[name] for name in Bulk.__dataclass_fields__)).where(c.tenant == tenant, c.id == bulk)
    if user is not None:
        query = query.where(c.user == user)
    row = (await db.execute(query)).mappings().one_or_none()
    return Bulk(**row) if row else None


async def locked_bulk(db: AsyncConnection, tenant: str, bulk: UUID) -> Bulk | None:
    """Take a bulk for one step: whoever comes at the same time waits."""
    c = bulks.c
    query = select(*(c[name] for name in Bulk.__dataclass_fields__))
    row = await db.execute(query.where(c.tenant == tenant, c.id == bulk).with_for_update())
    found = row.mappings().one_or_none()
    return Bulk(**found) if found else None


async def set_state(db: AsyncConnection, bulk: Bulk, state: str, due_at: datetime | None) -> None:
    c = bulks.c
    mine = (c.tenant == bulk.tenant, c.id == bulk.id)
    await db.execute(update(bulks).where(*mine).values(state=state, due_at=due_at))


async def remove_bulk(db: AsyncConnection, tenant: str, bulk: UUID) -> None:
    await db.execute(delete(bulks).where(bulks.c.tenant == tenant, bulks.c.id == bulk))


async def counted(db: AsyncConnection, bulk: Bulk) -> Counted:
    c = bulk_items.c
    mine = (c.tenant == bulk.tenant, c.bulk == bulk.id)
    states = await db.execute(select(c.state, func.count()).where(*mine).group_by(c.state))
    refused = await _items(db, bulk, ("refused",), MOST_TOLD)
    return Counted({str(state): int(count) for state, count in states}, refused)


async def items_of(db: AsyncConnection, bulk: Bulk, at_most: int) -> list[Item]:
    return await _items(db, bulk, (), at_most)


async def next_items(db: AsyncConnection, bulk: Bulk, at_most: int) -> list[Item]:
    return await _items(db, bulk, ("waiting",), at_most)


async def _items(db: AsyncConnection, bulk: Bulk, states: Collection[str], at_most: int) -> list[Item]:
    c = bulk_items.c
    query = select(*(c[name] for name in Item.__dataclass_fields__)).where(
        c.tenant == bulk.tenant, c.bulk == bulk.id
    )
    if states:
        query = query.where(c.state.in_(states))
    found = await db.execute(query.order_by(c.number).limit(at_most))
    return [Item(**row) for row in found.mappings()]


async def set_item(db: AsyncConnection, bulk: Bulk, ticket: UUID, **values: object) -> None:
    c = bulk_items.c
    mine = (c.tenant == bulk.tenant, c.bulk == bulk.id, c.ticket == ticket)
    await db.execute(update(bulk_items).where(*mine).values(**values))


async def answered(db: AsyncConnection, bulk: Bulk) -> list[tuple[Item, JsonValue]]:
    """Return the tickets whose command was answered, or given up, with the answer."""
    c = bulk_items.c
    given_up = func.jsonb_build_object("refused", "it could not be done: see Operations, parked messages")
    answer = case((inbox.c.result.is_not(None), inbox.c.result), (parked.c.id.is_not(None), given_up))
    queues = inbox.c.queue.in_(queues_of(ChangeTicket))
    found = await db.execute(
        select(*(c[name] for name in Item.__dataclass_fields__), answer.label("answer"))
        .select_from(
            bulk_items.outerjoin(
                inbox, (inbox.c.message_id == c.command) & (inbox.c.tenant == c.tenant) & queues
            ).outerjoin(
                parked, (parked.c.message_id == cast(c.command, Text)) & (parked.c.tenant == c.tenant)
            )
        )
        .where(c.tenant == bulk.tenant, c.bulk == bulk.id, c.state == "asked", answer.is_not(None))
    )
    return [
        (Item(**{name: row[name] for name in Item.__dataclass_fields__}), row["answer"])
        for row in found.mappings()
    ]


async def tickets_now(reading: Reading, user: UUID, ids: Collection[UUID], wanted: Wanted) -> dict[UUID, Now]:
    """Read tickets as they are, those that a person sees. Whether they are unread is asked where that is to
    be changed."""
    mine = (reading.own(tickets), reading.seen(), among(tickets.c.id, ids))
    names = (
        *(tickets.c[name] for name in (*FIELDS, "id", "number", "version", "tags", "fields", "merged_into")),
    )
    found = (await reading.db.execute(select(*names).where(*mine))).all()
    waiting = await _with_held_mail(reading, ids)
    unread = set() if wanted.read is None else await _unread(reading, user, ids)
    return {row.id: _now(row, is_held=row.id in waiting, is_unread=row.id in unread) for row in found}


async def _with_held_mail(reading: Reading, ids: Collection[UUID]) -> set[UUID]:
    came = select(held.c.ticket).where(reading.own(held), held.c.state == "open", among(held.c.ticket, ids))
    goes = select(outgoing.c.ticket).where(
        reading.own(outgoing), outgoing.c.state == "held", among(outgoing.c.ticket, ids)
    )
    return set((await reading.db.execute(came.union(goes))).scalars())


async def _unread(reading: Reading, user: UUID, ids: Collection[UUID]) -> set[UUID]:
    chosen = (
        select(tickets.c.id, tickets.c.category)
        .where(reading.own(tickets), among(tickets.c.id, ids))
        .subquery("chosen")
    )
    joined = chosen.outerjoin(seen, seen_by(reading, chosen, user))
    found = await reading.db.execute(
        select(chosen.c.id).select_from(joined).where(is_unread(reading, chosen, user))
    )
    return set(found.scalars())


def _now(row: Row[Any], *, is_held: bool, is_unread: bool) -> Now:  # Any: a row of tickets
    plain = {name: getattr(row, name) for name in FIELDS}
    values: Values = {name: str(value) if isinstance(value, UUID) else value for name, value in plain.items()}
    values |= {f"{PREFIX}{key}": value for key, value in row.fields.items()}
    return Now(
        number=row.number,
        values=values | {"tags": list(row.tags)},
        version=row.version,
        is_merged=row.merged_into is not None,
        is_held=is_held,
        is_unread=is_unread,
    )
