"""Link tickets: which relate, which is the parent of which, which is a duplicate of another.

Two tickets have one link, kept once and seen from both. Parents make trees, so each has one at most.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Column, Select, Uuid, and_, delete, func, insert, literal, or_, select

from services.ticketing.lifecycle import Refused
from services.ticketing.merging import merged_away
from services.ticketing.repository import TicketRow, Tickets
from services.ticketing.telling import tell
from shared.contracts.tickets import FieldChange, LinkKind, LinkTickets, UnlinkTickets
from shared.messaging.unit import Unit
from shared.storage.merging import leads_to
from shared.storage.together import links

Answer = dict[str, Any]  # Any: JSON

DEEPEST = 8
"""Generations of one tree of parents and children."""
MOST = 200
"""Links of one ticket."""
FROM_THE_OTHER = {
    "relates": "relates",
    "parent": "child",
    "child": "parent",
    "duplicate_of": "duplicated_by",
    "duplicated_by": "duplicate_of",
}
"""What a link is called by the ticket that it leads to."""


@dataclass(frozen=True)
class Family:
    """What is above the parent and below the child of a link that is wanted."""

    above: frozenset[UUID] = frozenset()
    """With the parent itself."""
    has_parent: bool = False
    generations: int = 0


@dataclass(frozen=True)
class Known:
    """The links that two tickets have already."""

    between: str | None
    most: int
    """Of the one that has more."""


def may_link(
    one: TicketRow, other: TicketRow, how: LinkKind, known: Known, family: Family | None
) -> Refused | None:
    """Refuse what says nothing, or would make a ticket its own ancestor."""
    if one.id == other.id:
        return Refused("a ticket cannot be linked to itself")
    if merged := merged_away(one):
        return merged
    if other.merged_into is not None:
        return Refused(f"ticket {other.number} was merged into another: link to that one")
    if known.between is not None:
        return Refused(f"tickets {one.number} and {other.number} are linked already: remove that link first")
    if known.most >= MOST:
        return Refused(f"a ticket has at most {MOST} links: remove some first")
    child = other if how is LinkKind.CHILD else one
    if family is None:
        return None
    if child.id in family.above:
        return Refused(f"ticket {child.number} is above that one already: it cannot be below it too")
    if family.has_parent:
        return Refused(f"ticket {child.number} has a parent already: remove that link first")
    if family.generations > DEEPEST:
        return Refused(f"parents and children go {DEEPEST} generations deep at most")
    return None


async def link(unit: Unit, message: LinkTickets) -> Answer:
    """Link two tickets, and let the history of both tell."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    await _one_after_the_other(unit)
    one, other = await tickets.both(message.ticket, message.to)
    if one is None or other is None:
        return {"refused": "there is no such ticket"}
    how = message.how
    child, parent = (other, one) if how is LinkKind.CHILD else (one, other)
    family = await _family(unit, child.id, parent.id) if how in {LinkKind.PARENT, LinkKind.CHILD} else None
    refused = may_link(one, other, how, await _known(unit, one.id, other.id), family)
    if refused is not None:
        return {"refused": refused.why}
    row = {
        "id": uuid4(),
        "tenant": unit.tenant,
        "source": child.id,
        "target": parent.id,
        "how": LinkKind.PARENT if how is LinkKind.CHILD else how,
        "at": unit.now,
    }
    await unit.db.execute(insert(links).values(row))
    change = FieldChange(field="links", new=_seen(how, other))
    await tell(unit, tickets, one, (change,), message)
    change = FieldChange(field="links", new=_seen(FROM_THE_OTHER[how], one))
    await tell(unit, tickets, other, (change,), message)
    return {"ok": True, "version": one.version + 1}


async def unlink(unit: Unit, message: UnlinkTickets) -> Answer:
    """Remove the link of two tickets, also one that came with a ticket that was merged into the first."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    one, other = await tickets.both(message.ticket, message.to)
    if one is None or other is None:
        return {"refused": "there is no such ticket"}
    if merged := merged_away(one):
        return {"refused": merged.why}
    removed = await _removed(unit, one.id, other.id)
    gone = [row.how if row.target == other.id else FROM_THE_OTHER[row.how] for row in removed]
    if not gone:
        return {"refused": f"nobody linked tickets {one.number} and {other.number}"}
    mine = [FieldChange(field="links", old=_seen(how, other)) for how in gone]
    await tell(unit, tickets, one, mine, message)
    theirs = [FieldChange(field="links", old=_seen(FROM_THE_OTHER[how], one)) for how in gone]
    await tell(unit, tickets, other, theirs, message)
    return {"ok": True, "version": one.version + 1}


def _seen(how: str, ticket: TicketRow) -> str:
    """Say in the history what the other ticket is to this one."""
    return f"{how} #{ticket.number}"


async def _one_after_the_other(unit: Unit) -> None:
    """Two links of tickets that have none in common might close a circle together."""
    key = func.hashtextextended(f"{unit.tenant}/links", 0)
    await unit.db.execute(select(func.pg_advisory_xact_lock(key)))


async def _known(unit: Unit, one: UUID, other: UUID) -> Known:
    c = links.c
    between = select(c.how).where(
        c.tenant == unit.tenant,
        or_(and_(c.source == one, c.target == other), and_(c.source == other, c.target == one)),
    )
    how: str | None = await unit.db.scalar(between)
    counts = [
        select(func.count()).where(c.tenant == unit.tenant, or_(c.source == each, c.target == each))
        for each in (one, other)
    ]
    return Known(how, max([int(await unit.db.scalar(count) or 0) for count in counts]))


async def _family(unit: Unit, child: UUID, parent: UUID) -> Family:
    above = (await unit.db.execute(_line(unit.tenant, parent, links.c.source, links.c.target))).all()
    below = (await unit.db.execute(_line(unit.tenant, child, links.c.target, links.c.source))).all()
    up = (await unit.db.execute(_line(unit.tenant, child, links.c.source, links.c.target))).all()
    deep = max(row.far for row in above) + max(row.far for row in below) + 2
    return Family(frozenset(row.id for row in above), len(up) > 1, deep)


# Any: a column of ids
def _line(tenant: str, ticket: UUID, here: Column[Any], there: Column[Any]) -> Select[tuple[UUID, int]]:
    """Select a ticket and those in one direction, with how far they are."""
    line = select(literal(ticket, Uuid).label("id"), literal(0).label("far")).cte("line", recursive=True)
    parents = and_(links.c.tenant == tenant, links.c.how == LinkKind.PARENT, here == line.c.id)
    line = line.union_all(select(there, line.c.far + 1).join(line, parents))
    return select(line.c.id, line.c.far)


# Any: the columns of ticketing.link
async def _removed(unit: Unit, one: UUID, other: UUID) -> list[Any]:
    family, c = leads_to(unit.tenant, one), links.c
    which = or_(and_(c.source.in_(family), c.target == other), and_(c.target.in_(family), c.source == other))
    gone = delete(links).where(c.tenant == unit.tenant, which).returning(c.how, c.source, c.target)
    return list((await unit.db.execute(gone)).all())
